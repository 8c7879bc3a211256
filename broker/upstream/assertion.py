"""Reading what a citizen ID asserted, as the hub hands it on in one claim: the level, the means, and the claims made of its attributes.

Nothing is believed beyond what was said: an unknown word for a level is none, the lowest of several levels counts, and no attribute
is vouched for more than the sign-in as a whole (A-29, UP-12). Only what the claim table names is looked at, so nothing becomes a claim
because a citizen ID chose to send it (AL-02).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from broker.core.claim import ClaimDefinition, ClaimMapping, ClaimTable, HeldClaim, ReleaseClass, Way
from broker.core.errors import UpstreamRefused
from broker.core.transforms import TRANSFORMS, Asserted
from broker.core.trust import TrustLevel
from broker.core.vouching import PERSON, Vouching

LEVEL_CLAIM, MEANS_CLAIM, SECOND_FACTOR_CLAIM, KEY_CLAIM = "upstream_level", "upstream_means", "upstream_mfa", "upstream_key"
SUBJECT_TYPE_CLAIM, PERSON_CLAIM, TEST_ACCOUNT_CLAIM = "upstream_subject_type", "upstream_person", "upstream_test_account"
ELIGIBILITY = "eligibility"
ALWAYS_READ = (KEY_CLAIM, LEVEL_CLAIM, MEANS_CLAIM, SECOND_FACTOR_CLAIM, SUBJECT_TYPE_CLAIM, TEST_ACCOUNT_CLAIM)
"""Rows of the claim table that say where a citizen ID names these; class X, for reading only. Every sign-in asks for them."""


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute as asserted: its values, and how far the citizen ID vouches for it."""

    values: tuple[str, ...]
    trust: TrustLevel


@dataclass(frozen=True, slots=True)
class Assertion:
    """One sign-in as a citizen ID described it. `trust` is its level; no attribute has more."""

    trust: TrustLevel
    attributes: Mapping[str, Attribute]
    mappings: Mapping[str, ClaimMapping]
    vouching: Vouching

    @property
    def amr(self) -> tuple[str, ...]:
        """Methods of authentication (RFC 8176) by the means used; empty for an unknown one."""
        second_factor = [value.strip().lower() for value in self._values(SECOND_FACTOR_CLAIM)] == ["true"]
        return self.vouching.methods(self._values(MEANS_CLAIM), second_factor)

    def key(self, principal: str) -> str:
        """What the account is known by: the principal, with the key attribute where this citizen ID needs both.

        Raises UpstreamRefused when that is not there exactly once.
        """
        if not self.vouching.key_attribute:
            return principal
        values = self._values(KEY_CLAIM)
        if len(values) != 1:
            raise UpstreamRefused("The citizen ID did not say whose account it is.")
        return f"{principal}\n{values[0]}"

    @property
    def is_test_account(self) -> bool:
        """Whether the citizen ID marks the account as one for trying out: by any word but a plain no."""
        return any(value.strip().lower() != "false" for value in self._values(TEST_ACCOUNT_CLAIM))

    def subject_type(self, table: ClaimTable, at: datetime) -> str:
        """`person` or `organisation`."""
        mapping = self.mappings.get(SUBJECT_TYPE_CLAIM)
        said = self.claim(mapping, table, at) if mapping else None
        return str(said.value) if said else self.vouching.subject_type

    def person(self, table: ClaimTable, at: datetime) -> str | None:
        """Who the person is, for one moment (`core/person.py`); None unless name and birth date are vouched for at substantial or more."""
        mapping = self.mappings.get(PERSON_CLAIM)
        said = self.claim(mapping, table, at) if mapping and self.subject_type(table, at) == PERSON else None
        return str(said.value) if said and said.trust >= TrustLevel.SUBSTANTIAL else None

    def claims(self, table: ClaimTable, at: datetime) -> dict[str, HeldClaim]:
        """The canonical claims that may ever leave; raw input (class X) is dropped here. An organisation has neither age nor residence."""
        about_people = self.subject_type(table, at) == PERSON
        rows = (mapping for name, mapping in self.mappings.items() if _may_leave(table[name], about_people))
        found = ((mapping.claim, self.claim(mapping, table, at)) for mapping in rows)
        return {name: claim for name, claim in found if claim is not None}

    def claim(self, mapping: ClaimMapping, table: ClaimTable, at: datetime) -> HeldClaim | None:
        """What one row of the table makes of it; None where it makes nothing."""
        way = self.way(mapping)
        if way is None:
            return None
        sources = [self.attributes.get(source) for source in way.sources]
        trust = min([self.trust, *(source.trust for source in sources if source and source.values)])
        asserted = Asserted(tuple(map(_single, sources)), trust, at, table.age_thresholds, table.municipalities)
        value = TRANSFORMS[way.transform](asserted)
        return None if value is None else HeldClaim(value, trust)

    def way(self, mapping: ClaimMapping) -> Way | None:
        """The first way of which anything is there: what a better proof leaves open is not filled up from a weaker one."""
        return next((way for way in mapping.ways if any(self._came(source) for source in way.sources)), None)

    def _came(self, source: str) -> bool:
        return source in self.attributes and bool(self.attributes[source].values)

    def _values(self, claim: str) -> tuple[str, ...]:
        return _values_of(claim, self.mappings, self.attributes)


def read_assertion(note: object, table: ClaimTable, alias: str) -> Assertion:
    """The hub's note as an assertion. Raises UpstreamRefused when it is not of the agreed form, or no table says how to read it."""
    vouching = table.providers.get(alias)
    if vouching is None:
        raise UpstreamRefused("The claim table does not say how to read this citizen ID.")
    if not isinstance(note, dict) or not isinstance(note.get("attributes"), dict):
        raise UpstreamRefused("The hub did not say what the citizen ID asserted.")
    said = {"".join(name.split()): _said(entry) for name, entry in note["attributes"].items()}
    mappings = {mapping.claim: mapping for mapping in table.mappings_of(alias)}
    levels = _values_of(LEVEL_CLAIM, mappings, {name: Attribute(values, TrustLevel.NONE) for name, (values, _) in said.items()})
    trust = vouching.sign_in(note.get("authn_context"), levels)
    attributes = {name: Attribute(values, vouching.attribute(word, trust)) for name, (values, word) in said.items()}
    return Assertion(trust, attributes, mappings, vouching)


def _said(entry: object) -> tuple[tuple[str, ...], object]:
    values = entry.get("v") if isinstance(entry, dict) else None
    if not isinstance(entry, dict) or not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise UpstreamRefused("The hub handed on an attribute that cannot be read.")
    return tuple(value for value in values if value.strip()), entry.get("t")


def _values_of(claim: str, mappings: Mapping[str, ClaimMapping], attributes: Mapping[str, Attribute]) -> tuple[str, ...]:
    """Every value of every source of a row."""
    mapping = mappings.get(claim)
    found = [attributes[source].values for source in (mapping.sources if mapping else ()) if source in attributes]
    return tuple(value for values in found for value in values)


def _single(attribute: Attribute | None) -> str | None:
    """The one value; several contradict each other, so they count as none."""
    return attribute.values[0] if attribute and len(attribute.values) == 1 else None


def _may_leave(row: ClaimDefinition, about_people: bool) -> bool:
    return row.release is not ReleaseClass.NEVER and (about_people or row.scope != ELIGIBILITY)
