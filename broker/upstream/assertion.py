"""Reading what a citizen ID asserted, as the hub hands it on in one claim: the level, the means, and the claims made of its attributes.

Nothing is believed beyond what was said: an unknown word for a level is none, the lowest of several levels counts, and no attribute
is vouched for more than the sign-in as a whole (A-29, UP-12).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from broker.core.claim import ClaimMapping, ClaimTable, HeldClaim, ReleaseClass
from broker.core.errors import UpstreamRefused
from broker.core.transforms import TRANSFORMS, Asserted
from broker.core.trust import TrustLevel

LEVEL_CLAIM, MEANS_CLAIM, SECOND_FACTOR_CLAIM, KEY_CLAIM = "upstream_level", "upstream_means", "upstream_mfa", "upstream_key"
"""Rows of the claim table that say where a citizen ID names these; class X, for reading only."""

_LEVELS = {
    # Interface description BundID 6.2.9 prints the words of TR-03160-1, its examples and other software the capital ones.
    TrustLevel.BASIC: ("stork-qaa-level-1", "untergeordnet", "basisregistrierung"),
    TrustLevel.LOW: ("stork-qaa-level-2", "normal", "niedrig"),
    TrustLevel.SUBSTANTIAL: ("stork-qaa-level-3", "substantiell", "substanziell"),
    TrustLevel.HIGH: ("stork-qaa-level-4", "hoch"),
}
_BY_WORD = {word: level for level, words in _LEVELS.items() for word in (*words, level.acr.lower())}

_AMR = {  # RFC 8176; informative only
    "benutzername": ("pwd",),
    "elster": ("swk", "pin", "mfa"),
    "eid": ("sc", "pin", "mfa"),
    "smart-eid": ("sc", "pin", "mfa"),
}


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute as asserted: its values, and how far the citizen ID vouches for it."""

    values: tuple[str, ...]
    trust: TrustLevel


@dataclass(frozen=True, slots=True)
class Assertion:
    """One sign-in as a citizen ID described it."""

    context: TrustLevel
    attributes: Mapping[str, Attribute]
    mappings: Mapping[str, ClaimMapping]

    @property
    def trust(self) -> TrustLevel:
        """The lowest of the authentication context and every level attribute; an attribute that is not there does not count."""
        return min((self.context, *map(level_of, self._values(LEVEL_CLAIM))))

    @property
    def amr(self) -> tuple[str, ...]:
        """Methods of authentication (RFC 8176) by the means used; empty for an unknown one."""
        means = self._values(MEANS_CLAIM)
        methods = _AMR.get(means[0].strip().lower(), ()) if len(means) == 1 else ()
        second_factor = [value.strip().lower() for value in self._values(SECOND_FACTOR_CLAIM)] == ["true"]
        return (*methods, "mfa") if methods == ("pwd",) and second_factor else methods

    def claims(self, table: ClaimTable, at: datetime) -> dict[str, HeldClaim]:
        """The canonical claims that may ever leave; raw input (class X) is dropped here."""
        found = ((name, self.claim(mapping, table, at)) for name, mapping in self.mappings.items() if _may_leave(table, name))
        return {name: claim for name, claim in found if claim is not None}

    def claim(self, mapping: ClaimMapping, table: ClaimTable, at: datetime) -> HeldClaim | None:
        """What one row of the table makes of it; None where it makes nothing."""
        sources = [self.attributes.get(source) for source in mapping.sources]
        trust = min([self.trust, *(source.trust for source in sources if source)])
        asserted = Asserted(tuple(map(_single, sources)), trust, at, table.age_thresholds)
        value = TRANSFORMS[mapping.transform](asserted)
        return None if value is None else HeldClaim(value, trust)

    def _values(self, claim: str) -> tuple[str, ...]:
        mapping = self.mappings.get(claim)
        found = self.attributes.get(mapping.sources[0]) if mapping else None
        return found.values if found else ()


def read_assertion(note: object, table: ClaimTable, alias: str) -> Assertion:
    """The hub's note as an assertion. Raises UpstreamRefused when it is not of the agreed form."""
    if not isinstance(note, dict) or not isinstance(note.get("attributes"), dict):
        raise UpstreamRefused("The hub did not say what the citizen ID asserted.")
    attributes = {"".join(name.split()): _attribute(entry) for name, entry in note["attributes"].items()}
    mappings = {mapping.claim: mapping for mapping in table.mappings_of(alias)}
    return Assertion(level_of(note.get("authn_context")), attributes, mappings)


def level_of(word: object) -> TrustLevel:
    """The level a citizen ID's word means, in any of the known vocabularies; none for anything else."""
    return _BY_WORD.get(word.strip().lower(), TrustLevel.NONE) if isinstance(word, str) else TrustLevel.NONE


def _attribute(entry: object) -> Attribute:
    values = entry.get("v") if isinstance(entry, dict) else None
    if not isinstance(entry, dict) or not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise UpstreamRefused("The hub handed on an attribute that cannot be read.")
    return Attribute(tuple(value for value in values if value.strip()), level_of(entry.get("t")))


def _single(attribute: Attribute | None) -> str | None:
    """The one value; several contradict each other, so they count as none."""
    return attribute.values[0] if attribute and len(attribute.values) == 1 else None


def _may_leave(table: ClaimTable, name: str) -> bool:
    return table[name].release is not ReleaseClass.NEVER
