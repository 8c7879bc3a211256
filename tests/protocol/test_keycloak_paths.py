"""Keycloak's addresses as other names of ours, for tools that know no others (participation tools, rule 17)."""

from __future__ import annotations

import pytest

from broker.core.client import ClientStatus
from tests.support.app import ISSUER, Broker
from tests.support.browser import Browser
from tests.support.tool import Tool, answer_in

PREFIX = "/protocol/openid-connect"
BYE = "https://tool.test/bye"


@pytest.fixture
def govocal(broker: Broker) -> Tool:
    """A tool that knows Keycloak's addresses only."""
    return broker.tool("govocal", keycloak_paths=True)


def as_keycloak(url: str) -> str:
    """The same request at Keycloak's address."""
    return url.replace("/authorize", f"{PREFIX}/auth")


def posts(tool: Tool, path: str, form: dict[str, str]) -> int:
    """The status of a call of the tool's server."""
    return tool.app.test_client(use_cookies=False).post(f"{PREFIX}{path}", base_url=ISSUER, data=form, headers=tool.basic()).status_code


def test_a_whole_sign_in_and_sign_out_by_these_addresses(broker_everywhere: Broker) -> None:
    tool, browser = broker_everywhere.tool("govocal", keycloak_paths=True), broker_everywhere.browser()
    code = browser.arrives_at(as_keycloak(tool.url())).code
    server = tool.app.test_client(use_cookies=False)
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": tool.client.redirect_uris[0], "code_verifier": tool.verifier}

    answer = server.post(f"{PREFIX}/token", base_url=ISSUER, data=form, headers=tool.basic()).get_json()
    userinfo = tool.gets(f"{PREFIX}/userinfo", {"Authorization": f"Bearer {answer['access_token']}"}).get_json()

    assert tool.gets(f"{PREFIX}/certs").get_json() == tool.gets("/jwks").get_json()
    assert userinfo["sub"] == tool.verifies(answer["id_token"])["sub"]
    out = browser.opens(f"{PREFIX}/logout", query_string={"id_token_hint": answer["id_token"], "post_logout_redirect_uri": BYE})
    assert out.location == BYE
    assert browser.opens(as_keycloak(tool.url(prompt="none"))).answer["error"] == "login_required"


def test_a_proof_of_possession_names_the_address_that_is_called(broker: Broker, browser: Browser, govocal: Tool) -> None:
    """RFC 9449 4.3: `htu` is the address of the request, by whatever name it was reached."""
    prover, server = broker.prover(), govocal.app.test_client(use_cookies=False)

    def redeems(path: str) -> dict[str, str]:
        code = browser.arrives_at(as_keycloak(govocal.url())).code
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": govocal.client.redirect_uris[0]}
        headers = {**govocal.basic(), **prover.headers("POST", path)}
        form["code_verifier"] = govocal.verifier
        answer: dict[str, str] = server.post(f"{PREFIX}/token", base_url=ISSUER, data=form, headers=headers).get_json()
        return answer

    answer = redeems(f"{PREFIX}/token")
    headers = prover.headers("GET", f"{PREFIX}/userinfo", answer["access_token"])

    assert answer["token_type"] == "DPoP"
    assert "sub" in govocal.gets(f"{PREFIX}/userinfo", headers).get_json()
    assert redeems("/token")["error"] == "invalid_dpop_proof"


def test_a_form_posted_to_them_is_taken_too(browser: Browser, govocal: Tool) -> None:
    browser.arrives(govocal)

    assert "code" in browser.posts(f"{PREFIX}/auth", govocal.parameters()).answer
    assert 'id="logout-confirm"' in browser.posts(f"{PREFIX}/logout", {"client_id": "govocal", "ui_locales": "en"}).text


def test_errors_are_those_of_our_own_addresses(broker: Broker, browser: Browser, govocal: Tool) -> None:
    assert browser.opens(as_keycloak(govocal.url(redirect_uri="https://evil.test/"))).response.status_code == 400
    assert browser.opens(as_keycloak(govocal.url(response_type="token"))).answer["error"] == "unsupported_response_type"
    assert browser.opens(f"{PREFIX}/logout", query_string={"id_token_hint": "a.b.c"}).response.status_code == 400
    wrong = govocal.app.test_client().post(f"{PREFIX}/token", base_url=ISSUER, data={"grant_type": "authorization_code"})
    assert (wrong.status_code, wrong.get_json()["error"]) == (401, "invalid_client")
    refused = govocal.gets(f"{PREFIX}/userinfo", {"Authorization": "Bearer x"})
    assert (refused.status_code, refused.get_json()["error"]) == (401, "invalid_token")


def test_without_such_a_tool_they_do_not_exist(broker: Broker, browser: Browser, tool: Tool) -> None:
    broker.tool("gone", keycloak_paths=True, status=ClientStatus.SUSPENDED)

    assert browser.opens(as_keycloak(tool.url())).response.status_code == 404
    assert browser.opens(f"{PREFIX}/logout").response.status_code == 404
    assert tool.gets(f"{PREFIX}/certs").status_code == 404
    assert tool.gets(f"{PREFIX}/userinfo").status_code == 404
    assert posts(tool, "/token", {"grant_type": "authorization_code"}) == 404


def test_a_tool_without_the_switch_is_not_led_in_or_out_by_them(browser: Browser, govocal: Tool, tool: Tool) -> None:
    assert browser.opens(as_keycloak(tool.url())).response.status_code == 404
    assert browser.posts(f"{PREFIX}/auth", tool.parameters()).response.status_code == 404
    for query in ({"client_id": "karte"}, {}, {"state": "x"}):
        assert browser.opens(f"{PREFIX}/logout", query_string=query).response.status_code == 404


def test_a_11_scripts_may_read_what_machines_may_and_never_the_pages(govocal: Tool) -> None:
    origin = {"Origin": "https://tool.test"}
    for path in ("/certs", "/userinfo"):
        assert govocal.gets(f"{PREFIX}{path}", origin).headers["Access-Control-Allow-Origin"] == "https://tool.test"
    assert "Access-Control-Allow-Origin" not in govocal.gets(f"{PREFIX}/auth", origin).headers


def test_ru_16_looking_by_head_spends_nothing(browser: Browser, govocal: Tool) -> None:
    browser.arrives(govocal)

    assert browser.client.head(as_keycloak(govocal.url()), base_url=ISSUER).status_code == 405
    assert browser.client.head("/logout", base_url=ISSUER).status_code == 405


def test_a_form_from_another_sites_page_comes_again_with_the_cookies(govocal: Tool) -> None:
    stranger = govocal.app.test_client(use_cookies=False)

    location = stranger.post(f"{PREFIX}/auth", base_url=ISSUER, data=govocal.parameters()).headers["Location"]

    assert location.startswith("/authorize?")
    assert answer_in(location)["client_id"] == "govocal"
