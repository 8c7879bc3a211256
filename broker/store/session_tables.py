"""Tables of sessions and their end: which there are, and who has to be told. What is known of a citizen lives in Redis, never here."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, SmallInteger, String, Table, Text, UniqueConstraint

from broker.store.columns import Level, UtcTime, metadata

_ID = String(64)
_NAME = String(255)

# The register of sessions: what a citizen can see of them and end, what the worker ends when their time is over.
sessions = Table(
    "sessions",
    metadata,
    Column("session_id", _ID, primary_key=True),
    Column("subject_id", _ID, nullable=False, index=True),
    Column("provider_alias", _NAME, nullable=False),
    Column("trust", Level, nullable=False),
    Column("device", String(64), nullable=False),
    Column("network", String(64), nullable=False),
    Column("network_hash", _ID, nullable=False),
    Column("public_computer", Boolean, nullable=False),
    Column("only_for", _NAME, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False, index=True),
    Column("ended_at", UtcTime, index=True),
    Column("ended_by", String(16), nullable=False),
    Column("other_device", String(64), nullable=False),
)

# One delivery for each session of a tool, ever: signing out twice tells a tool once.
deliveries = Table(
    "deliveries",
    metadata,
    Column("delivery_id", _ID, primary_key=True),
    Column("logout_id", _ID, nullable=False, index=True),
    Column("client_id", _NAME, nullable=False),
    Column("sub", _ID, nullable=False),
    Column("sid", _ID, nullable=False),
    Column("state", String(16), nullable=False),
    Column("attempts", SmallInteger, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("next_attempt_at", UtcTime, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("leased_until", UtcTime),
    Column("last_attempt_at", UtcTime),
    Column("duration_ms", Integer, nullable=False),
    UniqueConstraint("client_id", "sid"),
    Index("ix_deliveries_due", "state", "client_id", "next_attempt_at"),
    Index("ix_deliveries_of_tool", "client_id", "created_at"),
)

# Ends of sessions that the hub has not confirmed; by what token it is told stands in Redis.
hub_logouts = Table(
    "hub_logouts",
    metadata,
    Column("logout_id", _ID, primary_key=True),
    Column("taken", SmallInteger, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("next_attempt_at", UtcTime, nullable=False, index=True),
)
