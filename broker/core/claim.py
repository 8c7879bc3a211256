"""Claims: what may leave the broker, where it comes from, and what a tool may see."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from broker.core.municipality import Municipalities
from broker.core.trust import TrustLevel
from broker.core.vouching import Vouching

ClaimData = str | int | bool | list[str] | list[int] | dict[str, Any] | list[dict[str, Any]]


class ReleaseClass(StrEnum):
    """How a claim may leave. A: always with openid. S: with its scope. P: only if the client registered a purpose for it and the citizen
    agreed to this claim. X: never."""

    ALWAYS = "A"
    SCOPE = "S"
    PURPOSE = "P"
    NEVER = "X"


@dataclass(frozen=True, slots=True)
class Way:
    """One way to a claim: upstream attributes in the order the transform expects them, and the name of the transform."""

    sources: tuple[str, ...]
    transform: str


@dataclass(frozen=True, slots=True)
class ClaimMapping:
    """Where one provider's value of a claim comes from. The first way of which any attribute is there decides alone.

    `required`: the citizen ID must refuse the sign-in if it cannot give the attributes of the first way.
    """

    claim: str
    provider_alias: str
    ways: tuple[Way, ...]
    required: bool = False

    @property
    def sources(self) -> tuple[str, ...]:
        """Every upstream attribute of every way, each once."""
        return tuple(dict.fromkeys(source for way in self.ways for source in way.sources))


@dataclass(frozen=True, slots=True)
class ClaimDefinition:
    """One row of the claim table. `labels` and `sentences` are by locale (de, en, de-leicht); `origin` is `broker` or `provider`.

    `needs` are rows that the broker makes this claim of: where it may be given, the citizen ID is asked for them. `example` is what a
    tool may get; None for what no tool ever gets.
    """

    name: str
    type: str
    release: ReleaseClass
    scope: str | None
    origin: str
    labels: Mapping[str, str]
    sentences: Mapping[str, str]
    mappings: Mapping[str, ClaimMapping]
    needs: tuple[str, ...] = ()
    example: ClaimData | None = None


@dataclass(frozen=True, slots=True)
class ClaimTable:
    """The one table of claims, read from `realm-config/claim-table.yaml`.

    `age_thresholds` are the ages a tool may ask about, `providers` says by alias how far each citizen ID is believed, `municipalities`
    which addresses lie where.
    """

    definitions: Mapping[str, ClaimDefinition]
    age_thresholds: tuple[int, ...]
    providers: Mapping[str, Vouching]
    municipalities: Municipalities = field(default_factory=Municipalities)

    def __getitem__(self, name: str) -> ClaimDefinition:
        return self.definitions[name]

    def __contains__(self, name: object) -> bool:
        return name in self.definitions

    def mappings_of(self, provider_alias: str) -> tuple[ClaimMapping, ...]:
        """Every mapping of one provider, in the table's order."""
        found = (row.mappings.get(provider_alias) for row in self.definitions.values())
        return tuple(mapping for mapping in found if mapping)

    def claims_from(self, provider_alias: str, attributes: Iterable[str]) -> tuple[str, ...]:
        """Claims made of any of these attributes of a provider, in the table's order: those that may leave, or else raw ones (class X)."""
        named = set(attributes)
        found = [self[one.claim] for one in self.mappings_of(provider_alias) if named.intersection(one.sources)]
        leaving = [row for row in found if row.release is not ReleaseClass.NEVER]
        return tuple(row.name for row in leaving or found)

    @property
    def scopes(self) -> tuple[str, ...]:
        """Scopes that yield at least one releasable claim, in the table's order, without openid."""
        rows = self.definitions.values()
        return tuple(dict.fromkeys(row.scope for row in rows if row.scope and row.release is not ReleaseClass.NEVER))

    def releasable(
        self, scopes: Iterable[str], registered: Iterable[str], without_scope: Iterable[str], asked: Iterable[str] = ()
    ) -> tuple[str, ...]:
        """Names of the claims of class S and P that a client may get, in the table's order.

        `scopes` are the granted ones, `registered` the claims the client registered a purpose for, `without_scope` those its
        preset releases with openid alone, `asked` those named by the `claims` parameter (a wish, not a right: OIDC Core 5.5).
        Class X never appears.
        """
        scopes, registered, wished = set(scopes), set(registered), set(without_scope) | set(asked)
        return tuple(row.name for row in self.definitions.values() if _may_leave(row, scopes, registered, wished))


def _may_leave(row: ClaimDefinition, scopes: set[str], registered: set[str], wished: set[str]) -> bool:
    by_scope = row.scope in scopes
    if row.release is ReleaseClass.SCOPE:
        return by_scope or (row.name in wished and row.name in registered)
    if row.release is ReleaseClass.PURPOSE:
        return row.name in registered and (by_scope or row.name in wished)
    return False


@dataclass(frozen=True, slots=True)
class HeldClaim:
    """A claim as the broker's session holds it: the canonical value and how far the citizen ID vouched for it."""

    value: ClaimData
    trust: TrustLevel
