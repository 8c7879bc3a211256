"""The demo tools are relying parties done properly: they send what they must, refuse what does not hold, and explain every ending."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from lxml import html

from deploy.demo.tools.settings import CLIENT_IDS, SCOPES, ToolSettings
from deploy.demo.tools.site import create_tool
from tests.demo.stub_broker import StubBroker, running

HIGH = "http://eidas.europa.eu/LoA/high"


@pytest.fixture
def broker() -> Iterator[StubBroker]:
    with running(StubBroker()) as stub:
        yield stub


@pytest.fixture(params=["karte", "haushalt"])
def tool(request: pytest.FixtureRequest, broker: StubBroker) -> FlaskClient:
    return make(request.param, broker)


@pytest.fixture
def karte(broker: StubBroker) -> FlaskClient:
    return make("karte", broker)


def make(key: str, broker: StubBroker) -> FlaskClient:
    settings = ToolSettings(
        key, CLIENT_IDS[key], SCOPES[key], broker.issuer, "http://localhost", client_secret="tool-secret", session_secret="0" * 32
    )
    return create_tool(settings).test_client()


def begin(tool: FlaskClient, broker: StubBroker, query: str = "") -> dict[str, str]:
    """Goes to the broker; the answer that would come back."""
    return broker.receives(tool.get(f"/login{query}").location)


def sign_in(tool: FlaskClient, broker: StubBroker) -> str:
    answered = tool.get("/callback", query_string=begin(tool, broker))
    assert answered.location == "/received"
    return tool.get("/received").get_data(as_text=True)


def error_shown(page: str) -> str:
    return html.document_fromstring(page).get_element_by_id("error").text_content()


def test_the_request_has_pkce_nonce_state_and_the_tools_scope(tool: FlaskClient, broker: StubBroker) -> None:
    begin(tool, broker)
    sent = broker.authorization
    assert sent["response_type"] == "code"
    assert sent["code_challenge_method"] == "S256"
    assert len(sent["nonce"]) >= 20
    assert len(sent["state"]) >= 20
    assert SCOPES[{one: key for key, one in CLIENT_IDS.items()}[sent["client_id"]]] == sent["scope"]
    assert "claims" not in sent


def test_the_page_shows_what_was_received(tool: FlaskClient, broker: StubBroker) -> None:
    page = sign_in(tool, broker)
    shown = {row.get("data-claim"): row for row in html.document_fromstring(page).xpath("//*[@data-claim]")}
    assert shown["name"].text_content() == "ERIKA MUSTERMANN"
    assert shown["acr"].text_content().strip() == "hoch"
    assert json.loads(shown["acr"].get("data-value")) == HIGH
    assert shown["email_verified"].text_content().strip() == "nein"
    assert broker.tokens_asked[0]["code_verifier"]


def test_values_are_never_markup(karte: FlaskClient, broker: StubBroker) -> None:
    broker.userinfo["name"] = "<script>alert('x')</script>\"'"
    page = sign_in(karte, broker)
    assert "<script" not in page
    assert html.document_fromstring(page).xpath("//*[@data-claim='name']")[0].text_content() == broker.userinfo["name"]


def test_level_high_is_asked_as_essential_and_checked_on_return(karte: FlaskClient, broker: StubBroker) -> None:
    answer = begin(karte, broker, "?level=high")
    assert json.loads(broker.authorization["claims"])["id_token"]["acr"] == {"essential": True, "value": HIGH}
    broker.claims["acr"] = "urn:bp:loa:basic"
    refused = karte.get("/callback", query_string=answer)
    assert error_shown(refused.get_data(as_text=True)) == "unmet_authentication_requirements"
    assert karte.get("/received").location == "/"


@pytest.mark.parametrize(
    "error", ["access_denied", "unmet_authentication_requirements", "login_required", "temporarily_unavailable", "something_new"]
)
def test_every_error_has_a_readable_page(karte: FlaskClient, broker: StubBroker, error: str) -> None:
    answer = begin(karte, broker)
    page = karte.get("/callback", query_string={"error": error, "state": answer["state"], "iss": answer["iss"]})
    assert page.status_code == 400
    text = page.get_data(as_text=True)
    assert error_shown(text) == error
    assert len(html.document_fromstring(text).xpath("string(//h1)")) > 20


@pytest.mark.parametrize(("name", "value", "told"), [("iss", "https://other.example", "wrong_issuer"), ("state", "foreign", "wrong_state")])
@pytest.mark.parametrize("kind", ["code", "error"])
def test_an_answer_of_somebody_else_is_refused_before_any_token_call(
    karte: FlaskClient, broker: StubBroker, name: str, value: str, told: str, kind: str
) -> None:
    answer = begin(karte, broker) | {name: value} | ({"error": "access_denied"} if kind == "error" else {})
    page = karte.get("/callback", query_string=answer)
    assert error_shown(page.get_data(as_text=True)) == told
    assert broker.tokens_asked == []


@pytest.mark.parametrize("bent", [{"nonce": "other"}, {"aud": "other"}, {"iss": "https://other.example"}, {"exp": 1}])
def test_an_id_token_that_does_not_hold_makes_no_session(karte: FlaskClient, broker: StubBroker, bent: dict[str, object]) -> None:
    answer = begin(karte, broker)
    broker.claims |= bent
    page = karte.get("/callback", query_string=answer)
    assert error_shown(page.get_data(as_text=True)) == "invalid_token"
    assert karte.get("/received").location == "/"


def test_userinfo_of_another_person_makes_no_session(karte: FlaskClient, broker: StubBroker) -> None:
    broker.userinfo["sub"] = "citizen-2"
    page = karte.get("/callback", query_string=begin(karte, broker))
    assert error_shown(page.get_data(as_text=True)) == "invalid_token"


def test_signing_out_goes_on_to_the_broker_with_the_id_token(tool: FlaskClient, broker: StubBroker) -> None:
    sign_in(tool, broker)
    away = tool.post("/logout").location
    assert away.startswith(f"{broker.issuer}/logout?id_token_hint=")
    assert "post_logout_redirect_uri=http%3A%2F%2Flocalhost%2Fsigned-out" in away
    assert tool.get("/received").location == "/"


def test_a_logout_token_ends_the_session(tool: FlaskClient, broker: StubBroker) -> None:
    sign_in(tool, broker)
    token = broker.logout_token(broker.authorization["client_id"])
    assert tool.post("/backchannel-logout", data={"logout_token": token}).status_code == 200
    assert tool.get("/received").location == "/"
    assert tool.post("/backchannel-logout", data={"logout_token": token}).status_code == 400, "a second use"


def test_a_logout_token_of_another_session_ends_nothing(karte: FlaskClient, broker: StubBroker) -> None:
    sign_in(karte, broker)
    karte.post("/backchannel-logout", data={"logout_token": broker.logout_token("mitmachkarte", sid="sid-2")})
    assert karte.get("/received").status_code == 200


@pytest.mark.parametrize(
    "bent",
    [
        {"iss": "https://other.example"},
        {"aud": "other"},
        {"exp": 1},
        {"jti": None},
        {"events": {}},
        {"nonce": "n"},
        {"sid": None},
        {"typ": "JWT"},
    ],
    ids=str,
)
def test_a_logout_token_that_breaks_a_rule_is_refused(karte: FlaskClient, broker: StubBroker, bent: dict[str, object]) -> None:
    sign_in(karte, broker)
    answer = karte.post("/backchannel-logout", data={"logout_token": broker.logout_token("mitmachkarte", **bent)})
    assert answer.status_code == 400
    assert karte.get("/received").status_code == 200


def test_a_logout_token_signed_by_a_stranger_is_refused(karte: FlaskClient, broker: StubBroker) -> None:
    sign_in(karte, broker)
    stranger = StubBroker(issuer=broker.issuer)
    answer = karte.post("/backchannel-logout", data={"logout_token": stranger.logout_token("mitmachkarte")})
    assert answer.status_code == 400
    assert karte.get("/received").status_code == 200


def test_both_tools_on_one_host_keep_their_cookies_apart(broker: StubBroker) -> None:
    cookies = {make(key, broker).get("/login").headers["Set-Cookie"].split("=")[0] for key in CLIENT_IDS}
    assert cookies == {"mitmachkarte_session", "buergerhaushalt_session"}


def test_pages_allow_no_script_and_no_foreign_source(tool: FlaskClient) -> None:
    for path in ("/", "/signed-out"):
        policy = tool.get(path).headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "script-src" not in policy
