"""The session cookie goes only with the session (SE-06), planted and heaped-up cookies do nothing (SE-08), and none is signed (SE-10)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from broker.core.errors import SealBroken
from broker.core.ids import fingerprint
from tests.support.app import ISSUER, Broker
from tests.support.browser import Browser, form_of
from tests.support.outages import AWAY
from tests.support.tool import Tool

SESSION, BROWSER = "__Host-bp-session", "__Host-bp-browser"


def is_signed_in(browser: Browser, tool: Tool) -> bool:
    """Whether the broker knows the citizen."""
    return "code" in browser.opens(tool.url(prompt="none")).answer


ERRORS: dict[str, Callable[[Browser, Tool], object]] = {
    "400": lambda browser, tool: browser.opens("/authorize?client_id=nobody"),
    "403 form": lambda browser, tool: browser.posts("/logout/confirm", {}),
    "404": lambda browser, tool: browser.opens("/nowhere"),
    "405": lambda browser, tool: browser.client.delete("/logout", base_url=ISSUER),
    "410": lambda browser, tool: browser.opens("/continue/unknown"),
    "413": lambda browser, tool: browser.posts("/logout", {"state": "x" * 70_000}),
    "refused to the tool": lambda browser, tool: browser.opens(tool.url(scope="nonsense")),
    "the choice of citizen IDs": lambda browser, tool: browser.opens(tool.url(prompt="select_account")),
    "the question of the sign-out": lambda browser, tool: browser.opens("/logout"),
    "a foreign hint": lambda browser, tool: browser.opens("/logout", query_string={"id_token_hint": "a.b.c"}),
}


@pytest.mark.parametrize("page", ERRORS)
def test_se06_no_error_and_no_page_on_the_way_takes_the_cookie(browser: Browser, tool: Tool, page: str) -> None:
    browser.arrives(tool)
    cookie = browser.cookies()[SESSION]

    ERRORS[page](browser, tool)

    assert browser.cookies()[SESSION] == cookie
    assert is_signed_in(browser, tool)


@pytest.mark.parametrize("store", AWAY)
def test_se06_no_outage_takes_the_cookie_and_the_sign_out_works_afterwards(
    broker: Broker, browser: Browser, tool: Tool, store: str
) -> None:
    browser.arrives(tool)
    question, cookie = browser.opens("/logout"), browser.cookies()[SESSION]

    with AWAY[store](broker):
        stop = browser.presses(question, "logout-confirm")

    assert (stop.response.status_code, stop.error_code) == (503, "BP-503-STORE")
    assert browser.cookies()[SESSION] == cookie
    browser.presses(browser.opens("/logout"), "logout-confirm")
    assert SESSION not in browser.cookies()
    assert not is_signed_in(browser, tool)


def test_se06_only_the_end_takes_it_and_takes_it_wholly(browser: Browser, tool: Tool) -> None:
    browser.arrives(tool)

    action, fields = form_of(browser.opens("/logout").text, "logout-confirm")
    response = browser.client.post(action, base_url=ISSUER, data=fields)

    (line,) = [line for line in response.headers.getlist("Set-Cookie") if line.startswith(SESSION)]
    assert "Max-Age=0" in line
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= {part.strip() for part in line.split(";")}, (
        "or browsers keep a __Host- cookie"
    )


def test_se06_a_stale_cookie_is_worth_nothing_and_in_nobodys_way(browser: Browser, tool: Tool) -> None:
    browser.arrives(tool)
    stale = browser.cookies()[SESSION]
    browser.presses(browser.opens("/logout"), "logout-confirm")
    browser.client.set_cookie(SESSION, stale, domain="broker.test", secure=True, path="/")

    assert not is_signed_in(browser, tool)
    assert browser.arrives(tool).code
    assert browser.cookies()[SESSION] != stale


def test_se08_two_hundred_sign_ins_in_tabs_leave_small_cookies_and_old_ones_expire(broker: Broker, browser: Browser, tool: Tool) -> None:
    ways = [browser.client.get(tool.url(), base_url=ISSUER).headers["Location"] for _ in range(200)]

    assert len(set(ways)) == 200
    assert sum(len(name) + len(value) for name, value in browser.cookies().items()) < 4096
    assert {len(value) for value in browser.cookies().values()} <= set(range(100)), "nothing grows with the tabs"
    assert browser.sets_out(ways[0]).is_at_hub
    assert browser.sets_out(ways[-1]).is_at_hub, "each tab may go on"
    left = [broker.parts.stores.redis._client.pttl(key) for key in broker.parts.stores.redis._client.scan_iter()]
    assert len(left) >= 200
    assert all(0 < milliseconds <= 15 * 60 * 1000 for milliseconds in left), "each is gone after a quarter of an hour"


def planted(broker: Broker, cookies: str, tool: Tool) -> str:
    """Where a silent request with this Cookie header leads."""
    client = broker.app.test_client(use_cookies=False)
    return str(client.get(tool.url(prompt="none"), base_url=ISSUER, headers={"Cookie": cookies}).headers["Location"])


def test_se08_of_two_cookies_with_one_name_neither_counts(broker: Broker, browser: Browser, tool: Tool) -> None:
    """A browser keeps one `__Host-` cookie of a name; a second one was planted, as nameless cookies once allowed."""
    attacker = broker.browser()
    broker.hub.person = "max"
    attacker.arrives(tool)
    broker.hub.person = "erika"
    browser.arrives(tool)
    own, theirs = browser.cookies(), attacker.cookies()
    both = "; ".join(f"{name}={value}" for cookies in (theirs, own) for name, value in cookies.items())

    assert "code=" in planted(broker, "; ".join(f"{name}={value}" for name, value in own.items()), tool), "as it should be"
    assert "error=login_required" in planted(broker, both, tool)
    assert "error=login_required" in planted(broker, f"{SESSION}={theirs[SESSION]}; {BROWSER}={own[BROWSER]}", tool)
    twice = "; ".join(f"{name}={value}" for name, value in (*own.items(), *own.items()))
    assert "code=" in planted(broker, twice, tool), "the same value twice is one value"


@pytest.mark.parametrize(
    "name", ["bp-session", "__host-bp-session", "__Secure-bp-session", "bp-insecure-dev-session", " __Host-bp-session2"]
)
def test_se08_a_cookie_of_another_name_cannot_shadow_ours(broker: Broker, browser: Browser, tool: Tool, name: str) -> None:
    """What a site of the same domain may set has no `__Host-`; whatever it is called, it is not read."""
    attacker = broker.browser()
    broker.hub.person = "max"
    attacker.arrives(tool)
    their_session = attacker.cookies()[SESSION]

    assert "error=login_required" in planted(broker, f"{name}={their_session}; {BROWSER}={attacker.cookies()[BROWSER]}", tool)


def test_se10_cookies_are_random_and_bear_no_signature_that_could_age(broker: Broker, browser: Browser, tool: Tool) -> None:
    """There is no key to rotate: a cookie is 256 random bits, and the store knows its fingerprint alone. A changed one finds nothing."""
    browser.arrives(tool)
    for value in (browser.cookies()[SESSION], browser.cookies()[BROWSER]):
        assert (len(value), value.count(".")) == (43, 0)
    assert broker.parts.stores.sessions.find(fingerprint(browser.cookies()[SESSION])) is not None
    assert broker.parts.stores.sessions.find(browser.cookies()[SESSION]) is None


def test_se10_another_secret_is_refused_at_the_start_with_a_sentence(broker: Broker) -> None:
    """Rotating BROKER_SECRET itself is no way: links and pseudonyms hang on it (RUNBOOK, "Backup and restore"). Nothing runs half-way."""
    with pytest.raises(SealBroken, match="BROKER_SECRET is not the one it was sealed with"):
        broker.starts_again(secret="another-secret-0123456789-abcdefghijklmnop")
