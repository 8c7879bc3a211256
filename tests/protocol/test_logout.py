"""RP-initiated logout: the three shapes, who is asked first, where it leads (A-20, LO-01, LO-02, LO-03)."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from broker.core.client import ClientStatus
from broker.core.client_policy import LogoutPolicy
from broker.core.signing_key import KeyState
from tests.support.app import Broker
from tests.support.browser import Browser, Stop
from tests.support.outbox import takes_all
from tests.support.tool import Tool, answer_in

BYE = "https://tool.test/bye"


@pytest.fixture
def hint(browser: Browser, tool: Tool) -> str:
    """An ID token of the citizen who is signed in in `browser`."""
    token: str = tool.redeems(browser.arrives(tool).code).get_json()["id_token"]
    return token


def is_signed_in(browser: Browser, tool: Tool) -> bool:
    """Whether the broker still knows the citizen."""
    return "code" in browser.opens(tool.url(prompt="none")).answer


def asks(stop: Stop) -> bool:
    """Whether the citizen is asked first."""
    return stop.location is None and 'id="logout-confirm"' in stop.text


def is_the_last_page(stop: Stop) -> bool:
    """The page with the constant heading."""
    return stop.response.status_code == 200 and stop.location is None and 'id="signed-out"' in stop.text


def is_refused(stop: Stop) -> bool:
    """Our error page."""
    return stop.response.status_code == 400 and stop.location is None and (stop.error_code or "").startswith("BP-400")


def test_a_hint_of_whoever_is_signed_in_signs_out_at_once_and_returns_with_state(broker_everywhere: Broker) -> None:
    tool, browser = broker_everywhere.tool(), broker_everywhere.browser()
    hint = tool.redeems(browser.arrives(tool).code).get_json()["id_token"]

    stop = browser.opens("/logout", query_string={"id_token_hint": hint, "post_logout_redirect_uri": BYE, "state": "s t&<"})

    assert stop.location is not None
    assert stop.location.startswith(f"{BYE}?state=")
    assert answer_in(stop.location) == {"state": "s t&<"}
    assert not is_signed_in(browser, tool)
    assert broker_everywhere.hub.ended == ["hub-token-of-erika"]


def test_state_is_not_invented(browser: Browser, hint: str) -> None:
    assert browser.opens("/logout", query_string={"id_token_hint": hint, "post_logout_redirect_uri": BYE}).location == BYE


def test_by_post_too(browser: Browser, tool: Tool, hint: str) -> None:
    stop = browser.posts("/logout", {"id_token_hint": hint, "post_logout_redirect_uri": BYE})

    assert stop.location == BYE
    assert not is_signed_in(browser, tool)


def test_a_form_from_another_site_comes_again_with_the_session(broker: Broker, browser: Browser, tool: Tool, hint: str) -> None:
    without_cookies = broker.app.test_client(use_cookies=False)
    form = {"id_token_hint": hint, "post_logout_redirect_uri": BYE}

    response = without_cookies.post("/logout", base_url=broker.issuer, data=form)

    assert response.status_code == 303
    assert browser.opens(response.headers["Location"]).location == BYE
    assert not is_signed_in(browser, tool)


def test_an_expired_hint_is_fine(broker: Broker, browser: Browser, tool: Tool, hint: str) -> None:
    broker.clock.advance(minutes=30)

    assert browser.opens("/logout", query_string={"id_token_hint": hint}).location is None
    assert not is_signed_in(browser, tool)


@pytest.mark.parametrize("shape", [{}, {"client_id": "karte"}])
def test_lo_01_without_a_hint_the_citizen_is_asked_once_and_returns(browser: Browser, tool: Tool, hint: str, shape: dict[str, str]) -> None:
    page = browser.opens("/logout", query_string={"post_logout_redirect_uri": BYE, "state": "x", **shape})
    assert asks(page)
    assert tool.client.name in page.text
    assert "form-action 'self' https://tool.test" in page.response.headers["Content-Security-Policy"]
    assert is_signed_in(browser, tool)

    assert browser.presses(page, "logout-confirm").location == f"{BYE}?state=x"
    assert not is_signed_in(browser, tool)


@pytest.mark.parametrize("shape", [{}, {"state": "only"}, {"client_id": "karte"}, {"logout_hint": "x", "ui_locales": "de en"}])
def test_without_a_uri_the_way_ends_on_our_last_page(browser: Browser, tool: Tool, hint: str, shape: dict[str, str]) -> None:
    page = browser.opens("/logout", query_string=shape)

    assert asks(page)
    assert is_the_last_page(browser.presses(page, "logout-confirm"))
    assert not is_signed_in(browser, tool)


def test_nobody_signed_in_is_not_asked(browser: Browser, tool: Tool) -> None:
    assert browser.opens("/logout", query_string={"post_logout_redirect_uri": BYE}).location == BYE
    assert is_the_last_page(browser.opens("/logout"))


def test_another_citizens_hint_asks_first(broker: Broker, browser: Browser, tool: Tool, hint: str) -> None:
    broker.hub.person = "max"
    other = broker.browser()
    other.arrives(tool)

    page = other.opens("/logout", query_string={"id_token_hint": hint, "post_logout_redirect_uri": BYE})

    assert asks(page)
    assert 'name="id_token_hint"' not in page.text
    assert is_signed_in(other, tool)


@pytest.mark.parametrize("how", ["changed", "x", "a.b.c", "e30.e30.", ""])
def test_lo_01_a_hint_that_is_not_ours_is_refused_and_signs_nobody_out(browser: Browser, tool: Tool, hint: str, how: str) -> None:
    token = hint[:-4] + ("AAAA" if hint[-4:] != "AAAA" else "BBBB") if how == "changed" else how
    stop = browser.opens("/logout", query_string={"id_token_hint": token, "post_logout_redirect_uri": BYE})

    assert is_refused(stop) if how else asks(stop)  # an empty parameter counts as absent
    assert is_signed_in(browser, tool)


def test_a_hint_of_one_tool_and_the_name_of_another_are_refused(broker: Broker, browser: Browser, tool: Tool, hint: str) -> None:
    broker.tool("other", post_logout_redirect_uris=("https://other.test/bye",))

    stop = browser.opens(
        "/logout", query_string={"id_token_hint": hint, "client_id": "other", "post_logout_redirect_uri": "https://other.test/bye"}
    )

    assert is_refused(stop)
    assert is_signed_in(browser, tool)


@pytest.mark.parametrize(
    "uri",
    [
        f"{BYE}/",
        f"{BYE}?x=1",
        f"{BYE}#f",
        "https://evil.test/",
        "//evil.test",
        "/\\evil.test",
        "javascript:alert(1)",
        "https://TOOL.test/bye",
    ],
)
@pytest.mark.parametrize("with_hint", [True, False])
def test_lo_02_ru_10_an_unregistered_uri_is_never_gone_to(browser: Browser, tool: Tool, hint: str, uri: str, with_hint: bool) -> None:
    query = {"post_logout_redirect_uri": uri, **({"id_token_hint": hint} if with_hint else {"client_id": "karte"})}

    stop = browser.opens("/logout", query_string=query)

    assert is_refused(stop)
    assert uri not in stop.text
    assert is_signed_in(browser, tool)


def test_lo_02_a_uri_that_two_tools_registered_names_neither(broker: Broker, browser: Browser, tool: Tool) -> None:
    broker.tool("twin")

    assert is_refused(browser.opens("/logout", query_string={"post_logout_redirect_uri": BYE}))
    assert browser.opens("/logout", query_string={"post_logout_redirect_uri": BYE, "client_id": "twin"}).location == BYE


def test_doubled_parameters_are_refused(browser: Browser, tool: Tool, hint: str) -> None:
    assert is_refused(browser.opens(f"/logout?post_logout_redirect_uri={BYE}&post_logout_redirect_uri={BYE}"))
    assert is_signed_in(browser, tool)


def test_se_11_the_confirmation_needs_the_forms_token(broker: Broker, browser: Browser, tool: Tool, hint: str) -> None:
    foreign = broker.browser()
    page = foreign.opens("/logout")
    assert is_the_last_page(page)

    assert browser.posts("/logout/confirm", {}).error_code == "BP-403-FORM"
    assert browser.posts("/logout/confirm", {"csrf_token": "x"}).error_code == "BP-403-FORM"
    assert browser.opens("/logout/confirm").response.status_code == 405
    assert is_signed_in(browser, tool)


@pytest.mark.parametrize("literally", [False, True])
def test_lo_03_every_other_tool_is_told_with_its_own_sid(broker_everywhere: Broker, literally: bool) -> None:
    broker, browser = broker_everywhere, broker_everywhere.browser()
    first, second = (
        broker.tool("first", logout=LogoutPolicy(told_when_asking=literally)),
        broker.tool("second", post_logout_redirect_uris=("https://second.test/bye",)),
    )
    tokens = {tool.client.client_id: tool.redeems(browser.arrives(tool).code).get_json()["id_token"] for tool in (first, second)}

    browser.opens("/logout", query_string={"id_token_hint": tokens["first"]})

    due = {delivery.client_id: delivery for delivery in takes_all(broker.parts.stores.outbox)}
    assert due.keys() == {"first", "second"} if literally else {"second"}, "whoever asked has ended its own session before"
    for name, told in due.items():
        said = {"first": first, "second": second}[name].verifies(tokens[name])
        assert (told.sid, told.sub) == (said["sid"], said["sub"])
    assert len({told.sid for told in due.values()}) == len(due)


def test_lo_03_a_tool_that_only_gave_its_name_is_told_as_well(broker: Broker, browser: Browser, tool: Tool, hint: str) -> None:
    page = browser.opens("/logout", query_string={"client_id": "karte"})

    stop = browser.presses(page, "logout-confirm")

    assert [delivery.client_id for delivery in takes_all(broker.parts.stores.outbox)] == ["karte"]
    assert tool.client.name in stop.text


def test_a_hint_signed_by_a_key_that_is_no_longer_published_is_fine(broker: Broker, browser: Browser, tool: Tool, hint: str) -> None:
    keys = broker.parts.stores.signing_keys
    old = next(key for key in keys.list() if key.algorithm == "RS256")
    keys.replace(replace(old, state=KeyState.RETIRED, retire_at=broker.clock() - timedelta(days=300)))
    assert old.kid not in json.dumps(tool.gets("/jwks").get_json())

    assert browser.opens("/logout", query_string={"id_token_hint": hint, "post_logout_redirect_uri": BYE}).location == BYE
    assert not is_signed_in(browser, tool)


def test_lo_01_a_forged_hint_is_refused_whoever_seems_to_have_signed_it(browser: Browser, tool: Tool, hint: str) -> None:
    said = jwt.decode(hint, options={"verify_signature": False})
    header = jwt.get_unverified_header(hint)
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    for key, algorithm in ((stranger, "RS256"), ("x" * 64, "HS256"), (None, "none")):
        forged = jwt.encode(said, key, algorithm, headers={"kid": header["kid"], "typ": "JWT"})
        assert is_refused(browser.opens("/logout", query_string={"id_token_hint": forged, "post_logout_redirect_uri": BYE}))
    assert is_signed_in(browser, tool)


def test_lo_01_a_suspended_tools_hint_is_refused(broker: Broker, browser: Browser, tool: Tool, hint: str) -> None:
    broker.changes(tool, status=ClientStatus.SUSPENDED, secret_hash=tool.client.secret_hash)

    assert is_refused(browser.opens("/logout", query_string={"id_token_hint": hint, "post_logout_redirect_uri": BYE}))
