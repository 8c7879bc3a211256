"""What `broker doctor` looks at, each look one part of the surroundings; the sentences for people stand here, the judgement in the flow."""

from __future__ import annotations

from broker.core.errors import ConfigurationError
from broker.core.ports import Clock
from broker.core.signing_key import KeyState
from broker.flows.examining import BROKEN, GOOD, WARNING, Examining, Finding, clock_finding
from broker.parts import Stores
from broker.store.migrations import pending
from broker.upstream.hub_probe import probe_hub


def examination(stores: Stores, hub_address: str, hub_issuer: str, clock: Clock) -> Examining:
    """Every look, in the order in which things have to be put right."""

    def database() -> Finding:
        stores.database.ping()
        if pending(stores.database):
            return Finding(BROKEN, "Database: answers, but its schema is not of this version; run: broker migrate")
        return Finding(GOOD, "Database: answers, schema up to date.")

    def redis() -> Finding:
        stores.redis.ping()
        try:
            stores.redis.check_policy()
        except ConfigurationError as error:
            return Finding(BROKEN, f"Redis: {error.detail}")
        return Finding(GOOD, "Redis: answers and never evicts.")

    def signing_keys() -> Finding:
        algorithms = sorted({key.algorithm for key in stores.signing_keys.list() if key.state is KeyState.ACTIVE})
        if "RS256" not in algorithms:
            return Finding(BROKEN, "Signing keys: none for RS256 is active; run: broker keys rotate --if-missing")
        return Finding(GOOD, f"Signing keys: active for {', '.join(algorithms)}.")

    def citizen_ids() -> Finding:
        enabled = [provider.alias for provider in stores.providers.list() if provider.enabled]
        if not enabled:
            return Finding(BROKEN, "Citizen IDs: none is enabled; realm-config/README.md says how, then run: broker realm apply")
        return Finding(GOOD, f"Citizen IDs: {', '.join(enabled)}.")

    def tools() -> Finding:
        count = len(stores.clients.list())
        return (
            Finding(GOOD, f"Tools: {count} registered.")
            if count
            else Finding(WARNING, "Tools: none registered; clients/README.md says how.")
        )

    def hub() -> Finding:
        issuer = probe_hub(hub_address).issuer
        if issuer != hub_issuer:
            return Finding(BROKEN, f"Hub: calls itself {issuer}, but BROKER_HUB_ISSUER says {hub_issuer}; they must be the same.")
        return Finding(GOOD, f"Hub: {issuer} answers.")

    def hub_clock() -> Finding:
        date = probe_hub(hub_address).date
        if date is None:
            return Finding(WARNING, "Clock: the hub sends no Date header to compare with.")
        return clock_finding((clock() - date).total_seconds())

    looks = (
        ("Database", database),
        ("Redis", redis),
        ("Signing keys", signing_keys),
        ("Citizen IDs", citizen_ids),
        ("Tools", tools),
        ("Hub", hub),
        ("Clock", hub_clock),
    )
    return Examining(looks)
