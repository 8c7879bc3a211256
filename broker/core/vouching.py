"""How far a citizen ID is believed: which words it has for a level, and what it says about single attributes (A-29).

The claim table chooses for each citizen ID among what is here (`providers:`). No word is guessed at: one that is not listed for a
citizen ID is foreign to it, however well known elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from broker.core.trust import TrustLevel

PERSON, ORGANISATION = "person", "organisation"
"""Values of `bp_subject_type`."""

VOCABULARIES: Mapping[str, Mapping[str, TrustLevel]] = {
    "stork": {  # BundID SB 6.2.9: a password is level 1, which no vocabulary calls low
        "STORK-QAA-Level-1": TrustLevel.BASIC,
        "STORK-QAA-Level-2": TrustLevel.LOW,
        "STORK-QAA-Level-3": TrustLevel.SUBSTANTIAL,
        "STORK-QAA-Level-4": TrustLevel.HIGH,
    },
    "german": {  # BundID SB 6.2.9 prints the words of TR-03160-1, its examples and other software the capital ones
        "UNTERGEORDNET": TrustLevel.BASIC,
        "Basisregistrierung": TrustLevel.BASIC,
        "NORMAL": TrustLevel.LOW,
        "niedrig": TrustLevel.LOW,
        "SUBSTANTIELL": TrustLevel.SUBSTANTIAL,
        "substanziell": TrustLevel.SUBSTANTIAL,
        "HOCH": TrustLevel.HIGH,
    },
    "eidas": {level.acr: level for level in (TrustLevel.LOW, TrustLevel.SUBSTANTIAL, TrustLevel.HIGH)},
}
"""Words for levels by the name of the vocabulary; letters' case says nothing."""

_MEANS = {  # BundID's AssertionProvedBy -> RFC 8176; informative only
    "benutzername": ("pwd",),
    "elster": ("swk", "pin", "mfa"),
    "authega": ("swk", "pin", "mfa"),
    "eid": ("sc", "pin", "mfa"),
    "smart-eid": ("sc", "pin", "mfa"),
}
METHODS = frozenset(
    {
        "face",
        "fpt",
        "geo",
        "hwk",
        "iris",
        "kba",
        "mca",
        "mfa",
        "otp",
        "pin",
        "pop",
        "pwd",
        "rba",
        "retina",
        "sc",
        "sms",
        "swk",
        "tel",
        "user",
    }
    | {"vbm", "wia"}
)
"""Authentication method references of RFC 8176 section 2."""


class LevelSource(StrEnum):
    """What has to name the level of a sign-in. The other, where it is there, may only lower it."""

    CONTEXT = "context"
    ATTRIBUTES = "attributes"


class AttributeTrust(StrEnum):
    """How far an attribute is vouched for: by its own word, as the sign-in as a whole, or not at all."""

    ASSERTED = "asserted"
    SIGN_IN = "sign_in"
    SELF = "self"


class AmrSource(StrEnum):
    """How the methods of authentication are told: a BundID word for the means, RFC 8176 references, or not."""

    MEANS = "means"
    METHODS = "methods"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Vouching:
    """One citizen ID's words. `levels` are its words in small letters, `foreign` is what any other word, or none, means for a sign-in.

    `fixed_amr` is what every sign-in is done with. `key_attribute`: an account is the principal together with the attribute of the row
    `upstream_key`. `subject_type` is who signs in unless an attribute says otherwise.
    """

    levels: Mapping[str, TrustLevel]
    foreign: TrustLevel = TrustLevel.NONE
    level_from: LevelSource = LevelSource.CONTEXT
    attributes: AttributeTrust = AttributeTrust.SELF
    amr: AmrSource = AmrSource.NONE
    fixed_amr: tuple[str, ...] = ()
    key_attribute: bool = False
    subject_type: str = PERSON

    def word(self, word: object) -> TrustLevel:
        """The level a word means here; none for a word of no listed vocabulary and for what is no word."""
        return self.levels.get(word.strip().lower(), TrustLevel.NONE) if isinstance(word, str) else TrustLevel.NONE

    def sign_in(self, context: object, attributes: Iterable[str]) -> TrustLevel:
        """The level of a sign-in: the lowest of all that was said (UP-12)."""
        said = list(attributes)
        if self.level_from is LevelSource.CONTEXT:
            said_levels = [self._or_foreign(context), *map(self._or_foreign, said)]
        else:
            known_context = [level for level in [self.word(context)] if level]
            said_levels = [*known_context, *map(self._or_foreign, said or [""])]
        return min(said_levels)

    def attribute(self, word: object, sign_in: TrustLevel) -> TrustLevel:
        """How far one attribute is vouched for: never more than the sign-in."""
        if self.attributes is AttributeTrust.ASSERTED:
            return min(self.word(word), sign_in)
        return sign_in if self.attributes is AttributeTrust.SIGN_IN else min(TrustLevel.BASIC, sign_in)

    def methods(self, means: tuple[str, ...], second_factor: bool) -> tuple[str, ...]:
        """Methods of authentication (RFC 8176), in the order told; empty where they are not known."""
        if self.amr is AmrSource.METHODS:
            return tuple(dict.fromkeys(method for method in means if method in METHODS))
        if self.amr is AmrSource.NONE:
            return self.fixed_amr
        methods = _MEANS.get(means[0].strip().lower(), ()) if len(means) == 1 else ()
        return (*methods, "mfa") if methods == ("pwd",) and second_factor else methods

    def _or_foreign(self, word: object) -> TrustLevel:
        return self.word(word) or self.foreign


def vocabulary(names: Iterable[str], own: Mapping[str, TrustLevel]) -> dict[str, TrustLevel]:
    """The words of the named vocabularies and a citizen ID's own ones, in small letters."""
    words = {word: level for name in names for word, level in VOCABULARIES[name].items()}
    return {word.lower(): level for word, level in (words | dict(own)).items()}
