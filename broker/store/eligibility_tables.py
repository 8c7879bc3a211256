"""Tables of what lets somebody take part: vouchers handed out on paper, procedures, and the keys that make one person one voice.

No name and no birth date is in them: a voucher says what its issuer vouched for, a vote key is a keyed hash that goes with its procedure.
"""

from __future__ import annotations

from sqlalchemy import JSON, Column, ForeignKey, Index, LargeBinary, String, Table, Text

from broker.store.columns import UtcTime, metadata

_ID = String(64)
_HASH = String(64)
_NAME = String(255)

# One sheet of codes, and what a code of it vouches for.
voucher_batches = Table(
    "voucher_batches",
    metadata,
    Column("batch_id", _ID, primary_key=True),
    Column("label", Text, nullable=False),
    Column("municipality", String(8), nullable=False),
    Column("age_over", JSON, nullable=False),
    Column("age_band", String(16), nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("valid_until", UtcTime, nullable=False),
    Column("withdrawn_at", UtcTime),
)

# A code is known by its keyed hash, the same by which the account that redeemed it is linked to it (`linked_identities.upstream_hash`).
# `redeemed_for` is a keyed hash of the sign-in that took it, so that this one may finish what an outage interrupted.
vouchers = Table(
    "vouchers",
    metadata,
    Column("voucher_hash", _HASH, primary_key=True),
    Column("batch_id", _ID, ForeignKey(voucher_batches.c.batch_id), nullable=False, index=True),
    Column("redeemed_at", UtcTime),
    Column("redeemed_for", _HASH),
)

# A vote or survey of one tool. Its key is sealed, and destroyed when it closes: from then on nobody can be matched.
procedures = Table(
    "procedures",
    metadata,
    Column("procedure_id", _NAME, primary_key=True),
    Column("client_id", _NAME, nullable=False, index=True),
    Column("title", Text, nullable=False),
    Column("sealed_key", LargeBinary),
    Column("created_at", UtcTime, nullable=False),
    Column("closes_at", UtcTime),
    Column("closed_at", UtcTime),
)

# An account's one key in one procedure, whichever citizen ID it signed in with first.
vote_keys = Table(
    "vote_keys",
    metadata,
    Column("procedure_id", _NAME, ForeignKey(procedures.c.procedure_id), primary_key=True),
    Column("subject_id", _ID, primary_key=True),
    Column("vote_key", _HASH, nullable=False),
    Column("strength", String(16), nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Index("ix_vote_keys_same_voice", "procedure_id", "vote_key"),
)
