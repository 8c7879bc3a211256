"""Codes and tokens bound to a key ahead of time, by a proof at `/par` or `dpop_jkt`, or to a certificate (RFC 9449 10, RFC 8705 3)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import quote

import jwt
import pytest

from broker.core.client_policy import AuthMethod, GrantType, TokenPolicy
from tests.protocol.test_dpop import refused
from tests.support.app import Broker, start
from tests.support.browser import Browser
from tests.support.certificates import Certified, certified, named
from tests.support.clock import Clock
from tests.support.tool import Tool


@pytest.fixture
def proving(broker: Broker, tool: Tool) -> Tool:
    """A tool whose calls carry proofs."""
    tool.prover = broker.prover()
    return tool


@pytest.mark.parametrize("way", ["proof when pushed", "dpop_jkt when pushed", "dpop_jkt", "both when pushed"])
def test_a_key_that_was_announced_redeems_the_code(broker: Broker, browser: Browser, tool: Tool, way: str) -> None:
    code = browser.arrives_at(_announces(broker, tool, way)).code

    answer = tool.redeems(code).get_json()

    assert answer["token_type"] == "DPoP"
    assert tool.asks_userinfo(answer["access_token"]).status_code == 200


@pytest.mark.parametrize("way", ["proof when pushed", "dpop_jkt when pushed", "dpop_jkt"])
@pytest.mark.parametrize("other", ["another key", "no key"])
def test_any_other_key_and_none_are_refused_and_burn_the_code(broker: Broker, browser: Browser, tool: Tool, way: str, other: str) -> None:
    code = browser.arrives_at(_announces(broker, tool, way)).code
    own, tool.prover = tool.prover, broker.prover() if other == "another key" else None

    assert refused(tool.redeems(code), "invalid_grant")
    tool.prover = own
    assert refused(tool.redeems(code), "invalid_grant")


def _announces(broker: Broker, tool: Tool, way: str) -> str:
    """The address of a request that announces the tool's new key in this way."""
    prover = broker.prover()
    if way == "dpop_jkt":
        url = tool.url(dpop_jkt=prover.thumbprint)
    elif way == "dpop_jkt when pushed":
        url = tool.pushed_url(dpop_jkt=prover.thumbprint)
    else:
        tool.prover = prover
        url = tool.pushed_url(**({"dpop_jkt": prover.thumbprint} if way.startswith("both") else {}))
    tool.prover = prover
    return url


def test_two_announcements_that_disagree_are_refused(broker: Broker, proving: Tool) -> None:
    assert refused(proving.pushes(dpop_jkt=broker.prover().thumbprint))


def test_a_proof_for_another_endpoint_or_shown_twice_is_refused_when_pushed(proving: Tool) -> None:
    assert proving.prover is not None
    proof = proving.prover.headers("POST", "/par")

    assert refused(proving.pushes(proving.prover.headers("POST", "/token")))
    assert proving.pushes(proof).status_code == 201
    assert refused(proving.pushes(proof))


def test_our_nonce_is_demanded_when_pushed(broker: Broker, browser: Browser) -> None:
    tool = broker.tool(tokens=TokenPolicy(dpop_bound=True, dpop_nonce=True))
    tool.prover = broker.prover()

    told = tool.pushes()
    assert refused(told, "use_dpop_nonce")

    tool.prover.nonce = told.headers["DPoP-Nonce"]
    again = tool.pushes()
    assert again.status_code == 201
    assert again.headers["DPoP-Nonce"]
    assert tool.redeems(browser.arrives_at(tool.pushed_url()).code).get_json()["token_type"] == "DPoP"


def test_a_client_held_to_fapi_gets_no_token_without_a_proof(broker: Broker, browser: Browser) -> None:
    tool = broker.tool(fapi=True, id_token_alg="ES256")
    code = browser.arrives_at(tool.pushed_url()).code

    assert refused(tool.redeems(code), "invalid_request")
    tool.prover = broker.prover()
    assert tool.redeems(code).get_json()["token_type"] == "DPoP"


# --- refreshing ---------------------------------------------------------------------------------------------------------------------------

REFRESHING = TokenPolicy(grant_types=(GrantType.AUTHORIZATION_CODE, GrantType.REFRESH_TOKEN), refresh_with_session=True)


@pytest.mark.parametrize("auth_method", [AuthMethod.ANY_SECRET, AuthMethod.NONE])
def test_a_refresh_token_needs_the_key_of_its_grant(broker: Broker, browser: Browser, auth_method: AuthMethod) -> None:
    """A thief of the refresh token gets nothing and ends nothing; the tool goes on with its key."""
    tool = broker.tool(tokens=REFRESHING, auth_method=auth_method)
    own = tool.prover = broker.prover()
    kept = tool.redeems(browser.arrives(tool).code).get_json()["refresh_token"]

    for other in (broker.prover(), None):
        tool.prover = other
        assert refused(tool.refreshes(kept), "invalid_grant")
    tool.prover = own
    answer = tool.refreshes(kept).get_json()
    assert answer["token_type"] == "DPoP"
    assert tool.asks_userinfo(answer["access_token"]).status_code == 200
    tool.prover = None
    assert refused(tool.asks_userinfo(answer["access_token"]), "invalid_token", 401)


def test_a_bad_proof_uses_no_refresh_token_up(broker: Broker, browser: Browser) -> None:
    tool = broker.tool(tokens=replace(REFRESHING, dpop_bound=True))
    tool.prover = broker.prover()
    kept = tool.redeems(browser.arrives(tool).code).get_json()["refresh_token"]
    form = {"grant_type": "refresh_token", "refresh_token": kept}

    assert refused(tool.calls_token(form, {**tool.basic(), "DPoP": "nonsense"}))
    broker.clock.advance(seconds=30)
    assert tool.refreshes(kept).status_code == 200


def test_a_tool_that_begins_to_prove_gets_bound_tokens_from_then_on(broker: Broker, browser: Browser) -> None:
    tool = broker.tool(tokens=REFRESHING)
    kept = tool.redeems(browser.arrives(tool).code).get_json()["refresh_token"]
    tool.prover = broker.prover()

    answer = tool.refreshes(kept).get_json()

    assert answer["token_type"] == "DPoP"
    assert tool.asks_userinfo(answer["access_token"]).status_code == 200


def test_a_client_held_to_fapi_keeps_its_bound_refresh_token(broker: Broker, browser: Browser) -> None:
    tool = broker.tool(tokens=REFRESHING, fapi=True, id_token_alg="ES256")
    tool.prover = broker.prover()
    kept = tool.redeems(browser.arrives_at(tool.pushed_url()).code).get_json()["refresh_token"]

    for _ in range(2):
        broker.clock.advance(minutes=1)
        answer = tool.refreshes(kept).get_json()
        assert "refresh_token" not in answer
        assert tool.asks_userinfo(answer["access_token"]).status_code == 200


# --- what APIs learn ------------------------------------------------------------------------------------------------------------------

API = "https://api.test/v1"


@pytest.mark.parametrize("as_jwt", [False, True])
def test_an_api_learns_which_key_a_token_is_bound_to(broker: Broker, browser: Browser, as_jwt: bool) -> None:
    """RFC 9449 6: `cnf.jkt` in a JWT and in introspection, so that the API can ask for the proof."""
    api = broker.tool("api", tokens=TokenPolicy(resource=API))
    tool = broker.tool(tokens=TokenPolicy(resources=(API,), access_token_jwt=as_jwt))
    tool.prover = broker.prover()

    token = tool.redeems(browser.arrives(tool, resource=API).code).get_json()["access_token"]

    told = api.introspects(token)
    assert (told["token_type"], told["cnf"]) == ("DPoP", {"jkt": tool.prover.thumbprint})
    if as_jwt:
        assert jwt.decode(token, options={"verify_signature": False})["cnf"] == {"jkt": tool.prover.thumbprint}


def test_a_bound_jwt_needs_its_proof_at_userinfo(broker: Broker, browser: Browser) -> None:
    tool = broker.tool(tokens=TokenPolicy(access_token_jwt=True))
    tool.prover = broker.prover()
    token = tool.redeems(browser.arrives(tool).code).get_json()["access_token"]

    assert tool.asks_userinfo(token).status_code == 200
    tool.prover = broker.prover()
    assert refused(tool.asks_userinfo(token), "invalid_token", 401)
    tool.prover = None
    assert refused(tool.asks_userinfo(token), "invalid_token", 401)


# --- certificates -----------------------------------------------------------------------------------------------------------------------

HEADER = "X-Client-Certificate"


@pytest.fixture
def behind_proxy(sqlite_url: str, clock: Clock) -> Iterator[Broker]:
    """A broker whose proxy passes TLS client certificates on."""
    broker = start(sqlite_url, "fake://", clock, client_certificate_header=HEADER)
    yield broker
    broker.parts.stores.redis.close()
    broker.parts.stores.database.dispose()


def as_nginx_says(shown: Certified) -> dict[str, str]:
    return {HEADER: quote(shown.pem)}


def test_a_token_is_bound_to_the_certificate_it_was_fetched_with(behind_proxy: Broker) -> None:
    own, other = certified(named(COMMON_NAME="tool")), certified(named(COMMON_NAME="tool"))
    tool = behind_proxy.tool(tokens=TokenPolicy(certificate_bound=True))
    tool.proxied = as_nginx_says(own)

    answer = tool.redeems(behind_proxy.browser().arrives(tool).code).get_json()

    assert answer["token_type"] == "Bearer", "RFC 8705 3: presented as any bearer token, over TLS with the certificate"
    assert tool.asks_userinfo(answer["access_token"]).status_code == 200
    for proxied in (as_nginx_says(other), {HEADER: "nonsense"}, {HEADER: ""}, {}):
        tool.proxied = proxied
        stolen = tool.asks_userinfo(answer["access_token"])
        assert refused(stolen, "invalid_token", 401)
        assert stolen.headers["WWW-Authenticate"].startswith('Bearer realm="userinfo", error="invalid_token"')


def test_without_a_certificate_there_is_no_such_token_and_the_code_lives(behind_proxy: Broker) -> None:
    tool = behind_proxy.tool(tokens=TokenPolicy(certificate_bound=True))
    code = behind_proxy.browser().arrives(tool).code

    assert refused(tool.redeems(code), "invalid_request")
    tool.prover = behind_proxy.prover()
    assert refused(tool.redeems(code))
    tool.prover, tool.proxied = None, as_nginx_says(certified(named(COMMON_NAME="tool")))
    assert tool.redeems(code).status_code == 200


def test_a_certificate_is_believed_only_where_a_proxy_is_configured(broker: Broker, browser: Browser) -> None:
    tool = broker.tool(tokens=TokenPolicy(certificate_bound=True))
    tool.proxied = as_nginx_says(certified(named(COMMON_NAME="tool")))

    assert refused(tool.redeems(browser.arrives(tool).code), "invalid_request")


@pytest.mark.parametrize(("scene", "bind"), [("broker", False), ("behind_proxy", True)])
def test_discovery_says_whether_certificates_bind(request: pytest.FixtureRequest, scene: str, bind: bool) -> None:
    document = request.getfixturevalue(scene).tool().gets("/.well-known/openid-configuration").get_json()

    assert document["tls_client_certificate_bound_access_tokens"] is bind


def test_a_client_held_to_fapi_may_use_a_certificate_instead_of_a_proof(behind_proxy: Broker) -> None:
    tool = behind_proxy.tool(fapi=True, id_token_alg="ES256")
    tool.proxied = as_nginx_says(certified(named(COMMON_NAME="tool")))

    token = tool.redeems(behind_proxy.browser().arrives_at(tool.pushed_url()).code).get_json()["access_token"]

    assert tool.asks_userinfo(token).status_code == 200
    tool.proxied = {}
    assert refused(tool.asks_userinfo(token), "invalid_token", 401)
