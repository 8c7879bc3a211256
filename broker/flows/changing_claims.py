"""Changing the claim table: what is different from the one applied last, and what a tool that takes part would lose by it.

A claim that a live tool registered as required is never taken away by a table; first the tool has to be changed (`broker clients apply`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass

from broker.core.claim import ClaimTable
from broker.core.client import Client
from broker.core.errors import ConfigurationError
from broker.core.ports import Clock
from broker.core.provider import IdentityProvider
from broker.flows.releasing import Releasing
from broker.store.applied_claims import AppliedClaims
from broker.store.clients import Clients
from broker.store.providers import Providers


@dataclass(frozen=True, slots=True)
class ClaimChange:
    """`differences` as people read them, e.g. `~ claims.name.release: P -> X`; `losses`, one sentence for each that forbids applying it."""

    differences: tuple[str, ...]
    losses: tuple[str, ...]

    @property
    def empty(self) -> bool:
        """Whether the tables are the same."""
        return not self.differences


@dataclass(frozen=True, slots=True)
class ChangingClaims:
    """Compares and writes."""

    applied: AppliedClaims
    clients: Clients
    providers: Providers
    clock: Clock

    def plan(self, wanted: ClaimTable) -> ClaimChange:
        """What applying this table would change. Where none was applied yet everything is new and nobody loses anything."""
        current = self.applied.find()
        if current is None:
            return ClaimChange((f"+ the first claim table, {len(wanted.definitions)} claims",), ())
        return ClaimChange(tuple(_differences(_plain(current), _plain(wanted))), tuple(self._losses(current, wanted)))

    def apply(self, wanted: ClaimTable) -> ClaimChange:
        """Let this table count. Raises ConfigurationError, changing nothing, if it takes a required claim from a tool that takes part."""
        change = self.plan(wanted)
        refuse_losses(change)
        if not change.empty:
            self.applied.replace(wanted, self.clock())
        return change

    def _losses(self, current: ClaimTable, wanted: ClaimTable) -> Iterator[str]:
        providers = self.providers.list()
        for client in self.clients.list():
            if client.takes_part:
                yield from _losses_of(client, current, wanted, [one for one in providers if client.allows_provider(one)])


def refuse_losses(change: ClaimChange) -> None:
    """Raises ConfigurationError if a tool that takes part would lose what it requires."""
    if change.losses:
        raise ConfigurationError("\n".join(["The claim table takes required claims from tools that take part:", *change.losses]))


def _losses_of(client: Client, current: ClaimTable, wanted: ClaimTable, providers: Iterable[IdentityProvider]) -> Iterator[str]:
    required = [claim.name for claim in client.claims if claim.required]
    for provider in providers:
        before, after = _given(client, current, provider.alias), _given(client, wanted, provider.alias)
        for name in required:
            if name in before and name not in after:
                yield f"{client.client_id} requires {name}, which it would no longer get of {provider.alias}"
    for age in client.age_thresholds:
        if age in current.age_thresholds and age not in wanted.age_thresholds:
            yield f"{client.client_id} asks whether citizens are {age}, which would no longer be looked at"


def _given(client: Client, table: ClaimTable, alias: str) -> set[str]:
    """Names of the claims that a citizen of this citizen ID can bring to the tool."""
    rows = (table[name] for name in Releasing(table).widest(client))
    return {row.name for row in rows if row.origin == "broker" or alias in row.mappings}


def _plain(value: object) -> object:
    """Mappings, lists and words in place of records, so that any two tables can be laid side by side."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, tuple | list) else value


def _differences(old: object, new: object, path: tuple[str, ...] = ()) -> Iterator[str]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in dict.fromkeys((*old, *new)):
            here = (*path, key)
            if key not in old:
                yield f"+ {_named(here)}"
            elif key not in new:
                yield f"- {_named(here)}"
            else:
                yield from _differences(old[key], new[key], here)
    elif old != new:
        yield f"~ {_named(path)}: {_shown(old)} -> {_shown(new)}"


def _named(path: tuple[str, ...]) -> str:
    return ".".join(path).replace("definitions.", "claims.", 1)


def _shown(value: object) -> str:
    return "[" + ", ".join(map(_shown, value)) + "]" if isinstance(value, list) else str(value)
