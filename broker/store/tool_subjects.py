"""How an account is known at a tool: the pseudonym is sealed, for the row of its `sub`."""

from __future__ import annotations

from broker.store.seal import Seal


def seal_pseudonym(seal: Seal, sub: str, pseudonym: str) -> bytes:
    """The column's value."""
    return seal.seal(pseudonym.encode(), _place(sub))


def open_pseudonym(seal: Seal, sub: str, sealed: bytes | None) -> str:
    """The pseudonym; empty after erasure. Raises SealBroken."""
    return "" if sealed is None else seal.open(sealed, _place(sub)).decode()


def _place(sub: str) -> str:
    return f"tool_subjects.sealed_pseudonym:{sub}"
