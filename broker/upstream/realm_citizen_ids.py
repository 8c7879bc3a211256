"""Reads the citizen IDs of `realm-config/`: what the broker shows of them, and how Keycloak speaks to them."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

from broker.claim_table import FILE_NAME as CLAIM_TABLE
from broker.claim_table import LOCALES, load_claim_table, requested_attributes
from broker.core.provider import IdentityProvider, Means, ProviderLogout
from broker.core.trust import TrustLevel
from broker.core.voucher import VOUCHER
from broker.upstream.bundid_rules import check_bundid_rules
from broker.upstream.note_rules import check_note_rules
from broker.upstream.realm_desired import Mapped
from broker.upstream.realm_reading import Reading, read_mapper, secret_digest, texts
from broker.yaml_document import Document, Section, read_yaml

_LEVELS = tuple(level.word for level in TrustLevel)
_KEYS = ("alias", "enabled", "position", "trust_ceiling", "names", "descriptions", "means", "sandbox", "probe", "ending_on", "logout")
SECRET_DIGEST = "bpClientSecretDigest"


def provider_files(reading: Reading) -> list[Path]:
    """Files of the citizen IDs of this environment: those it lists, or all of them."""
    folder, top = reading.folder / "identity-providers", reading.environment.top
    if not top.has("identity_providers"):
        return sorted(folder.glob("*.yaml"))
    paths = [folder / f"{alias}.yaml" for alias in top.items("identity_providers", str)]
    for index, path in enumerate(paths):
        if not path.is_file():
            raise reading.environment.wrong(("identity_providers", index), f"there is no file {path}")
    return paths


def files_for_keycloak(reading: Reading) -> list[Path]:
    """Those of them that Keycloak speaks to: vouchers are redeemed at the broker itself."""
    return [path for path in provider_files(reading) if path.stem != VOUCHER]


def known_aliases(reading: Reading) -> set[str]:
    """The aliases that have a file, whether this environment offers them or not."""
    return {each.stem for each in (reading.folder / "identity-providers").glob("*.yaml")}


def check_claim_table(reading: Reading) -> None:
    """The table must not speak of citizen IDs that have no file: a misspelt alias would yield nothing, silently."""
    path = reading.folder / CLAIM_TABLE
    known = known_aliases(reading)
    for alias in load_claim_table(path).providers:
        if alias not in known:
            raise read_yaml(path).wrong(("providers", alias), f"there is no citizen ID {alias!r} in identity-providers/")


def _document(reading: Reading, path: Path) -> Document:
    reading.values.provide("requested_attributes", " ".join(requested_attributes(reading.folder / CLAIM_TABLE, path.stem)))
    document = read_yaml(path)
    document.top.only("broker", *(() if path.stem == VOUCHER else ("keycloak",)))
    return document


def read_provider(reading: Reading, path: Path) -> Mapped:
    """One citizen ID as Keycloak shall have it. Raises ConfigurationError, also for what the broker would not take."""
    document = _document(reading, path)
    read_identity_provider(reading, path)
    top = reading.values.filled(document).top.section("keycloak").only("representation", "mappers")
    representation = top.section("representation")
    _check_alias(representation, path)
    reading.needs("identity provider", representation, "providerId")
    config = texts(representation, "config")
    check_bundid_rules(representation.section("config"), config)
    if config.get("clientSecret"):
        config[SECRET_DIGEST] = secret_digest(path.stem, str(config["clientSecret"]))
    written = top.sections("mappers")
    mappers = tuple(read_mapper(reading, each, "identityProviderMapper") for each in written)
    check_note_rules(representation, config, written, mappers)
    return Mapped(path.stem, {**representation.data, "config": config}, mappers)


def _broker_section(reading: Reading, path: Path) -> Section:
    document = _document(reading, path)
    written = document.top.section("broker")
    section = Section(document, written.at, reading.values.filled_in(document, written.at, written.data))
    _check_alias(section, path)
    return section


def _check_alias(section: Section, path: Path) -> None:
    if section.text("alias") != path.stem:
        raise section.wrong("alias", f"'alias' is {section.text('alias')!r}, but the file is named {path.stem!r}: they must be the same")


def read_identity_provider(reading: Reading, path: Path) -> IdentityProvider:
    """One citizen ID as the broker shows it. Needs no secret. Raises ConfigurationError."""
    section = _broker_section(reading, path)
    section.only(*_KEYS)
    ceiling = TrustLevel.from_word(section.one_of("trust_ceiling", _LEVELS))
    if path.stem == VOUCHER and ceiling > TrustLevel.BASIC:
        raise section.wrong("trust_ceiling", "whoever holds a code is known at level basic and no better")
    return IdentityProvider(
        alias=section.text("alias"),
        names=section.texts_by("names", LOCALES),
        descriptions=section.texts_by("descriptions", LOCALES),
        means=tuple(_means(each) for each in section.sections("means")),
        trust_ceiling=ceiling,
        position=section.number("position"),
        enabled=section.flag("enabled"),
        sandbox=section.has("sandbox") and section.flag("sandbox"),
        probe_url=_probe(section),
        ending_on=_ending_on(section),
        logout=ProviderLogout(section.one_of("logout", tuple(ProviderLogout)) if section.has("logout") else ProviderLogout.NONE),
    )


def _probe(section: Section) -> str:
    """The address where the worker looks whether the citizen ID works; none is no mistake."""
    if not section.has("probe"):
        return ""
    address = section.text("probe")
    if urlsplit(address).scheme not in ("https", "http") or not urlsplit(address).hostname:
        raise section.wrong("probe", "'probe' must be an http(s) address")
    return address


def _ending_on(section: Section) -> str:
    if not section.has("ending_on"):
        return ""
    try:
        return date.fromisoformat(section.text("ending_on")).isoformat()
    except ValueError:
        raise section.wrong("ending_on", 'the last day has to be written like "2027-06-30"') from None


def _means(means: Section) -> Means:
    means.only("key", "level", "names")
    level = TrustLevel.from_word(means.one_of("level", _LEVELS))
    return Means(means.text("key"), means.texts_by("names", LOCALES), level)
