"""Reads `realm-config/claim-table.yaml` into the core's types and refuses anything in it that the broker would not understand."""

from __future__ import annotations

from pathlib import Path

from broker.core.claim import ClaimDefinition, ClaimMapping, ClaimTable, ReleaseClass
from broker.core.transforms import TRANSFORMS
from broker.yaml_document import Document, Section, read_yaml

FILE_NAME = "claim-table.yaml"
LOCALES = ("de", "en", "de-leicht")
SCOPES = ("profile", "email", "assurance", "eligibility", "voting", "org")
TYPES = ("string", "boolean", "integer", "string[]", "integer[]", "object")
_OID = "urn:oid:"


def load_claim_table(path: Path) -> ClaimTable:
    """The claim table of a file. Raises ConfigurationError with file and line."""
    document = read_yaml(path)
    top = document.top.only("age_thresholds", "claims")
    thresholds = tuple(top.items("age_thresholds", int))
    if sorted(set(thresholds)) != list(thresholds):
        raise top.wrong("age_thresholds", "ages must rise and none may stand twice")
    rows = (_definition(name, row) for name, row in top.section("claims").named_sections())
    return ClaimTable({row.name: row for row in rows}, thresholds)


def _definition(name: str, row: Section) -> ClaimDefinition:
    row.only("type", "release", "scope", "origin", "labels", "sentences", "providers")
    if "." in name or ":" in name:
        # Keycloak and many tools take a dot in a claim's name for nesting.
        raise row.document.wrong(row.at, f"claim {name!r}: names have neither dots nor colons")
    row.one_of("type", TYPES)
    release = ReleaseClass(row.one_of("release", tuple(ReleaseClass)))
    origin = row.one_of("origin", ("broker", "provider"))
    return ClaimDefinition(
        name=name,
        release=release,
        scope=_scope(row, release),
        origin=origin,
        labels=row.texts_by("labels", LOCALES),
        sentences=row.texts_by("sentences", LOCALES),
        mappings=_mappings(name, row, origin),
    )


def _scope(row: Section, release: ReleaseClass) -> str | None:
    if release in (ReleaseClass.SCOPE, ReleaseClass.PURPOSE):
        return row.one_of("scope", SCOPES)
    if row.has("scope"):
        raise row.wrong("scope", f"a claim of release class {release.value} belongs to no scope: remove the key")
    return None


def _mappings(name: str, row: Section, origin: str) -> dict[str, ClaimMapping]:
    if origin == "broker":
        if row.has("providers"):
            raise row.wrong("providers", "the broker makes this claim itself: remove the key, or say origin: provider")
        return {}
    return {alias: _mapping(name, alias, entry) for alias, entry in row.section("providers").named_sections()}


def _mapping(claim: str, alias: str, entry: Section) -> ClaimMapping:
    entry.only("sources", "transform", "required")
    if entry.has("required"):
        entry.flag("required")
    sources = tuple(entry.items("sources", str))
    if not sources or len(set(sources)) != len(sources) or any(source != "".join(source.split()) for source in sources):
        # Printed interface descriptions break object identifiers over lines; on the wire they have no spaces.
        raise entry.wrong("sources", "name at least one attribute, none twice and none with spaces in it")
    return ClaimMapping(claim, alias, sources, entry.one_of("transform", tuple(TRANSFORMS)))


def requested_attributes(path: Path, alias: str) -> tuple[str, ...]:
    """What the table takes from a citizen ID, as our Keycloak provider reads it: object identifiers, `!` behind the required ones."""
    document = read_yaml(path)
    wanted: dict[str, bool] = {}
    for _, row in document.top.section("claims").named_sections():
        for source, required in _asked(document, row, alias):
            wanted[source] = wanted.get(source, False) or required
    return tuple(f"{source.removeprefix(_OID)}{'!' if required else ''}" for source, required in wanted.items())


def _asked(document: Document, row: Section, alias: str) -> list[tuple[str, bool]]:
    if not row.has("providers") or not row.section("providers").has(alias):
        return []
    entry = row.section("providers").section(alias)
    required = entry.has("required") and entry.flag("required")
    return [(source, required) for source in entry.items("sources", str)]
