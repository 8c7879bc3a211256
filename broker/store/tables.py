"""Every table, here and in `eligibility_tables.py` and `session_tables.py`. Names, birth dates, addresses and identifiers from citizen
IDs are in none of them.

Identifiers are ours and random. What a citizen may have typed (the pseudonym) is sealed; upstream identifiers are keyed hashes.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    Text,
    text,
)

from broker.store import eligibility_tables, session_tables  # noqa: F401 - so that whoever knows the tables knows these
from broker.store.columns import Level, UtcTime, Words
from broker.store.columns import metadata as metadata

_ID = String(64)
_HASH = String(64)
_NAME = String(255)
_POLICIES = ("keys", "login_start", "requests", "tokens", "logout", "appearance", "registration", "claim_policy")
"""Of `core/client_policy.py`, a JSON object each: another switch needs no migration."""

_IN_USE = text("state IN ('next', 'active')")

subjects = Table(
    "subjects",
    metadata,
    Column("subject_id", _ID, primary_key=True),
    Column("status", String(16), nullable=False),
    Column("locale", String(16), nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("erased_at", UtcTime),
)

linked_identities = Table(
    "linked_identities",
    metadata,
    Column("provider_alias", _NAME, primary_key=True),
    Column("upstream_hash", _HASH, primary_key=True),
    Column("subject_id", _ID, ForeignKey(subjects.c.subject_id), nullable=False, index=True),
    Column("trust", Level, nullable=False),
    Column("linked_at", UtcTime, nullable=False),
    Column("last_seen_at", UtcTime, nullable=False),
    Column("announced_at", UtcTime),
)

# A row outlives its account as a tombstone without pseudonym: a `sub` is never given to somebody else.
tool_subjects = Table(
    "tool_subjects",
    metadata,
    Column("subject_id", _ID, ForeignKey(subjects.c.subject_id), primary_key=True),
    Column("sector", _NAME, primary_key=True),
    Column("sub", _ID, nullable=False, unique=True),
    Column("sealed_pseudonym", LargeBinary),
    Column("created_at", UtcTime, nullable=False),
)

# `number` tells which of two decisions is the newer one, even within the same microsecond.
consents = Table(
    "consents",
    metadata,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("consent_id", _ID, nullable=False, unique=True),
    Column("subject_id", _ID, ForeignKey(subjects.c.subject_id), nullable=False),
    Column("client_id", _NAME, nullable=False),
    Column("scopes", Words, nullable=False),
    Column("claims", Words, nullable=False),
    Column("text_version", _NAME, nullable=False),
    Column("given_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime),
    Column("withdrawn_at", UtcTime),
    Index("ix_consents_newest", "subject_id", "client_id", "number"),
    sqlite_autoincrement=True,
)

clients = Table(
    "clients",
    metadata,
    Column("client_id", _NAME, primary_key=True),
    Column("name", Text, nullable=False),
    Column("operator", JSON, nullable=False),
    Column("status", String(16), nullable=False),
    Column("redirect_uris", JSON, nullable=False),
    Column("sector", _NAME, nullable=False),
    Column("managed_by", String(32), nullable=False),
    Column("preset", String(64), nullable=False),
    Column("description", JSON, nullable=False),
    Column("base_url", Text, nullable=False),
    Column("post_logout_redirect_uris", JSON, nullable=False),
    Column("backchannel_logout_uri", Text, nullable=False),
    Column("auth_method", String(32), nullable=False),
    Column("secret_hash", String(128), nullable=False),
    Column("scopes", JSON, nullable=False),
    Column("claims", JSON, nullable=False),
    Column("release_without_scope", JSON, nullable=False),
    Column("allowed_providers", JSON, nullable=False),
    Column("minimum_trust", Level, nullable=False),
    Column("municipalities", JSON, nullable=False),
    Column("age_thresholds", JSON, nullable=False),
    Column("first_party", Boolean, nullable=False),
    Column("pkce_waived", Boolean, nullable=False),
    Column("claims_in_id_token", Boolean, nullable=False),
    Column("id_token_alg", String(16), nullable=False),
    Column("response_modes", JSON, nullable=False),
    Column("email_verified_only", Boolean, nullable=False),
    Column("version", String(64), nullable=False),
    Column("subject_type", String(16), nullable=False),
    Column("fapi", Boolean, nullable=False),
    Column("keycloak_paths", Boolean, nullable=False),
    *(Column(name, JSON, nullable=False) for name in _POLICIES),
)

providers = Table(
    "providers",
    metadata,
    Column("alias", _NAME, primary_key=True),
    Column("names", JSON, nullable=False),
    Column("descriptions", JSON, nullable=False),
    Column("means", JSON, nullable=False),
    Column("trust_ceiling", Level, nullable=False),
    Column("position", Integer, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("sandbox", Boolean, nullable=False),
    Column("probe_url", Text, nullable=False),
    Column("switched_off", Boolean, nullable=False),
    Column("ending_on", String(10), nullable=False),
    Column("logout", String(16), nullable=False),
)

# No foreign keys: the gate's own statement looks at subject, client and consent, and a key would lock a popular tool's row at each sign-in.
grants = Table(
    "grants",
    metadata,
    Column("grant_id", _ID, primary_key=True),
    Column("code_hash", _HASH, nullable=False, unique=True),
    Column("access_hash", _HASH, nullable=False, unique=True),
    Column("client_id", _NAME, nullable=False),
    Column("subject_id", _ID, nullable=False, index=True),
    Column("session_id", _ID, nullable=False, index=True),
    Column("sub", _ID, nullable=False),
    Column("sid", _ID, nullable=False),
    Column("scopes", Words, nullable=False),
    Column("claims", Words, nullable=False),
    Column("trust", Level, nullable=False),
    Column("amr", Words, nullable=False),
    Column("auth_time", UtcTime, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("access_expires_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False, index=True),
    Column("consent_id", _ID),
    Column("revoked_at", UtcTime),
    Column("audience", Words, nullable=False),
    Column("confirmation", _HASH, nullable=False),
    Column("offline", Boolean, nullable=False),
    Column("provider_alias", _NAME, nullable=False),
    Column("upstream_hash", _HASH, nullable=False),
)

# A refresh token is a handle of its grant; its successor can be computed from it, so a lost answer is simply given again.
refresh_tokens = Table(
    "refresh_tokens",
    metadata,
    Column("token_hash", _HASH, primary_key=True),
    Column("grant_id", _ID, nullable=False, index=True),
    Column("scopes", Words, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("used_at", UtcTime),
)

# Access tokens beside the first one of a grant: refreshed, exchanged, or a service client's own (then without grant and subject).
access_tokens = Table(
    "access_tokens",
    metadata,
    Column("access_hash", _HASH, primary_key=True),
    Column("grant_id", _ID, index=True),
    Column("client_id", _NAME, nullable=False),
    Column("scopes", Words, nullable=False),
    Column("audience", Words, nullable=False),
    Column("confirmation", _HASH, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False, index=True),
    Column("revoked_at", UtcTime),
)

# What somebody else made and may be shown once: ids of client assertions, DPoP proofs, logout tokens.
one_time_ids = Table(
    "one_time_ids",
    metadata,
    Column("id_hash", _HASH, primary_key=True),
    Column("expires_at", UtcTime, nullable=False, index=True),
)

# Initial access tokens (RFC 7591 3): who may register how many clients, and whether these are live at once.
registration_tokens = Table(
    "registration_tokens",
    metadata,
    Column("token_hash", _HASH, primary_key=True),
    Column("label", Text, nullable=False),
    Column("status", String(16), nullable=False),
    Column("uses_left", Integer, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Column("basic_profile", Boolean, nullable=False),
    Column("public_subject", Boolean, nullable=False),
)

# Pictures of tools by the digest of their content: the same one is kept once.
logos = Table(
    "logos",
    metadata,
    Column("digest", _HASH, primary_key=True),
    Column("media_type", String(32), nullable=False),
    Column("image", LargeBinary, nullable=False),
    Column("created_at", UtcTime, nullable=False),
)

# At most one key of an algorithm waits and one signs, however many processes make keys at once.
signing_keys = Table(
    "signing_keys",
    metadata,
    Column("kid", _ID, primary_key=True),
    Column("algorithm", String(16), nullable=False),
    Column("sealed_private_jwk", LargeBinary, nullable=False),
    Column("state", String(16), nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("activate_at", UtcTime, nullable=False),
    Column("retire_at", UtcTime),
    Index("uq_signing_keys_in_use", "algorithm", "state", unique=True, sqlite_where=_IN_USE, postgresql_where=_IN_USE),
)

# The claim table that tools rely on (`broker claims apply`), as JSON; one row.
applied_claim_table = Table(
    "applied_claim_table",
    metadata,
    Column("number", SmallInteger, primary_key=True, autoincrement=False),
    Column("content", JSON, nullable=False),
    Column("applied_at", UtcTime, nullable=False),
)
