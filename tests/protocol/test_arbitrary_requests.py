"""Whatever is sent to `/authorize` and `/par`: never our fault (5xx), never a way to an unregistered address (A-02, RU-02, RU-15)."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from broker.oidc.request_limits import LIMITS
from tests.support.app import ISSUER, Broker
from tests.support.browser import Browser
from tests.support.request_object import RequestSigner, request_signer
from tests.support.tool import Tool

REGISTERED = "https://tool.test/callback"
NAMES = st.sampled_from([*LIMITS, "client_secret", "client_assertion", "next", "RelayState", "lang", "unknown"])
WORDS = st.sampled_from(
    [
        "",
        "none",
        "login consent",
        "code",
        "token",
        "form_post",
        "jwt",
        "openid profile",
        "S256",
        "0",
        "-1",
        "1e9",
        "{}",
        '{"id_token":{"acr":{"essential":true,"values":["x",1,null]}}}',
        "https://evil.test/",
        "//evil.test",
        "javascript:alert(1)",
        f"{REGISTERED}/../x",
        f"{REGISTERED}?x=1",
        "urn:ietf:params:oauth:request_uri:x",
        "e30.e30.e30",
        "a\r\nSet-Cookie: x=1",
        "\x00",
        "x" * 5000,
    ]
)
VALUES = st.one_of(WORDS, st.text(max_size=40), st.text(alphabet="%<>\"'&+#/\\:@.\t\u2028\ud800", max_size=20))
CHANGES = st.lists(st.tuples(NAMES, VALUES), max_size=6)
KEPT = st.sets(st.sampled_from(["client_id", "redirect_uri", "response_type", "scope", "code_challenge", "code_challenge_method", "state"]))
SETTINGS = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def query(tool: Tool, kept: set[str], changes: list[tuple[str, str]]) -> str:
    """A request of which some parameters are right; doubled ones and what is no UTF-8 are sent as they are."""
    right = [(name, value) for name, value in tool.parameters().items() if name in kept]
    return urlencode([*right, *changes], errors="surrogatepass", quote_via=quote)


def harmless(response: TestResponse) -> bool:
    """No fault of ours, and no way but to ourselves or to the registered address."""
    location = response.headers.get("Location", "")
    assert response.status_code < 500, response.status
    assert not location or location.startswith((f"{REGISTERED}?", "/continue/", "/authorize?")), location
    assert "Set-Cookie: x" not in str(response.headers)
    return True


@SETTINGS
@given(kept=KEPT, changes=CHANGES, signed_in=st.booleans(), method=st.sampled_from(["GET", "POST"]))
def test_ru_02_07_15_arbitrary_parameters_lead_nowhere_else(
    broker: Broker, browser: Browser, tool: Tool, kept: set[str], changes: list[tuple[str, str]], signed_in: bool, method: str
) -> None:
    client = browser.client if signed_in else broker.app.test_client(use_cookies=False)
    sent = query(tool, kept, changes)

    if method == "GET":
        response = client.get(f"/authorize?{sent}", base_url=ISSUER)
    else:
        response = client.post("/authorize", base_url=ISSUER, data=sent, content_type="application/x-www-form-urlencoded")

    assert harmless(response)
    if {name for name, _ in changes} & {"redirect_uri", "client_id"} or not {"redirect_uri", "client_id"} <= kept:
        wrong = [value for name, value in changes if name == "redirect_uri" and value not in ("", REGISTERED)]
        assert not (wrong and response.headers.get("Location", "").startswith(REGISTERED)), "with a wrong redirect_uri there is no redirect"


@SETTINGS
@given(kept=KEPT, changes=CHANGES)
def test_arbitrary_pushed_parameters_are_answered_in_json(
    broker: Broker, tool: Tool, kept: set[str], changes: list[tuple[str, str]]
) -> None:
    client = broker.app.test_client(use_cookies=False)

    response = client.post(
        "/par", base_url=ISSUER, data=query(tool, kept, changes), headers=tool.basic(), content_type="application/x-www-form-urlencoded"
    )

    assert response.status_code in (201, 400, 401, 403)
    assert ("request_uri" in response.get_json()) == (response.status_code == 201)


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), VALUES.filter(lambda text: "\ud800" not in text)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=5,
)
MEMBERS = st.dictionaries(st.one_of(NAMES, st.sampled_from(["iss", "aud", "exp", "nbf", "iat", "sub", "jti"])), JSON, max_size=4)


@SETTINGS
@given(changes=MEMBERS)
def test_arbitrary_members_of_a_signed_request_lead_nowhere_else(broker: Broker, browser: Browser, changes: dict[str, object]) -> None:
    known = broker.parts.stores.clients.find("signer")
    signer = request_signer(broker) if known is None else RequestSigner(broker, Tool(broker.app, ISSUER, known, ""))

    assert harmless(browser.client.get(signer.url(signer.signed(**changes)), base_url=ISSUER))
