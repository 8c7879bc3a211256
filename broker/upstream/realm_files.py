"""Reads `realm-config/` into one `DesiredRealm` for each realm and into the broker's list of citizen IDs; refuses whatever it does not
understand.

Nothing is contacted but the metadata address of a citizen ID, where the environment names one.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from broker.core.provider import IdentityProvider
from broker.upstream.realm_citizen_ids import (
    check_claim_table,
    files_for_keycloak,
    known_aliases,
    provider_files,
    read_identity_provider,
    read_provider,
)
from broker.upstream.realm_desired import DesiredExecution, DesiredFlow, DesiredRealm, Json, Mapped
from broker.upstream.realm_reading import Reading, open_reading, read_mapper, secret_digest, texts
from broker.upstream.realm_requirements import feature_requirements
from broker.upstream.realm_values import Fetch, refuse_unused
from broker.upstream.saml_certificates import fetch_metadata
from broker.yaml_document import Section, read_yaml

# The realm that brokers: it alone has citizen IDs.
BROKERING = "citizens"
_REALM_KEYS = ("stands_behind", "representation", "features", "required_actions", "components", "user_profile")
_REQUIREMENTS = ("REQUIRED", "ALTERNATIVE", "CONDITIONAL", "DISABLED")
SMTP_DIGEST = "bpSmtpPasswordDigest"


def load_realms(folder: Path, environment: str, environ: Mapping[str, str], fetch: Fetch = fetch_metadata) -> tuple[DesiredRealm, ...]:
    """The desired realms of one environment in the order of their making: those that stand behind a citizen ID, then the brokering one.

    Raises ConfigurationError with file and line; reads every file before it returns.
    """
    reading = open_reading(folder, environment, environ, fetch)
    aliases = [path.stem for path in provider_files(reading)]
    realms = tuple(_realm(reading, name) for name in (*_folders_behind(reading, aliases), BROKERING))
    check_claim_table(reading)
    refuse_unused(reading.values, reading.environment, known_aliases(reading) - set(aliases))
    return realms


def load_identity_providers(
    folder: Path, environment: str, environ: Mapping[str, str], fetch: Fetch = fetch_metadata
) -> list[IdentityProvider]:
    """The citizen IDs as the broker shows them, by position. Needs no secret and contacts nobody. Raises ConfigurationError."""
    reading = open_reading(folder, environment, environ, fetch)
    found = [read_identity_provider(reading, path) for path in provider_files(reading)]
    return sorted(found, key=lambda provider: (provider.position, provider.alias))


def _folders_behind(reading: Reading, aliases: list[str]) -> list[str]:
    """Folders of the realms that are the account behind a citizen ID; one that this environment leaves out needs no realm."""
    found = []
    for path in sorted(reading.folder.glob("*/realm.yaml")):
        top = read_yaml(path).top
        if path.parent.name != BROKERING:
            found += [path.parent.name] if top.one_of("stands_behind", tuple(sorted(known_aliases(reading)))) in aliases else []
    return found


def _realm(reading: Reading, folder: str) -> DesiredRealm:
    brokering = folder == BROKERING
    realm = _realm_file(reading, folder)
    flows = ("browser-flow.yaml", "first-login-flow.yaml") if brokering else ("browser-flow.yaml",)
    return DesiredRealm(
        name=realm.section("representation").text("realm"),
        representation=_representation(realm),
        required_actions=tuple(realm.items("required_actions", str)),
        components=tuple(_component(reading, each) for each in realm.sections("components")),
        user_profile=realm.section("user_profile").data,
        flows=tuple(_flow(reading, folder, name) for name in flows),
        client=_client(reading, folder),
        identity_providers=tuple(read_provider(reading, path) for path in files_for_keycloak(reading)) if brokering else (),
        requirements=reading.met(),
        secrets=frozenset(reading.values.secrets),
    )


def _realm_file(reading: Reading, folder: str) -> Section:
    realm = reading.file(folder, "realm.yaml").only(*_REALM_KEYS)
    representation = realm.section("representation")
    for theme in ("login", "email"):
        if representation.has(f"{theme}Theme"):
            reading.needs(f"{theme} theme", representation, f"{theme}Theme")
    reading.requirements += feature_requirements(realm.section("features"))
    return realm


def _representation(realm: Section) -> Json:
    """The realm's settings; beside the mail server's password, which Keycloak never shows, stands its digest."""
    representation = realm.section("representation")
    if not representation.has("smtpServer"):
        return representation.data
    server = texts(representation, "smtpServer")
    digest = secret_digest(representation.text("realm"), str(server.get("password")))
    attributes = texts(representation, "attributes") if representation.has("attributes") else {}
    return {**representation.data, "smtpServer": server, "attributes": {**attributes, SMTP_DIGEST: digest}}


def _component(reading: Reading, component: Section) -> Json:
    component.only("name", "providerType", "providerId", "config")
    for key in ("name", "providerType"):
        component.text(key)
    reading.needs("component", component, "providerId")
    return {**component.data, "config": {key: [str(each) for each in values] for key, values in component.section("config").data.items()}}


def _flow(reading: Reading, folder: str, name: str) -> DesiredFlow:
    top = reading.file(folder, name).only("flow", "executions")
    flow = top.section("flow").only("alias", "description", "providerId")
    steps = tuple(_execution(reading, each) for each in top.sections("executions"))
    return DesiredFlow(flow.text("alias"), {**flow.data, "topLevel": True, "builtIn": False}, steps)


def _execution(reading: Reading, step: Section) -> DesiredExecution:
    step.only("authenticator", "requirement", "config")
    reading.needs("authenticator", step, "authenticator")
    config = None
    if step.has("config"):
        written = step.section("config").only("alias", "config")
        config = {"alias": written.text("alias"), "config": texts(written, "config")}
    return DesiredExecution(step.text("authenticator"), step.one_of("requirement", _REQUIREMENTS), config)


def _client(reading: Reading, folder: str) -> Mapped:
    client = reading.file(folder, "broker-client.yaml").only("client").section("client")
    mappers = reading.file(folder, "protocol-mappers.yaml").only("mappers").sections("mappers")
    representation = {**client.data, "attributes": texts(client, "attributes")}
    return Mapped(client.text("clientId"), representation, tuple(read_mapper(reading, each, "protocolMapper") for each in mappers))
