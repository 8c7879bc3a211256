"""What `broker doctor` looks at, one look per part; the sentences for people stand here, judgements of numbers in the flow."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from broker.core.claim import ClaimTable
from broker.core.errors import ConfigurationError, StoreUnavailable
from broker.core.ports import Clock
from broker.core.signing_key import ALGORITHMS
from broker.flows.changing_claims import ChangingClaims
from broker.flows.examining import BROKEN, GOOD, WARNING, Examining, Finding, clock_finding, keycloak_finding
from broker.network_list import read_networks
from broker.oidc.keys import KeyRing
from broker.opened_stores import Stores
from broker.store.migrations import pending
from broker.upstream.hub_probe import probe_hub


def examination(
    stores: Stores,
    claim_table: ClaimTable,
    networks: Callable[[], Finding],
    hub_address: str,
    hub_issuer: str,
    clock: Clock,
    keycloak_version: Callable[[], str] | None,
) -> Examining:
    """Every look, in the order in which things have to be put right."""
    inside, outside = _Inside(stores, claim_table, clock), _Outside(hub_address, hub_issuer, clock)
    return Examining(
        (
            ("Database", inside.database),
            ("Redis", inside.redis),
            ("Signing keys", inside.signing_keys),
            ("Citizen IDs", inside.citizen_ids),
            ("Claim table", inside.claims),
            ("Tools", inside.tools),
            ("Networks", networks),
            ("Hub", outside.hub),
            ("Clock", outside.clock_difference),
            ("Keycloak", lambda: _keycloak(keycloak_version)),
        )
    )


def networks_finding(path: Path, trusted_proxies: int) -> Finding:
    """What may be said of the list of networks without knowing what stands in front of the broker."""
    count = len(read_networks(path))
    if count and not trusted_proxies:
        return Finding(WARNING, f"Networks: {count} listed, but BROKER_TRUSTED_PROXIES is 0: a proxy's own address would decide for all.")
    return Finding(GOOD, f"Networks: {count or 'none'} listed.")


def _keycloak(version: Callable[[], str] | None) -> Finding:
    if version is None:
        return Finding(WARNING, "Keycloak: version not looked at; set KEYCLOAK_URL and an administrator (deploy/env.example) to see it.")
    return keycloak_finding(version())


@dataclass(frozen=True, slots=True)
class _Inside:
    """Our own stores and what has to be in them."""

    stores: Stores
    claim_table: ClaimTable
    clock: Clock

    def database(self) -> Finding:
        self.stores.database.ping()
        if pending(self.stores.database):
            return Finding(BROKEN, "Database: answers, but its schema is not of this version; run: broker migrate")
        return Finding(GOOD, "Database: answers, schema up to date.")

    def redis(self) -> Finding:
        self.stores.redis.ping()
        try:
            self.stores.redis.check_policy()
        except ConfigurationError as error:
            return Finding(BROKEN, f"Redis: {error.detail}")
        except StoreUnavailable:  # it just answered a ping: some servers tell an application nothing about themselves
            return Finding(WARNING, "Redis: answers, but does not tell its maxmemory-policy; it has to be noeviction.")
        return Finding(GOOD, "Redis: answers and never evicts.")

    def _needs_schema(self) -> None:
        if pending(self.stores.database):
            raise ConfigurationError("cannot be looked at before the schema is there; run: broker migrate")

    def signing_keys(self) -> Finding:
        self._needs_schema()
        ring = KeyRing(self.stores.signing_keys.list, self.clock)
        ring.check()
        missing = [algorithm for algorithm in ALGORITHMS if algorithm not in ring.algorithms]
        if missing:
            mark = BROKEN if ALGORITHMS[0] in missing else WARNING
            return Finding(mark, f"Signing keys: none for {', '.join(missing)} is active; run: broker keys rotate --if-missing")
        return Finding(GOOD, f"Signing keys: active for {', '.join(ring.algorithms)}.")

    def citizen_ids(self) -> Finding:
        self._needs_schema()
        enabled = [provider.alias for provider in self.stores.providers.list()]
        off = [provider.alias for provider in self.stores.providers.all() if provider.switched_off]
        if not enabled:
            return Finding(BROKEN, "Citizen IDs: none is enabled; realm-config/README.md says how, then run: broker realm apply")
        if off:
            return Finding(
                WARNING, f"Citizen IDs: {', '.join(enabled)}. Switched off: {', '.join(off)}; back on by: broker providers enable"
            )
        return Finding(GOOD, f"Citizen IDs: {', '.join(enabled)}.")

    def claims(self) -> Finding:
        self._needs_schema()
        change = ChangingClaims(self.stores.applied_claims, self.stores.clients, self.stores.providers, self.clock).plan(self.claim_table)
        if change.losses:
            return Finding(BROKEN, f"Claim table: {change.losses[0]}; the broker will not start with it. See: broker claims plan")
        if not change.empty:
            return Finding(WARNING, "Claim table: the file differs from the one applied last; see: broker claims plan, broker claims apply")
        return Finding(GOOD, f"Claim table: {len(self.claim_table.definitions)} claims, as applied last.")

    def tools(self) -> Finding:
        self._needs_schema()
        count = len(self.stores.clients.list())
        if not count:
            return Finding(WARNING, "Tools: none registered; clients/README.md says how.")
        return Finding(GOOD, f"Tools: {count} registered.")


@dataclass(frozen=True, slots=True)
class _Outside:
    """The hub, as anybody sees it."""

    address: str
    issuer: str
    clock: Clock

    def hub(self) -> Finding:
        named = probe_hub(self.address).issuer
        if named != self.issuer:
            return Finding(BROKEN, f"Hub: calls itself {named}, but BROKER_HUB_ISSUER says {self.issuer}; they must be the same.")
        return Finding(GOOD, f"Hub: {named} answers.")

    def clock_difference(self) -> Finding:
        date = probe_hub(self.address).date
        if date is None:
            return Finding(WARNING, "Clock: the hub sends no Date header to compare with.")
        return clock_finding((self.clock() - date).total_seconds())
