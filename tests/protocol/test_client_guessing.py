"""Guessing secrets takes as long whatever is guessed; a source that goes on is told to stop, nobody else notices (CL-01, CL-07, IN-02)."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median
from time import perf_counter

import pytest
from werkzeug.test import TestResponse

from broker.core.client_policy import AuthMethod
from broker.core.errors import StoreUnavailable
from broker.core.ids import new_secret
from broker.flows.throttling import MOST_FAILURES, source_of
from broker.oidc.client_call import CLIENT_PARAMETERS, ClientCall
from broker.oidc.faces import TokenRequest
from broker.oidc.parameters import Parameters
from broker.oidc.server import TokenServer
from tests.protocol.test_client_auth import turned_away
from tests.support.app import Broker, closing, start
from tests.support.browser import Browser
from tests.support.clock import Clock
from tests.support.statements import round_trips
from tests.support.tool import Tool

TRIES = 10_000
FORM = {"grant_type": "authorization_code", "code": "x"}


def guesses(tool: Tool, address: str = "192.0.2.1", forwarded_for: str | None = None) -> TestResponse:
    """One wrong secret from this address, on behalf of others if they are named."""
    forwarded = {} if forwarded_for is None else {"X-Forwarded-For": forwarded_for}
    return tool.calls_token(FORM, {**tool.basic(secret=new_secret()), **forwarded}, environ_overrides={"REMOTE_ADDR": address})


def test_cl_01_no_guess_takes_longer_than_another(broker: Broker, tool: Tool) -> None:
    """Each kind of guess in turn, 10 000 in all; medians of a few microseconds may differ by what a machine's moods do to them."""
    server: TokenServer = broker.app.view_functions["endpoints.token"].__self__.server  # type: ignore[attr-defined]
    other = broker.tool("other")
    broker.tool("keyed", auth_method=AuthMethod.PRIVATE_KEY_JWT)
    kinds: dict[str, tuple[str, Callable[[], str]]] = {
        "random": ("karte", new_secret),
        "prefix": ("karte", lambda: tool.secret[:-1] + "!"),
        "another client's": ("karte", lambda: other.secret),
        "of a client with keys": ("keyed", new_secret),
        "of nobody": ("nobody", new_secret),
    }
    taken: dict[str, list[float]] = {name: [] for name in kinds}
    for _ in range(TRIES // len(kinds)):
        for name, (client_id, secret) in random.sample(sorted(kinds.items()), len(kinds)):
            form = [("client_id", client_id), ("client_secret", secret())]
            request = TokenRequest("https://broker.test/token", ClientCall(Parameters.of(form, CLIENT_PARAMETERS)))
            began = perf_counter()
            known = server._desk.methods["client_secret_post"](server.query_client, request)
            taken[name].append(perf_counter() - began)
            assert known is None
    medians = {name: median(times) for name, times in taken.items()}
    assert max(medians.values()) < 2 * min(medians.values()), medians


def test_cl_07_a_source_that_guesses_is_told_to_stop_and_the_tool_goes_on(broker_everywhere: Broker) -> None:
    tool, browser = broker_everywhere.tool(), broker_everywhere.browser()
    answers = [guesses(tool) for _ in range(1000)]
    assert all(map(turned_away, answers[:MOST_FAILURES]))
    assert {answer.status_code for answer in answers[MOST_FAILURES:]} == {429}
    last = answers[-1]
    assert (last.get_json()["error"], last.headers["Retry-After"], last.headers["Cache-Control"]) == ("invalid_client", "60", "no-store")
    assert tool.redeems(browser.arrives(tool).code).status_code == 200, "the tool's own servers"
    assert turned_away(guesses(tool, "192.0.2.2")), "other sources are counted for themselves"


def test_cl_07_guesses_from_many_addresses_do_not_lock_the_tool_out(broker: Broker, browser: Browser, tool: Tool) -> None:
    assert all(turned_away(guesses(tool, f"198.51.{number // 250}.{number % 250}")) for number in range(1000))
    assert tool.redeems(browser.arrives(tool).code).status_code == 200


def test_cl_07_the_tool_is_served_also_from_an_address_that_guesses(broker: Broker, browser: Browser, tool: Tool) -> None:
    """A town hall's tools share an address; one that was set up wrongly must not stop the others."""
    for _ in range(MOST_FAILURES + 1):
        wrong = guesses(tool, "127.0.0.1")
    assert wrong.status_code == 429
    assert tool.redeems(browser.arrives(tool).code).status_code == 200


def test_cl_07_after_a_minute_a_source_is_heard_again(broker: Broker, tool: Tool) -> None:
    for _ in range(MOST_FAILURES + 1):
        wrong = guesses(tool)
    assert wrong.status_code == 429
    broker.parts.stores.redis._client.flushall()  # a minute in Redis is a minute of the wall clock
    assert turned_away(guesses(tool))


def test_cl_07_a_host_of_many_ipv6_addresses_is_one_source() -> None:
    assert source_of("2001:db8:1:2:3:4:5:6") == source_of("2001:db8:1:2::9") != source_of("2001:db8:1:3::9")
    assert source_of("192.0.2.1") != source_of("192.0.2.2")
    assert source_of("unix:") == source_of("") == "unknown"


def test_a_success_counts_nothing(broker: Broker, browser: Browser, tool: Tool, monkeypatch: pytest.MonkeyPatch) -> None:
    code = browser.arrives(tool).code
    with round_trips(monkeypatch) as trips:
        assert tool.redeems(code).status_code == 200
    assert len(trips) <= 2


def test_while_nothing_can_be_counted_a_wrong_secret_is_still_a_wrong_secret(tool: Tool, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*asked: object, **how: object) -> int:
        raise StoreUnavailable

    monkeypatch.setattr("broker.store.redis.Redis.count", away)
    assert turned_away(guesses(tool))


@contextmanager
def behind(proxies: int, sqlite_url: str, clock: Clock) -> Iterator[Tool]:
    """A tool at a broker that believes so many proxies."""
    for broker in closing(start(sqlite_url, "fake://", clock, trusted_proxies=proxies)):
        yield broker.tool()


def test_in_02_without_proxies_the_header_is_not_believed(sqlite_url: str, clock: Clock) -> None:
    with behind(0, sqlite_url, clock) as tool:
        answers = [guesses(tool, forwarded_for=f"203.0.113.{number % 250}") for number in range(MOST_FAILURES + 1)]
        assert answers[-1].status_code == 429


def test_in_02_the_configured_number_of_proxies_is_believed_and_no_more(sqlite_url: str, clock: Clock) -> None:
    """The last entry is the nearest proxy's; whatever the caller wrote before it does not count."""
    with behind(1, sqlite_url, clock) as tool:
        answers = [guesses(tool, forwarded_for=f"10.0.0.{number % 250}, 203.0.113.9") for number in range(MOST_FAILURES + 1)]
        assert answers[-1].status_code == 429, "one caller, whoever it says it speaks for"
        assert turned_away(guesses(tool, forwarded_for="203.0.113.9, 203.0.113.10")), "another caller behind the same proxy"
