"""What our Keycloak provider reads of an identity provider beside BundID's own keys, checked before Keycloak meets it."""

from __future__ import annotations

import re

from broker.upstream.realm_desired import Json
from broker.yaml_document import Section

NOTE_MAPPERS = {"saml": "bp-upstream-note", "oidc": "bp-upstream-claims-note", "keycloak-oidc": "bp-upstream-claims-note"}
"""By Keycloak's provider: the mapper that keeps what was asserted, in the form the broker reads (`upstream/assertion.py`)."""

_OID = r"(urn:oid:)?[0-2](\.(0|[1-9][0-9]{0,19})){1,30}"
_NAME = r"[A-Za-z_][A-Za-z0-9_.-]{0,99}(/[A-Za-z_][A-Za-z0-9_.-]{0,99}){0,7}"
_ATTRIBUTE = re.compile(f"({_OID}|{_NAME})!?")


def check_note_rules(representation: Section, config: Json, mappers: list[Section], mapped: tuple[Json, ...]) -> None:
    """Raises ConfigurationError for a level in unknown words, and for a citizen ID of whose answers the broker would learn nothing.

    `config` and `mapped` are what Keycloak gets of `representation` and `mappers`: texts, in the same order.
    """
    if config.get("bpAuthnContext", "eidas") != "eidas":
        raise representation.section("config").wrong("bpAuthnContext", "'bpAuthnContext' can only be eidas; leave it out for no level")
    needed = NOTE_MAPPERS.get(representation.text("providerId"))
    if needed is None:
        raise representation.wrong("providerId", f"'providerId' must be one of {', '.join(NOTE_MAPPERS)}: the broker can read no others")
    found = [(section, each) for section, each in zip(mappers, mapped, strict=True) if each["identityProviderMapper"] == needed]
    if len(found) != 1:
        raise representation.wrong("providerId", f"there must be one mapper {needed!r}: without it the broker learns nothing of a sign-in")
    ((section, mapper),) = found
    names = mapper["config"].get("attributes")
    if names is None:
        raise section.wrong("config", f"{needed!r} must list its 'attributes': nothing else passes (usually ${{requested_attributes}})")
    for word in names.split():
        if not _ATTRIBUTE.fullmatch(word):
            raise section.section("config").wrong("attributes", f"{word!r} is no name of an attribute that our Keycloak provider knows")
