"""Clients' own keys: those written into their record, or those at the address they registered (RFC 7591 2, OIDC Core 10.1.1)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from broker.core.client import Client
from broker.core.errors import TemporarilyUnavailable
from broker.core.ports import Clock
from broker.flows.reading_keys import PublicKey, public_keys
from broker.oidc.key_sets import Fetch, FetchedKeySets

_MOST_RECORDS = 1024


class ClientKeyring:
    """Finds the keys of a client for each purpose. Parsed keys are kept: parsing costs more than verifying."""

    def __init__(self, fetch: Fetch, clock: Clock) -> None:
        self._fetched = FetchedKeySets(fetch, clock)
        self._parsed: dict[str, tuple[Mapping[str, object], tuple[PublicKey, ...]]] = {}

    def keys(self, client: Client, kid: str | None = None) -> tuple[PublicKey, ...]:
        """The keys that may verify what says it was signed with `kid`; without it all. Empty when the client has none such.

        An unknown `kid` has the set fetched anew, at most every ten seconds. Raises TemporarilyUnavailable when it cannot be had.
        """
        found = _named(self.all(client), kid)
        if not found and kid is not None and client.keys.jwks_uri:
            found = _named(self._fetched.renewed(client.keys.jwks_uri), kid)
        return found

    def newer(self, client: Client, kid: str | None, known: Iterable[PublicKey]) -> tuple[PublicKey, ...]:
        """Keys beside the `known` ones, for a client that changed its keys and tells them apart by no `kid`. Never raises."""
        if not client.keys.jwks_uri:
            return ()
        try:
            now = _named(self._fetched.renewed(client.keys.jwks_uri), kid)
        except TemporarilyUnavailable:
            return ()
        before = {key.thumbprint() for key in known}
        return tuple(key for key in now if key.thumbprint() not in before)

    def encryption_keys(self, client: Client) -> tuple[PublicKey, ...]:
        """The keys that something may be encrypted to: those marked so, else those not marked for signing. Raises as `keys`."""
        every = self.all(client)
        return tuple(key for key in every if key.get("use") == "enc") or tuple(key for key in every if key.get("use") is None)

    def all(self, client: Client) -> tuple[PublicKey, ...]:
        """Every usable key of the client, whatever for. Raises TemporarilyUnavailable."""
        if client.keys.jwks_uri:
            return self._fetched.current(client.keys.jwks_uri)
        jwks, known = client.keys.jwks, self._parsed.get(client.client_id)
        if known is not None and (known[0] is jwks or known[0] == jwks):
            return known[1]
        if len(self._parsed) >= _MOST_RECORDS:
            self._parsed.clear()
        keys = public_keys(jwks)
        self._parsed[client.client_id] = (jwks, keys)
        return keys


def _named(keys: Iterable[PublicKey], kid: str | None) -> tuple[PublicKey, ...]:
    """Verifying keys of this name; keys without a name stand for any."""
    able = [key for key in keys if key.get("use") in (None, "sig") and "verify" in (key.get("key_ops") or ("verify",))]
    if kid is None:
        return tuple(able)
    return tuple(key for key in able if key.kid == kid) or tuple(key for key in able if key.kid is None)
