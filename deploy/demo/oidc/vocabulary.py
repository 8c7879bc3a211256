"""What this account can be asked and how it says it: scopes and claims, words for levels and means, the shapes it can take."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from deploy.demo.bundid.vocabulary import Level, Means

SCOPES = {
    # OpenID Connect Core 5.4; of `profile` what a citizen account knows. `ags` is this simulator's own.
    "profile": ("given_name", "middle_name", "family_name", "birthdate"),
    "email": ("email", "email_verified"),
    "address": ("address",),
    "ags": ("ags",),
}
CLAIMS = tuple(claim for claims in SCOPES.values() for claim in claims)

OFFERED = (Means.EID, Means.ELSTER, Means.PASSWORD)


class Words(StrEnum):
    """The vocabulary of `acr`."""

    STORK = "stork"
    EIDAS = "eidas"


_EIDAS = {
    # Below eIDAS "low" there is no URI: a relying party must take what it does not know for nothing.
    Level.LOW: "http://eidas.europa.eu/LoA/low",
    Level.SUBSTANTIAL: "http://eidas.europa.eu/LoA/substantial",
    Level.HIGH: "http://eidas.europa.eu/LoA/high",
}
_STORK = {level: level.wire for level in Level}
WORDS = {Words.STORK: _STORK, Words.EIDAS: _EIDAS | {Level.BASIC: "urn:simulation:loa:basic"}}


class Delivery(StrEnum):
    """Where claims that a scope asked for are found; those asked for by the parameter `claims` are always where it says."""

    BOTH = "both"  # as Keycloak does
    USERINFO = "userinfo"  # OpenID Connect Core 5.4 where an access token is issued


@dataclass(frozen=True, slots=True)
class Shape:
    """One way in which citizen accounts look. `has_address`: the claim `address`; `splits_names`: further given names in `middle_name`."""

    words: Words
    delivery: Delivery
    has_address: bool
    splits_names: bool


SHAPES = {
    # What Keycloak, and most software, makes of a citizen account.
    "keycloak": Shape(Words.STORK, Delivery.BOTH, has_address=True, splits_names=False),
    # The switched off account of Thüringen: names, birth date and e-mail only, with a claim for the further given names.
    "thueringen": Shape(Words.STORK, Delivery.BOTH, has_address=False, splits_names=True),
    # An assumption: nobody has described a DeutschlandID yet. Strict OpenID Connect with the eIDAS words.
    "deutschlandid": Shape(Words.EIDAS, Delivery.USERINFO, has_address=True, splits_names=False),
}

AMR = {  # RFC 8176
    Means.EID: ("sc", "pin", "mfa"),
    Means.ELSTER: ("swk", "pin", "mfa"),
    Means.PASSWORD: ("pwd",),
}
SECOND_FACTOR = ("otp", "mfa")


def asked_level(words: Words, asked: list[str]) -> Level:
    """The lowest level among the words this account knows; without any of them everything is good enough."""
    known = {word: level for level, word in WORDS[words].items()}
    return min((known[word] for word in asked if word in known), default=Level.BASIC)
