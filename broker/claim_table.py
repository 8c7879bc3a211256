"""Reads `realm-config/claim-table.yaml` into the core's types and refuses anything in it that the broker would not understand."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from broker.core.claim import ClaimData, ClaimDefinition, ClaimMapping, ClaimTable, ReleaseClass, Way
from broker.core.municipality import Municipalities
from broker.core.transforms import TAKES, TRANSFORMS
from broker.core.trust import TrustLevel
from broker.core.vouching import (
    METHODS,
    ORGANISATION,
    PERSON,
    VOCABULARIES,
    AmrSource,
    AttributeTrust,
    LevelSource,
    Vouching,
    vocabulary,
)
from broker.municipality_list import read_municipalities
from broker.yaml_document import Section, read_yaml

FILE_NAME = "claim-table.yaml"
LOCALES = ("de", "en", "de-leicht")
SCOPES = ("profile", "email", "assurance", "eligibility", "voting", "org")
TYPES = ("string", "boolean", "integer", "string[]", "integer[]", "object")
_KINDS: Mapping[str, type] = {"string": str, "boolean": bool, "integer": int, "object": dict}
RESERVED = frozenset(
    {"iss", "sub", "aud", "exp", "iat", "nbf", "nonce", "jti", "azp", "sid", "at_hash", "c_hash", "auth_time", "acr", "amr"}
    | {"email_verified", "groups", "roles", "admin", "bp_idp", "bp_subject_type", "bp_attr_loa", "bp_vote_key"}
)
"""Claims that no citizen ID may make (AL-02): they are the protocol's, or decide what somebody may do."""
_OID = "urn:oid:"
_LEVELS = tuple(level.word for level in TrustLevel)


def load_claim_table(path: Path) -> ClaimTable:
    """The claim table of a file. Raises ConfigurationError with file and line."""
    document = read_yaml(path)
    top = document.top.only("age_thresholds", "municipalities", "claims", "providers")
    thresholds = tuple(top.items("age_thresholds", int))
    if sorted(set(thresholds)) != list(thresholds):
        raise top.wrong("age_thresholds", "ages must rise and none may stand twice")
    providers = {alias: _vouching(entry) for alias, entry in top.section("providers").named_sections()}
    rows = {name: _definition(name, row, providers) for name, row in top.section("claims").named_sections()}
    for name, row in rows.items():
        if unknown := [need for need in row.needs if need not in rows]:
            raise document.wrong(("claims", name, "needs"), f"there is no row {unknown[0]!r}")
    places = read_municipalities(path.parent / top.text("municipalities")) if top.has("municipalities") else Municipalities()
    return ClaimTable(rows, thresholds, providers, places)


def _vouching(entry: Section) -> Vouching:
    entry.only("levels", "words", "foreign", "level_from", "attributes", "amr", "key_attribute", "subject")
    for index, name in enumerate(entry.items("levels", str)):
        if name not in VOCABULARIES:
            place = (*entry.at, "levels", index)
            raise entry.document.wrong(place, f"there is no vocabulary {name!r}; use {', '.join(VOCABULARIES)}")
    own = entry.section("words") if entry.has("words") else None
    own_words = {word: TrustLevel.from_word(own.one_of(word, _LEVELS[1:])) for word in own.data} if own else {}
    amr, fixed = _amr(entry)
    return Vouching(
        levels=vocabulary(entry.items("levels", str), own_words),
        foreign=TrustLevel.from_word(entry.one_of("foreign", ("none", "basic"))) if entry.has("foreign") else TrustLevel.NONE,
        level_from=LevelSource(entry.one_of("level_from", tuple(LevelSource))) if entry.has("level_from") else LevelSource.CONTEXT,
        attributes=AttributeTrust(entry.one_of("attributes", tuple(AttributeTrust))),
        amr=amr,
        fixed_amr=fixed,
        key_attribute=entry.has("key_attribute") and entry.flag("key_attribute"),
        subject_type=entry.one_of("subject", (PERSON, ORGANISATION)),
    )


def _amr(entry: Section) -> tuple[AmrSource, tuple[str, ...]]:
    if not isinstance(entry.data.get("amr"), list):
        return AmrSource(entry.one_of("amr", tuple(AmrSource))), ()
    methods = tuple(entry.items("amr", str))
    if unknown := [method for method in methods if method not in METHODS]:
        raise entry.wrong("amr", f"{unknown[0]!r} is no method of authentication of RFC 8176")
    return AmrSource.NONE, methods


def _definition(name: str, row: Section, providers: Mapping[str, Vouching]) -> ClaimDefinition:
    row.only("type", "release", "scope", "origin", "needs", "example", "labels", "sentences", "providers")
    if "." in name or ":" in name:
        # Keycloak and many tools take a dot in a claim's name for nesting.
        raise row.document.wrong(row.at, f"claim {name!r}: names have neither dots nor colons")
    kind = row.one_of("type", TYPES)
    release = ReleaseClass(row.one_of("release", tuple(ReleaseClass)))
    origin = row.one_of("origin", ("broker", "provider"))
    if origin == "provider" and name in RESERVED:
        raise row.wrong("origin", f"no citizen ID may make {name!r}: only the broker does")
    return ClaimDefinition(
        name=name,
        type=kind,
        release=release,
        scope=_scope(row, release),
        origin=origin,
        labels=row.texts_by("labels", LOCALES),
        sentences=row.texts_by("sentences", LOCALES),
        mappings=_mappings(name, row, origin, providers),
        needs=tuple(row.items("needs", str)) if row.has("needs") else (),
        example=_example(row, kind),
    )


def _example(row: Section, kind: str) -> ClaimData | None:
    """A value of the claim's own type, as the documentation for tools shows it."""
    if not row.has("example"):
        return None
    if kind.endswith("[]"):
        return row.items("example", _KINDS[kind.removesuffix("[]")])
    found: ClaimData = row.data["example"]
    if type(found) is not _KINDS[kind]:
        raise row.wrong("example", f"'example' must be a value of type {kind}")
    return found


def _scope(row: Section, release: ReleaseClass) -> str | None:
    if release in (ReleaseClass.SCOPE, ReleaseClass.PURPOSE):
        return row.one_of("scope", SCOPES)
    if row.has("scope"):
        raise row.wrong("scope", f"a claim of release class {release.value} belongs to no scope: remove the key")
    return None


def _mappings(name: str, row: Section, origin: str, providers: Mapping[str, Vouching]) -> dict[str, ClaimMapping]:
    if origin == "broker":
        if row.has("providers"):
            raise row.wrong("providers", "the broker makes this claim itself: remove the key, or say origin: provider")
        return {}
    entries = row.section("providers")
    for alias in entries.data:
        if alias not in providers:
            raise entries.wrong(alias, f"{alias!r} has no entry in the table's own 'providers', which says how far it is believed")
    return {alias: _mapping(name, alias, entry) for alias, entry in entries.named_sections()}


def _mapping(claim: str, alias: str, entry: Section) -> ClaimMapping:
    entry.only("sources", "transform", "required", "otherwise")
    ways = [_way(entry)]
    if entry.has("otherwise"):
        ways.append(_way(entry.section("otherwise").only("sources", "transform")))
    return ClaimMapping(claim, alias, tuple(ways), entry.has("required") and entry.flag("required"))


def _way(entry: Section) -> Way:
    sources = tuple(entry.items("sources", str))
    if not sources or len(set(sources)) != len(sources) or any(source != "".join(source.split()) for source in sources):
        # Printed interface descriptions break object identifiers over lines; on the wire they have no spaces.
        raise entry.wrong("sources", "name at least one attribute, none twice and none with spaces in it")
    transform = entry.one_of("transform", tuple(TRANSFORMS))
    if len(sources) < TAKES.get(transform, 1):
        raise entry.wrong("sources", f"{transform} needs {TAKES[transform]} attributes, in the order it expects them")
    return Way(sources, transform)


def requested_attributes(path: Path, alias: str) -> tuple[str, ...]:
    """What the table takes from a citizen ID, as our Keycloak provider reads it: object identifiers, `!` behind the required ones."""
    wanted: dict[str, bool] = {}
    for mapping in load_claim_table(path).mappings_of(alias):
        first = mapping.ways[0].sources if mapping.required else ()
        for source in mapping.sources:
            wanted[source] = wanted.get(source, False) or source in first
    return tuple(f"{source.removeprefix(_OID)}{'!' if required else ''}" for source, required in wanted.items())
