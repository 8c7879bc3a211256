"""What goes over the wire to a citizen ID: what the tool in front may get, this login's level and language, nothing else (A-39, UP-12).

The requests are made by the broker's own code and pushed to a real Keycloak; a browser only carries the reference.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from broker.claim_table import load_claim_table
from broker.core.ports import UpstreamRequest
from broker.core.trust import TrustLevel
from broker.upstream.discovery import Discovery
from broker.upstream.hub_connection import HubConnection
from broker.upstream.hub_signature import HubSignature
from broker.upstream.id_token import IdTokenCheck
from broker.upstream.keycloak_login import HubClient, KeycloakLogin
from broker.upstream.logout_token import LogoutTokenCheck
from deploy.demo.keycloak_server import KeycloakServer
from tests.live.saml_hub import BUNDID, SH, Dialect, SamlHub, saml_hub
from tests.live.scratch_realm import BPK2, REDIRECT_URI
from tests.live.sign_in import SentRequest
from tests.support.realm_config import ENVIRON, REALM_CONFIG
from tests.support.saml_sp import BIRTHDATE, GIVEN_NAME, MFA, PROVED_BY, QAA, SURNAME

pytestmark = [pytest.mark.live, pytest.mark.timeout(900)]

RATES_THE_SIGN_IN = {BPK2: True, QAA: False, PROVED_BY: False, MFA: False}
CONTEXT = "{urn:oasis:names:tc:SAML:2.0:protocol}RequestedAuthnContext"


@pytest.fixture(scope="module")
def hub(keycloak: KeycloakServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SamlHub]:
    with saml_hub(keycloak, tmp_path_factory.mktemp("minimal")) as made:
        yield made


@pytest.fixture(scope="module")
def login(hub: SamlHub) -> Iterator[KeycloakLogin]:
    connection = HubConnection(deadline=60)
    discovery, table = Discovery(connection, hub.url), load_claim_table(REALM_CONFIG / "claim-table.yaml")
    client = HubClient("broker", ENVIRON["BROKER_HUB_CLIENT_SECRET"], REDIRECT_URI)
    signature = HubSignature(discovery, ("ES256",))
    checks = (kind(signature, hub.url, "broker", lambda: datetime.now(UTC)) for kind in (IdTokenCheck, LogoutTokenCheck))
    yield KeycloakLogin(client, connection, discovery, *checks, table, lambda: datetime.now(UTC))
    connection.close()


def _level(request: SentRequest) -> list[str | None]:
    asked = request.root.find(CONTEXT)
    assert asked is not None
    assert asked.get("Comparison") == "minimum"
    return [one.text for one in asked]


def _asked(hub: SamlHub, login: KeycloakLogin, wanted: UpstreamRequest, dialect: Dialect = BUNDID, edited: str = "") -> SentRequest:
    return hub.opens(dialect, login.begin(wanted).url + edited).request


def test_a_tool_for_a_pseudonym_only_leads_to_a_request_without_a_single_personal_attribute(hub: SamlHub, login: KeycloakLogin) -> None:
    request = _asked(hub, login, UpstreamRequest("bundid", TrustLevel.BASIC, "de", claims=()))
    assert request.attributes() == RATES_THE_SIGN_IN
    assert _level(request) == ["STORK-QAA-Level-1"]


def test_a_tool_is_asked_for_with_what_it_may_get(hub: SamlHub, login: KeycloakLogin) -> None:
    request = _asked(hub, login, UpstreamRequest("bundid", TrustLevel.HIGH, "en", claims=("given_name", "bp_age_over")))
    assert request.attributes() == RATES_THE_SIGN_IN | {GIVEN_NAME: False, BIRTHDATE: False}
    assert _level(request) == ["STORK-QAA-Level-4"]
    assert request.text(".//classic-ui:Lang") == "en"


@pytest.mark.parametrize(
    "edited",
    [
        f"&bp_attrs={SURNAME.removeprefix('urn:oid:')}",
        "&bp_attrs=",
        "&bp_level=1",
        "&ui_locales=uk",
        "&kc_idp_hint=sh",
        "&acr_values=urn:bp:loa:basic&scope=openid%20profile&claims=%7B%7D&prompt=none",
    ],
)
def test_up12_the_browser_cannot_edit_it(hub: SamlHub, login: KeycloakLogin, edited: str) -> None:
    request = _asked(hub, login, UpstreamRequest("bundid", TrustLevel.SUBSTANTIAL, "en", claims=("given_name",)), edited=edited)
    assert request.text("saml2:Issuer") == "https://beteiligung.demo.example"
    assert request.attributes() == RATES_THE_SIGN_IN | {GIVEN_NAME: False}
    assert _level(request) == ["STORK-QAA-Level-3"]
    assert request.text(".//classic-ui:Lang") == "en"


def test_where_a_citizen_id_cannot_select_the_rest_is_dropped_in_keycloak(hub: SamlHub, login: KeycloakLogin) -> None:
    attempt = hub.opens(SH, login.begin(UpstreamRequest("sh", TrustLevel.SUBSTANTIAL, "de", claims=())).url)
    assert _level(attempt.request) == ["http://eidas.europa.eu/LoA/substantial"]
    parameters = attempt.sign_in.answers(attempt.plan().destination, attempt.written(attempt.plan()), attempt.request.relay_state)
    assert "code" in parameters
