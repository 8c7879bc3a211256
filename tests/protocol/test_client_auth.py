"""Clients at the token endpoint (RFC 6749 2.3; A-07, CL-01, CL-06, CL-08, CL-09)."""

from __future__ import annotations

import base64
from time import thread_time

import pytest
from werkzeug.test import TestResponse

from broker.core.client import ClientStatus
from broker.core.client_policy import AuthMethod
from tests.support.app import Broker
from tests.support.browser import Browser
from tests.support.tool import Tool


def form(tool: Tool, code: str, **more: str) -> dict[str, str]:
    """A redemption without any client authentication."""
    redirect_uri = tool.client.redirect_uris[0]
    return {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri, "code_verifier": tool.verifier, **more}


def header(credentials: str) -> dict[str, str]:
    """A Basic header of anything."""
    return {"Authorization": f"Basic {base64.b64encode(credentials.encode()).decode()}"}


def turned_away(response: TestResponse) -> bool:
    """401 `invalid_client` with the challenge that RFC 6749 5.2 asks for."""
    assert (response.status_code, response.get_json()["error"]) == (401, "invalid_client"), response.get_data(as_text=True)
    assert response.headers["WWW-Authenticate"].startswith("Basic ")
    assert response.headers["Cache-Control"] == "no-store"
    return True


@pytest.mark.parametrize("method", ["basic", "post"])
def test_a_client_with_a_secret_may_use_basic_and_post(broker_everywhere: Broker, method: str) -> None:
    tool = broker_everywhere.tool()
    code = broker_everywhere.browser().arrives(tool).code
    secret = {"client_id": tool.client.client_id, "client_secret": tool.secret}

    response = tool.calls_token(form(tool, code), tool.basic()) if method == "basic" else tool.calls_token(form(tool, code, **secret))

    assert response.status_code == 200


@pytest.mark.parametrize(("pinned", "other"), [(AuthMethod.BASIC, "post"), (AuthMethod.POST, "basic")])
def test_cl_06_a_pinned_method_is_the_only_one(broker: Broker, browser: Browser, pinned: AuthMethod, other: str) -> None:
    tool = broker.tool(auth_method=pinned)
    code = browser.arrives(tool).code
    secret = {"client_id": tool.client.client_id, "client_secret": tool.secret}
    ways = {"basic": (form(tool, code), tool.basic()), "post": (form(tool, code, **secret), {})}

    assert turned_away(tool.calls_token(*ways.pop(other)))
    assert tool.calls_token(*ways.popitem()[1]).status_code == 200, "a failed authentication consumes no code"


@pytest.mark.parametrize("secret", ["", "wrong", "x" * 43, "x" * 1900])
def test_cl_01_a_wrong_secret_is_turned_away_and_consumes_nothing(browser: Browser, tool: Tool, secret: str) -> None:
    code = browser.arrives(tool).code

    assert turned_away(tool.calls_token(form(tool, code), tool.basic(secret=secret)))
    assert turned_away(tool.calls_token(form(tool, code, client_id=tool.client.client_id, client_secret=secret or "-")))
    assert turned_away(tool.calls_token(form(tool, code, client_id=tool.client.client_id)))
    assert turned_away(tool.calls_token(form(tool, code)))
    assert tool.redeems(code).status_code == 200


def test_cl_01_prefix_and_another_clients_secret(broker: Broker, tool: Tool) -> None:
    other = broker.tool("other")

    for secret in (tool.secret[:-1], tool.secret + "x", other.secret, tool.secret.swapcase(), tool.client.secret_hash):
        assert turned_away(tool.calls_token(form(tool, "x"), tool.basic(secret=secret)))


@pytest.mark.parametrize("client_id", ["nobody", "\x00", "ü", "x" * 1500, "%00"])
def test_cl_01_an_unknown_client_is_turned_away_alike(tool: Tool, client_id: str) -> None:
    assert turned_away(tool.calls_token(form(tool, "x"), tool.basic(client_id=client_id)))
    assert turned_away(tool.calls_token(form(tool, "x", client_id=client_id, client_secret="s")))


def test_cl_06_a_confidential_client_cannot_pass_as_public(broker: Broker, browser: Browser, tool: Tool) -> None:
    assert turned_away(tool.calls_token(form(tool, browser.arrives(tool).code, client_id=tool.client.client_id)))


def test_a_public_client_says_its_name_only(broker: Broker, browser: Browser) -> None:
    public = broker.tool("public", auth_method=AuthMethod.NONE)

    assert public.redeems(browser.arrives(public).code).status_code == 200
    assert turned_away(public.calls_token(form(public, browser.opens(public.url()).code, client_id="public", client_secret="x")))
    assert turned_away(public.calls_token(form(public, browser.opens(public.url()).code), header("public:")))


@pytest.mark.parametrize("status", [ClientStatus.SUSPENDED, ClientStatus.DRAFT])
def test_a_31_a_client_that_is_not_live_any_more_is_turned_away(broker: Broker, browser: Browser, tool: Tool, status: ClientStatus) -> None:
    code = browser.arrives(tool).code
    broker.changes(tool, status=status)

    assert turned_away(tool.redeems(code))


def test_co_03_the_form_must_not_name_another_client(broker: Broker, browser: Browser, tool: Tool) -> None:
    broker.tool("other")

    assert turned_away(tool.calls_token(form(tool, "x", client_id="other"), tool.basic()))
    assert tool.calls_token(form(tool, browser.arrives(tool).code, client_id=tool.client.client_id), tool.basic()).status_code == 200


def test_cl_06_a_secret_does_not_make_a_public_client_of_another_kind(broker: Broker, browser: Browser) -> None:
    public = broker.tool("public", auth_method=AuthMethod.NONE)
    assertion = {"client_assertion": "a.b.c", "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}
    assert turned_away(public.calls_token(form(public, "x", client_id="public", **assertion)))


def test_credentials_in_two_ways_are_an_invalid_request(tool: Tool) -> None:
    response = tool.calls_token(form(tool, "x", client_secret=tool.secret), tool.basic())

    assert (response.status_code, response.get_json()["error"]) == (400, "invalid_request")


def test_cl_08_id_and_secret_are_form_decoded(broker: Broker, browser: Browser) -> None:
    tool = broker.tool("a.b~c")
    secret = tool.secret.replace("-", "%2D").replace("_", "%5F")
    encoded = f"a%2Eb%7Ec:{secret}"

    assert tool.calls_token(form(tool, browser.arrives(tool).code), header(encoded)).status_code == 200


def test_cl_08_what_is_encoded_is_decoded_once(tool: Tool) -> None:
    """A secret that was encoded twice, or has signs that ours never have, is another one."""
    first, rest = tool.secret[0].encode().hex(), tool.secret[1:]
    for secret in (f"%25{first}{rest}", f"{tool.secret}+", f"{tool.secret} ", f"ü{tool.secret}", f"{tool.secret}%C3%BC"):
        assert turned_away(tool.calls_token(form(tool, "x"), header(f"karte:{secret}")))


@pytest.mark.parametrize(
    "credentials",
    ["karte:%", "karte:%zz", "karte%3Ax:y", "karte", ":", "karte:%ff", "a:b:c", "%25%30%30:x", "ü:ü", "karte:\x00", "kar%3Ate:x"],
)
def test_cl_08_odd_credentials_are_turned_away(tool: Tool, credentials: str) -> None:
    assert turned_away(tool.calls_token(form(tool, "x"), header(credentials)))


@pytest.mark.parametrize(
    "value",
    [
        "",
        "Basic",
        "Basic ",
        "Basic !!!",
        "Basic /w==",
        "Bearer x",
        "Bearer ",
        "basic",
        "," * 500,
        "Digest a=b",
        "Basic " + "A" * 100_000,
        "Negotiate x",
    ],
)
def test_cl_09_a_malformed_header_is_turned_away(tool: Tool, value: str) -> None:
    assert turned_away(tool.calls_token(form(tool, "x"), {"Authorization": value}))


@pytest.mark.parametrize("value", ["Basic " + "A" * 1_000_000, "," * 100_000, "Bearer " + "a,b," * 20_000], ids=["long", "commas", "both"])
def test_cl_09_a_huge_header_costs_nothing(tool: Tool, value: str) -> None:
    """Servers cap headers at 16 KB; nobody relies on that. Processor time counts: others may be busy on this machine."""
    taken = []
    for _ in range(5):
        began = thread_time()
        assert turned_away(tool.calls_token(form(tool, "x"), {"Authorization": value}))
        taken.append(thread_time() - began)
    assert min(taken) < 0.05
