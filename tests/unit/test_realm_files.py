"""The realm's files are read as a whole before anything is written, and a wrong one is refused with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from cryptography.hazmat.primitives.serialization import Encoding

from broker.core.errors import ConfigurationError
from broker.core.provider import ProviderLogout
from broker.core.trust import TrustLevel
from broker.upstream.realm_citizen_ids import SECRET_DIGEST
from broker.upstream.realm_desired import DesiredRealm
from broker.upstream.realm_files import load_identity_providers, load_realms
from tests.support.realm_config import ENVIRON, REALM_CONFIG, BentConfig, certificate, certificate_base64, fetch, metadata


@pytest.fixture
def config(tmp_path: Path) -> BentConfig:
    return BentConfig(tmp_path / "realm-config")


def load(folder: Path, environ: dict[str, str] | None = None) -> DesiredRealm:
    return load_realms(folder, "local", ENVIRON if environ is None else environ, fetch)[-1]


@pytest.fixture
def shipped() -> DesiredRealm:
    return load(REALM_CONFIG)


def test_nothing_about_a_citizen_is_stored(shipped: DesiredRealm) -> None:
    assert {each.representation["config"]["doNotStoreUsers"] for each in shipped.identity_providers} == {"true"}
    needed = {(each.kind, each.name) for each in shipped.requirements}
    assert {("feature enabled", "transient-users"), ("feature disabled", "persistent-user-sessions")} <= needed
    assert shipped.representation["eventsEnabled"] is False


def test_every_citizen_id_asks_anew_at_each_sign_in(shipped: DesiredRealm) -> None:
    """The broker's prompt=login reaches Keycloak; from there on it is the citizen ID's setting (OIDC Core 3.1.2.1, SAML 2.0 ForceAuthn)."""
    by_saml = [each.representation for each in shipped.identity_providers if each.representation["providerId"] != "oidc"]
    assert by_saml
    assert {each["config"]["forceAuthn"] for each in by_saml} == {"true"}


@pytest.mark.parametrize("key", ["registrationAllowed", "loginWithEmailAllowed", "rememberMe", "resetPasswordAllowed", "verifyEmail"])
def test_the_realm_only_brokers(shipped: DesiredRealm, key: str) -> None:
    assert shipped.representation[key] is False


def test_the_principal_is_bpk2_by_its_oid(shipped: DesiredRealm) -> None:
    config = shipped.identity_providers[0].representation["config"]
    assert (config["principalType"], config["principalAttribute"]) == ("ATTRIBUTE", "urn:oid:1.3.6.1.4.1.25484.494450.3")


def test_answers_must_be_signed_and_encrypted(shipped: DesiredRealm) -> None:
    config = shipped.identity_providers[0].representation["config"]
    assert [config[key] for key in ("validateSignature", "wantAssertionsSigned", "wantAssertionsEncrypted")] == ["true"] * 3
    assert config["signingCertificate"] == certificate_base64()


def test_the_client_has_one_exact_redirect_uri_and_only_the_code_flow(shipped: DesiredRealm) -> None:
    client = shipped.client.representation
    assert client["redirectUris"] == ["http://localhost:8000/callback"]
    assert client["baseUrl"] == "http://localhost:8000/upstream/return"
    flows = ("standardFlowEnabled", "implicitFlowEnabled", "directAccessGrantsEnabled", "serviceAccountsEnabled")
    assert [client[key] for key in flows] == [True, False, False, False]
    assert client["attributes"]["pkce.code.challenge.method"] == "S256"


def test_what_the_broker_reads_is_in_the_id_token_alone(shipped: DesiredRealm) -> None:
    claims = {each["config"]["claim.name"]: each["config"] for each in shipped.client.mappers}
    assert claims.keys() == {"up_idp", "up_principal", "upstream"}
    elsewhere = ("access.token.claim", "userinfo.token.claim", "introspection.token.claim")
    assert {config[key] for config in claims.values() for key in elsewhere} == {"false"}
    assert {config["id.token.claim"] for config in claims.values()} == {"true"}


def test_ports_can_be_shifted_by_the_environment() -> None:
    environ = {**ENVIRON, "BROKER_URL": "http://localhost:8123", "BUNDID_URL": "http://localhost:8124"}

    def shifted(url: str) -> bytes:
        return metadata(url) if url == "http://localhost:8124/idp" else fetch(url)

    realm = load_realms(REALM_CONFIG, "local", environ, shifted)[-1]
    assert realm.client.representation["redirectUris"] == ["http://localhost:8123/callback"]
    assert realm.identity_providers[0].representation["config"]["singleSignOnServiceUrl"].startswith("http://localhost:8124/")


def test_production_asks_for_each_value_it_lacks() -> None:
    with pytest.raises(ConfigurationError, match=r"production\.yaml:\d+: set the environment variable BROKER_SITE_NAME"):
        load_realms(REALM_CONFIG, "production", {}, fetch)


def test_production_is_complete_with_its_values(tmp_path: Path) -> None:
    pem = tmp_path / "bundid.pem"
    pem.write_bytes(certificate().public_bytes(Encoding.PEM))
    environ = {
        **ENVIRON,
        "BROKER_SITE_NAME": "Beteiligung Lübeck",
        "BROKER_ISSUER": "https://konto.luebeck.example",
        "BUNDID_SP_ENTITY_ID": "https://sso.luebeck.example",
        "BUNDID_SIGNING_CERTIFICATES_FILE": str(pem),
        "BUNDID_DISPLAY_NAME": "Beteiligung Lübeck",
        "BUNDID_ONLINE_SERVICE_ID": "BMI-A0001",
    }
    realm = load_realms(REALM_CONFIG, "production", environ, fetch)[-1]
    assert realm.identity_providers[0].representation["config"]["signingCertificate"] == certificate_base64()


def test_no_secret_is_written_in_a_file(shipped: DesiredRealm) -> None:
    assert shipped.client.representation["secret"] == ENVIRON["BROKER_HUB_CLIENT_SECRET"]
    assert shipped.secrets == set(ENVIRON.values())
    written = "".join(path.read_text() for path in REALM_CONFIG.rglob("*.yaml"))
    assert not [secret for secret in shipped.secrets if secret in written]


def test_the_whole_realm_is_one_import_body(shipped: DesiredRealm) -> None:
    body = shipped.as_import()
    assert body["requiredActions"] == []
    assert [each["alias"] for each in body["authenticationFlows"]] == ["citizen browser", "citizen first login"]
    assert [each["name"] for each in body["identityProviderMappers"]] == ["upstream-note"] * len(body["identityProviders"])
    assert body["clients"][0]["protocolMappers"]


BROKEN = [
    ("citizens/realm.yaml", "site_name", "sight_name", "${sight_name} is not known"),
    ("citizens/realm.yaml", "required_actions: []", "required_action: []", "unknown key 'required_action'"),
    ("citizens/browser-flow.yaml", "requirement: ALTERNATIVE", "requirement: MAYBE", "'requirement' is 'MAYBE'"),
    ("citizens/browser-flow.yaml", "- authenticator: auth-cookie", "- authenticater: auth-cookie", "unknown key 'authenticater'"),
    ("citizens/broker-client.yaml", "clientId: ${broker_client_id}", "clientId: ''", "'clientId' must not be empty"),
    ("citizens/protocol-mappers.yaml", "    protocolMapper: oidc-usersessionmodel-note-mapper\n", "", "'protocolMapper' is missing"),
    ("identity-providers/bundid.yaml", "trust_ceiling: high", "trust_ceiling: highest", "'trust_ceiling' is 'highest'"),
    ("identity-providers/bundid.yaml", "enabled: true", 'enabled: "yes"', "'enabled' must be true or false, found text"),
    ("identity-providers/bundid.yaml", "  alias: bundid", "  alias: bund-id", "the file is named 'bundid'"),
    ("identity-providers/bundid.yaml", "      level: substantial", "      level: middling", "'level' is 'middling'"),
    ("identity-providers/bundid.yaml", "    en: >-\n", "    english: >-\n", "unknown key 'english'"),
    (
        "claim-table.yaml",
        "  sh: {levels",
        "  hs: {levels: [], attributes: self, amr: none, subject: person}\n  sh: {levels",
        "no citizen ID 'hs'",
    ),
    ("environments/local.yaml", "bundid_display_name: B", "bundid_display_nam: B", "${bundid_display_name} is not known"),
    (
        "environments/local.yaml",
        "{env: BROKER_HUB_CLIENT_SECRET, secret: true}",
        "{enf: BROKER_HUB_CLIENT_SECRET}",
        "names exactly one of env",
    ),
    ("environments/local.yaml", "{env: BROKER_HUB_CLIENT_SECRET, secret: true}", "null", "'broker_client_secret' has no value"),
    ("environments/local.yaml", "bundid_entity_id: ${bundid_url}", "bundid_entity_id: ${bundid_entity_id}", "is defined by itself"),
    (
        "environments/local.yaml",
        "https://beteiligung.demo.example",
        "http://beteiligung.demo.example",
        "must be an https address without a port",
    ),
    ("environments/local.yaml", "https://beteiligung.demo.example", "https://beteiligung.demo.example:8443", "without a port"),
]


@pytest.mark.parametrize(("file", "old", "new", "sentence"), BROKEN)
def test_a_wrong_file_is_refused_with_file_and_line(config: BentConfig, file: str, old: str, new: str, sentence: str) -> None:
    config.replace(file, old, new)
    with pytest.raises(ConfigurationError, match=r"\.yaml:\d+: ") as refused:
        load(config.folder)
    assert sentence in str(refused.value)


def test_the_line_is_that_of_the_mistake(config: BentConfig) -> None:
    line = config.replace("citizens/broker-client.yaml", "${broker_url}/upstream/return", "${broker_uri}/upstream/return")
    with pytest.raises(ConfigurationError, match=rf"citizens/broker-client\.yaml:{line}: \$\{{broker_uri\}} is not known"):
        load(config.folder)


def test_a_value_that_no_file_uses_is_refused(config: BentConfig) -> None:
    config.append("environments/local.yaml", "  leftover: 1\n")
    with pytest.raises(ConfigurationError, match=r"local\.yaml:\d+: no file uses the value 'leftover'"):
        load(config.folder)


def test_values_of_a_citizen_id_that_is_left_out_may_wait_for_it(config: BentConfig) -> None:
    config.replace("environments/local.yaml", "identity_providers: [", "identity_providers: [] # [")
    assert load(config.folder).identity_providers == ()


@pytest.mark.parametrize("alias", sorted(each.stem for each in (REALM_CONFIG / "identity-providers").glob("*.yaml")))
def test_no_means_of_a_citizen_id_reaches_beyond_its_ceiling(config: BentConfig, alias: str) -> None:
    config.replace("environments/local.yaml", "identity_providers: [", f"identity_providers: [{alias}] # [")
    (provider,) = load_identity_providers(config.folder, "local", {})
    assert provider.alias == alias
    assert max(each.trust for each in provider.means) <= provider.trust_ceiling


def test_an_unknown_environment_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ConfigurationError, match="no environment 'lokal'; known: local, production"):
        load_realms(REALM_CONFIG, "lokal", ENVIRON, fetch)


def test_a_missing_file_is_named(config: BentConfig) -> None:
    (config.folder / "citizens" / "browser-flow.yaml").unlink()
    with pytest.raises(ConfigurationError, match=r"browser-flow\.yaml: this file is missing"):
        load(config.folder)


def test_an_environment_may_leave_citizen_ids_out(config: BentConfig) -> None:
    config.replace("environments/local.yaml", "identity_providers: [", "identity_providers: [] # [")
    assert load_identity_providers(config.folder, "local", {}) == []


def test_a_simulated_hub_has_one_citizen_id_and_answers_for_it() -> None:
    bundid, _voucher = load_identity_providers(REALM_CONFIG, "simulated-hub", {"KEYCLOAK_URL": "http://localhost:8123"})
    assert (bundid.alias, bundid.probe_url) == ("bundid", "http://localhost:8123/health/ready")


def test_an_environment_cannot_name_a_citizen_id_without_file(config: BentConfig) -> None:
    config.replace("environments/local.yaml", "identity_providers: [bundid", "identity_providers: [hamburg")
    with pytest.raises(ConfigurationError, match=r"local\.yaml:\d+: there is no file .*hamburg\.yaml"):
        load_identity_providers(config.folder, "local", {})


def test_citizen_ids_are_known_to_the_broker_without_any_secret() -> None:
    bundid, *_ = load_identity_providers(REALM_CONFIG, "local", {})
    assert (bundid.alias, bundid.trust_ceiling, bundid.enabled) == ("bundid", TrustLevel.HIGH, True)
    assert bundid.names.keys() == bundid.descriptions.keys() == {"de", "en", "de-leicht"}


def test_who_says_that_a_sign_out_reaches_it_is_told_by_keycloak_from_server_to_server() -> None:
    for path in sorted((REALM_CONFIG / "identity-providers").glob("*.yaml")):
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        config = content["keycloak"]["representation"]["config"] if "keycloak" in content else {}
        reached = config.get("backchannelSupported") is True and bool(config.get("singleLogoutServiceUrl") or config.get("logoutUrl"))
        assert (ProviderLogout(content["broker"]["logout"]) is ProviderLogout.SINGLE) is reached, path.name


def test_a_citizen_id_whose_file_says_nothing_of_a_logout_has_none(config: BentConfig) -> None:
    config.replace("identity-providers/bundid.yaml", "  logout: none\n", "")
    bundid, *_ = load_identity_providers(config.folder, "local", {})
    assert bundid.logout is ProviderLogout.NONE
    config.replace("identity-providers/bundid.yaml", "  position: 10\n", "  position: 10\n  logout: maybe\n")
    with pytest.raises(ConfigurationError, match=r"bundid\.yaml:\d+: 'logout' is 'maybe'; use one of none, single, needless"):
        load_identity_providers(config.folder, "local", {})


def test_a_password_at_bundid_is_basic_and_never_low() -> None:
    bundid, *_ = load_identity_providers(REALM_CONFIG, "local", {})
    assert {each.key: each.trust for each in bundid.means} == {
        "eid": TrustLevel.HIGH,
        "eidas": TrustLevel.HIGH,
        "elster": TrustLevel.SUBSTANTIAL,
        "password": TrustLevel.BASIC,
    }


def test_a_secret_that_keycloak_hides_is_accompanied_by_a_digest_that_shows_a_change(config: BentConfig) -> None:
    config.replace("identity-providers/bundid.yaml", "      akdbExtension: true", "      clientSecret: one\n      akdbExtension: true")
    before = load(config.folder).identity_providers[0].representation["config"][SECRET_DIGEST]
    config.replace("identity-providers/bundid.yaml", "clientSecret: one", "clientSecret: two")
    after = load(config.folder).identity_providers[0].representation["config"][SECRET_DIGEST]
    assert before != after
    assert "one" not in before
