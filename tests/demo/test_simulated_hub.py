"""The simulated hub keeps the hub contract (keycloak.md 4, 7, 8, 13): what the broker relies on at Keycloak holds here too."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from flask.testing import FlaskClient

from deploy.demo.hub.settings import HubSettings
from deploy.demo.hub.site import create_hub
from tests.support.clock import Clock

BASE = "http://localhost:8080"
REALM = "/realms/citizens"
PROTOCOL = f"{REALM}/protocol/openid-connect"
CALLBACK = "http://localhost:8000/callback"
GOODBYE = "http://localhost:8000/signed-out"
SECRET = "a secret of the broker"
VERIFIER = "v" * 64
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
BPK2 = "urn:oid:1.3.6.1.4.1.25484.494450.3"


@dataclass
class Broker:
    """The broker's and the citizen's moves at the hub."""

    client: FlaskClient

    def asks(self, **changed: str | None) -> str:
        """Goes to the authorization endpoint; where the hub sends the browser."""
        asked: dict[str, str | None] = {
            "client_id": "broker", "redirect_uri": CALLBACK, "response_type": "code", "scope": "openid", "state": "s1", "nonce": "n1",
            "code_challenge": CHALLENGE, "code_challenge_method": "S256", "kc_idp_hint": "bundid", "prompt": "login",
        }  # fmt: skip
        sent = {name: value for name, value in (asked | changed).items() if value is not None}
        return self.client.get(f"{PROTOCOL}/auth", query_string=sent).location or ""

    def identifies(self, page: str, means: str = "eid", person: str = "erika") -> dict[str, str]:
        """Chooses and confirms; the parameters of the answer."""
        path = urlsplit(page).path
        self.client.post(f"{path}/{means}", data={"account": person})
        return answer_of(self.client.post(f"{path}/confirm").location)

    def redeems(self, code: str, **changed: str) -> dict[str, str]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": CALLBACK,
            "code_verifier": VERIFIER,
            "client_id": "broker",
        }
        answer = self.client.post(f"{PROTOCOL}/token", data={**form, "client_secret": SECRET, **changed})
        body: dict[str, str] = answer.get_json()
        return body

    def signs_in(self, **changed: str) -> dict[str, object]:
        """The checked claims of a whole sign-in."""
        return self.checked(self.redeems(self.identifies(self.asks(**changed))["code"])["id_token"])

    def checked(self, id_token: str) -> dict[str, object]:
        keys = jwt.PyJWKSet.from_dict(self.client.get(f"{PROTOCOL}/certs").get_json())
        key = keys[jwt.get_unverified_header(id_token)["kid"]]
        now_is_injected = {"verify_exp": False, "verify_iat": False, "verify_nbf": False}
        return jwt.decode(id_token, key, algorithms=["ES256"], audience="broker", issuer=BASE + REALM, options=now_is_injected)


def answer_of(location: str | None) -> dict[str, str]:
    assert location is not None
    assert location.startswith(f"{CALLBACK}?")
    return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}


@pytest.fixture
def broker(clock: Clock) -> Broker:
    return Broker(create_hub(HubSettings(BASE, SECRET, CALLBACK, (GOODBYE,), now=clock)).test_client())


def test_id_token_has_the_shape_of_the_realms(broker: Broker, clock: Clock) -> None:
    claims = broker.signs_in()
    assert claims["up_idp"] == "bundid"
    assert claims["nonce"] == "n1"
    assert claims["auth_time"] == int(clock().timestamp())
    assert claims["sub"] == f"lightweight-{claims['sid']}"
    upstream = claims["upstream"]
    assert isinstance(upstream, dict)
    assert upstream["authn_context"] == "STORK-QAA-Level-4"
    assert upstream["attributes"]["urn:oid:2.5.4.4"] == {"t": "HOCH", "v": ["MUSTERMANN"]}
    assert upstream["attributes"][BPK2] == {"t": "NORMAL", "v": [claims["up_principal"]]}


def test_the_principal_is_the_same_at_each_sign_in_and_the_session_is_not(broker: Broker) -> None:
    first, second = broker.signs_in(), broker.signs_in()
    assert first["up_principal"] == second["up_principal"]
    assert first["sid"] != second["sid"]


def test_only_the_named_attributes_come_back_and_none_outside_the_list(broker: Broker) -> None:
    claims = broker.signs_in(bp_attrs="2.5.4.42 1.3.6.1.5.5.7.9.2")
    upstream = claims["upstream"]
    assert isinstance(upstream, dict)
    assert upstream["attributes"].keys() == {"urn:oid:2.5.4.42", BPK2}


@pytest.mark.parametrize("changed", [{"client_id": "other"}, {"redirect_uri": "http://localhost:8000/callback2"}, {"redirect_uri": None}])
def test_a_wrong_client_or_address_ends_on_a_page(broker: Broker, changed: dict[str, str | None]) -> None:
    assert broker.asks(**changed) == ""


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"prompt": "none"}, "login_required"),
        ({"kc_idp_hint": "unknown"}, "access_denied"),
    ],
    ids=str,
)
def test_errors_come_back_with_state_and_iss(broker: Broker, changed: dict[str, str | None], error: str) -> None:
    answer = answer_of(broker.asks(**changed))
    assert (answer["error"], answer["state"], answer["iss"]) == (error, "s1", BASE + REALM)


def test_cancelling_is_access_denied(broker: Broker) -> None:
    page = urlsplit(broker.asks()).path
    assert answer_of(broker.client.post(f"{page}/cancel").location)["error"] == "access_denied"


def test_a_session_answers_silently_whatever_the_hint_and_login_asks_again(broker: Broker) -> None:
    broker.signs_in()
    assert "code" in answer_of(broker.asks(prompt="none", kc_idp_hint="another"))
    assert "/sign-in/" in broker.asks(prompt="login")


def test_a_code_works_once(broker: Broker) -> None:
    code = broker.identifies(broker.asks())["code"]
    assert "id_token" in broker.redeems(code)
    assert broker.redeems(code)["error"] == "invalid_grant"


def test_a_code_dies_after_a_minute(broker: Broker, clock: Clock) -> None:
    code = broker.identifies(broker.asks())["code"]
    clock.advance(seconds=61)
    assert broker.redeems(code)["error"] == "invalid_grant"


@pytest.mark.parametrize("changed", [{"code_verifier": "w" * 64}, {"redirect_uri": GOODBYE}, {"client_secret": "wrong"}], ids=str)
def test_a_code_is_only_for_who_began(broker: Broker, changed: dict[str, str]) -> None:
    assert broker.redeems(broker.identifies(broker.asks())["code"], **changed)["error"] in {"invalid_grant", "unauthorized_client"}


def test_pushed_parameters_stand_for_the_request(broker: Broker) -> None:
    form = {
        "client_id": "broker", "client_secret": SECRET, "redirect_uri": CALLBACK, "response_type": "code", "scope": "openid", "state": "s2",
        "nonce": "n2", "code_challenge": CHALLENGE, "code_challenge_method": "S256", "kc_idp_hint": "bundid", "prompt": "login",
    }  # fmt: skip
    pushed = broker.client.post(f"{PROTOCOL}/ext/par/request", data=form)
    assert pushed.status_code == 201
    page = broker.client.get(f"{PROTOCOL}/auth", query_string={"client_id": "broker", "request_uri": pushed.get_json()["request_uri"]})
    answer = broker.identifies(page.location)
    assert answer["state"] == "s2"
    assert broker.checked(broker.redeems(answer["code"])["id_token"])["nonce"] == "n2"


def test_pushing_needs_the_secret(broker: Broker) -> None:
    form = {"client_id": "broker", "client_secret": "wrong", "redirect_uri": CALLBACK}
    assert broker.client.post(f"{PROTOCOL}/ext/par/request", data=form).status_code == 401


def test_logout_with_an_id_token_ends_the_session_from_server_to_server(broker: Broker, clock: Clock) -> None:
    id_token = broker.redeems(broker.identifies(broker.asks())["code"])["id_token"]
    clock.advance(minutes=10)
    server = broker.client.application.test_client(use_cookies=False)
    left = server.get(f"{PROTOCOL}/logout", query_string={"id_token_hint": id_token, "post_logout_redirect_uri": GOODBYE, "state": "bye"})
    assert left.location == f"{GOODBYE}?state=bye"
    assert answer_of(broker.asks(prompt="none"))["error"] == "login_required"


def test_logout_without_an_id_token_of_ours_ends_nothing(broker: Broker) -> None:
    broker.signs_in()
    broker.client.get(f"{PROTOCOL}/logout", query_string={"client_id": "broker", "id_token_hint": "e30.e30.x"})
    assert "code" in answer_of(broker.asks(prompt="none"))


def test_means_below_the_asked_level_are_not_offered(broker: Broker) -> None:
    page = broker.client.get(urlsplit(broker.asks(acr_values="http://eidas.europa.eu/LoA/high")).path).get_data(as_text=True)
    assert 'id="means-eid"' in page
    assert 'id="means-password"' not in page


def test_every_page_says_that_it_is_a_simulation(broker: Broker) -> None:
    path = urlsplit(broker.asks()).path
    broker.client.post(f"{path}/eid", data={"account": "erika"})
    for page in (path, f"{path}/eid", f"{path}/review", f"{PROTOCOL}/logout"):
        assert "SIMULATION" in broker.client.get(page).get_data(as_text=True), page
