"""Reads `realm-config/` into a `DesiredRealm` and into the broker's list of citizen IDs; refuses whatever it does not understand.

Nothing is contacted but the metadata address of a citizen ID, where the environment names one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from broker.claim_table import FILE_NAME as CLAIM_TABLE
from broker.claim_table import LOCALES, load_claim_table, requested_attributes
from broker.core.errors import ConfigurationError
from broker.core.provider import IdentityProvider, Means
from broker.core.trust import TrustLevel
from broker.upstream.bundid_rules import check_bundid_rules
from broker.upstream.realm_desired import DesiredExecution, DesiredFlow, DesiredRealm, Json, Mapped, Requirement
from broker.upstream.realm_values import Fetch, Values, environment_values, refuse_unused
from broker.upstream.saml_certificates import fetch_metadata
from broker.yaml_document import Document, Section, Value, read_yaml

_REALM_KEYS = ("representation", "features", "required_actions", "components", "user_profile")
_REQUIREMENTS = ("REQUIRED", "ALTERNATIVE", "CONDITIONAL", "DISABLED")
_LEVELS = tuple(level.word for level in TrustLevel)
SECRET_DIGEST = "bpClientSecretDigest"


@dataclass(slots=True)
class _Reading:
    """What the readers below share: the folder, the values, and the requirements met on the way."""

    folder: Path
    environment: Document
    values: Values
    requirements: list[Requirement]

    def file(self, *parts: str) -> Section:
        return self.values.filled(read_yaml(self.folder.joinpath(*parts))).top

    def needs(self, kind: str, section: Section, key: str) -> None:
        self.requirements.append(Requirement(kind, section.text(key), section.document.place((*section.at, key))))


def load_realm_config(folder: Path, environment: str, environ: Mapping[str, str], fetch: Fetch = fetch_metadata) -> DesiredRealm:
    """The desired realm of one environment. Raises ConfigurationError with file and line; reads every file before it returns."""
    reading = _open(folder, environment, environ, fetch)
    realm = _realm_file(reading)
    flows = tuple(_flow(reading, name) for name in ("browser-flow.yaml", "first-login-flow.yaml"))
    client = _client(reading)
    providers = tuple(_provider(reading, path) for path in _provider_files(reading))
    _check_claim_table(reading)
    refuse_unused(reading.values, reading.environment, _known_aliases(reading) - {each.name for each in providers})
    return DesiredRealm(
        name=realm.section("representation").text("realm"),
        representation=realm.section("representation").data,
        required_actions=tuple(realm.items("required_actions", str)),
        components=tuple(_component(reading, each) for each in realm.sections("components")),
        user_profile=realm.section("user_profile").data,
        flows=flows,
        client=client,
        identity_providers=providers,
        requirements=tuple(reading.requirements),
        secrets=frozenset(reading.values.secrets),
    )


def load_identity_providers(
    folder: Path, environment: str, environ: Mapping[str, str], fetch: Fetch = fetch_metadata
) -> list[IdentityProvider]:
    """The citizen IDs as the broker shows them, by position. Needs no secret and contacts nobody. Raises ConfigurationError."""
    reading = _open(folder, environment, environ, fetch)
    found = [_identity_provider(_broker_section(reading, path)) for path in _provider_files(reading)]
    return sorted(found, key=lambda provider: (provider.position, provider.alias))


def _open(folder: Path, environment: str, environ: Mapping[str, str], fetch: Fetch) -> _Reading:
    path = folder / "environments" / f"{environment}.yaml"
    if not path.is_file():
        known = ", ".join(sorted(each.stem for each in path.parent.glob("*.yaml"))) or "none"
        raise ConfigurationError(f"{path.parent}: there is no environment {environment!r}; known: {known}")
    document = read_yaml(path)
    return _Reading(folder, document, environment_values(document, environ, fetch), [])


# --- realm, flows, client ----------------------------------------------------------------------------------------------------------------


def _realm_file(reading: _Reading) -> Section:
    realm = reading.file("citizens", "realm.yaml").only(*_REALM_KEYS)
    representation = realm.section("representation")
    if representation.has("loginTheme"):
        reading.needs("login theme", representation, "loginTheme")
    features = realm.section("features").only("enabled", "disabled")
    for kind in ("enabled", "disabled"):
        for index, feature in enumerate(features.items(kind, str)):
            place = features.document.place((*features.at, kind, index))
            reading.requirements.append(Requirement(f"feature {kind}", feature, place))
    return realm


def _component(reading: _Reading, component: Section) -> Json:
    component.only("name", "providerType", "providerId", "config")
    for key in ("name", "providerType"):
        component.text(key)
    reading.needs("component", component, "providerId")
    return {**component.data, "config": {key: [str(each) for each in values] for key, values in component.section("config").data.items()}}


def _flow(reading: _Reading, name: str) -> DesiredFlow:
    top = reading.file("citizens", name).only("flow", "executions")
    flow = top.section("flow").only("alias", "description", "providerId")
    steps = tuple(_execution(reading, each) for each in top.sections("executions"))
    return DesiredFlow(flow.text("alias"), {**flow.data, "topLevel": True, "builtIn": False}, steps)


def _execution(reading: _Reading, step: Section) -> DesiredExecution:
    step.only("authenticator", "requirement", "config")
    reading.needs("authenticator", step, "authenticator")
    config = None
    if step.has("config"):
        written = step.section("config").only("alias", "config")
        config = {"alias": written.text("alias"), "config": _config(written, "config")}
    return DesiredExecution(step.text("authenticator"), step.one_of("requirement", _REQUIREMENTS), config)


def _client(reading: _Reading) -> Mapped:
    client = reading.file("citizens", "broker-client.yaml").only("client").section("client")
    mappers = reading.file("citizens", "protocol-mappers.yaml").only("mappers").sections("mappers")
    representation = {**client.data, "attributes": _config(client, "attributes")}
    return Mapped(client.text("clientId"), representation, tuple(_mapper(reading, each, "protocolMapper") for each in mappers))


def _mapper(reading: _Reading, mapper: Section, type_key: str) -> Json:
    mapper.only("name", "protocol", type_key, "config")
    mapper.text("name")
    reading.needs("protocol mapper" if type_key == "protocolMapper" else "identity provider mapper", mapper, type_key)
    return {**mapper.data, "config": _config(mapper, "config")}


def _config(section: Section, key: str) -> Json:
    """Keycloak's configuration maps hold nothing but text; files may write true, numbers, and lists or mappings for JSON text."""
    return {name: _as_text(value) for name, value in section.section(key).data.items()}


def _as_text(value: Value) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


# --- citizen IDs -------------------------------------------------------------------------------------------------------------------------


def _provider_files(reading: _Reading) -> list[Path]:
    """Files of the citizen IDs of this environment: those it lists, or all of them."""
    folder, top = reading.folder / "identity-providers", reading.environment.top
    if not top.has("identity_providers"):
        return sorted(folder.glob("*.yaml"))
    paths = [folder / f"{alias}.yaml" for alias in top.items("identity_providers", str)]
    for index, path in enumerate(paths):
        if not path.is_file():
            raise reading.environment.wrong(("identity_providers", index), f"there is no file {path}")
    return paths


def _known_aliases(reading: _Reading) -> set[str]:
    return {each.stem for each in (reading.folder / "identity-providers").glob("*.yaml")}


def _check_claim_table(reading: _Reading) -> None:
    """The table must not speak of citizen IDs that have no file: a misspelt alias would yield nothing, silently."""
    path = reading.folder / CLAIM_TABLE
    known = _known_aliases(reading)
    for row in load_claim_table(path).definitions.values():
        for alias in row.mappings:
            if alias not in known:
                raise read_yaml(path).wrong(
                    ("claims", row.name, "providers", alias), f"there is no citizen ID {alias!r} in identity-providers/"
                )


def _document(reading: _Reading, path: Path) -> Document:
    reading.values.provide("requested_attributes", " ".join(requested_attributes(reading.folder / CLAIM_TABLE, path.stem)))
    document = read_yaml(path)
    document.top.only("broker", "keycloak")
    return document


def _provider(reading: _Reading, path: Path) -> Mapped:
    document = _document(reading, path)
    _identity_provider(_broker_section(reading, path))
    top = reading.values.filled(document).top.section("keycloak").only("representation", "mappers")
    representation = top.section("representation")
    _check_alias(representation, path)
    reading.needs("identity provider", representation, "providerId")
    config = _config(representation, "config")
    check_bundid_rules(representation.section("config"), config)
    if config.get("clientSecret"):
        config[SECRET_DIGEST] = secret_digest(path.stem, str(config["clientSecret"]))
    mappers = tuple(_mapper(reading, each, "identityProviderMapper") for each in top.sections("mappers"))
    return Mapped(path.stem, {**representation.data, "config": config}, mappers)


def secret_digest(alias: str, secret: str) -> str:
    """A slow digest that stands beside a secret which Keycloak never shows again, so that a change of it can be seen."""
    return hashlib.scrypt(secret.encode(), salt=f"bp:{alias}".encode(), n=2**14, r=8, p=1, dklen=24).hex()


def _broker_section(reading: _Reading, path: Path) -> Section:
    document = _document(reading, path)
    written = document.top.section("broker")
    section = Section(document, written.at, reading.values.filled_in(document, written.at, written.data))
    _check_alias(section, path)
    return section


def _check_alias(section: Section, path: Path) -> None:
    if section.text("alias") != path.stem:
        raise section.wrong("alias", f"'alias' is {section.text('alias')!r}, but the file is named {path.stem!r}: they must be the same")


def _identity_provider(section: Section) -> IdentityProvider:
    section.only("alias", "enabled", "position", "trust_ceiling", "names", "descriptions", "means", "sandbox")
    return IdentityProvider(
        alias=section.text("alias"),
        names=section.texts_by("names", LOCALES),
        descriptions=section.texts_by("descriptions", LOCALES),
        means=tuple(_means(each) for each in section.sections("means")),
        trust_ceiling=TrustLevel.from_word(section.one_of("trust_ceiling", _LEVELS)),
        position=section.number("position"),
        enabled=section.flag("enabled"),
        sandbox=section.has("sandbox") and section.flag("sandbox"),
    )


def _means(means: Section) -> Means:
    means.only("key", "level", "names")
    level = TrustLevel.from_word(means.one_of("level", _LEVELS))
    return Means(means.text("key"), means.texts_by("names", LOCALES), level)
