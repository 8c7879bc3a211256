"""Watching the citizen IDs: what is believed, how soon it is over, and that only the broken one is marked (F-18)."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from broker.core.errors import ConfigurationError
from broker.core.provider import TroubleSource
from broker.flows.watching import LONGEST_NOTICE, SOURCES_TO_BELIEVE, Reaching, Watching
from broker.store.providers import Providers
from broker.store.redis import Redis
from broker.store.sql import Database
from broker.store.troubles import Troubles
from tests.support.clock import Clock
from tests.support.makers import provider


class Turns(Troubles):
    """The next turn comes at once: time does not have to pass between looks."""

    def take_turn(self, seconds: float) -> bool:
        return True


@pytest.fixture
def down() -> set[str]:
    """Addresses where nobody is right now."""
    return set()


@pytest.fixture
def watching(quick_database: Database, quick_redis: Redis, clock: Clock, down: set[str]) -> Watching:
    providers = Providers(quick_database, seconds=0)
    watched = [provider("bundid", probe_url="https://bundid.test/"), provider("bayernid", probe_url="https://bayernid.test/", position=2)]
    providers.replace_all([*watched, provider("sh", position=3)])
    return Watching(Turns(quick_redis), providers, clock, lambda url: url not in down)


def known(watching: Watching) -> dict[str, TroubleSource]:
    return {alias: trouble.source for alias, trouble in watching.known(["bundid", "bayernid", "sh"]).items()}


def test_f18_failures_from_several_places_mark_this_one_only(watching: Watching, clock: Clock) -> None:
    for number in range(SOURCES_TO_BELIEVE):
        assert known(watching) == {}
        watching.failed("sh", f"192.0.2.{number}")
    assert known(watching) == {"sh": TroubleSource.SIGN_INS}
    assert watching.known(["sh"])["sh"].since == clock()


@pytest.mark.parametrize("address", ["192.0.2.1", "2001:db8::{}", "nonsense", ""])
def test_one_place_alone_marks_nothing_however_often(watching: Watching, address: str) -> None:
    """The browser brings the answer that says so: whoever edits it must not speak for the whole city."""
    for number in range(20):
        watching.failed("bundid", address.format(number))
    assert known(watching) == {}


def test_f18_somebody_who_gets_in_ends_it(watching: Watching) -> None:
    for number in range(SOURCES_TO_BELIEVE):
        watching.failed("sh", f"192.0.2.{number}")
    watching.succeeded("sh")
    assert known(watching) == {}


def test_f18_an_address_where_nobody_is_twice_marks_its_citizen_id_only(watching: Watching, down: set[str]) -> None:
    down.add("https://bundid.test/")
    watching.look()
    assert known(watching) == {}, "one lost packet is no outage"
    watching.look()
    assert known(watching) == {"bundid": TroubleSource.LOOK}
    down.clear()
    watching.look()
    assert known(watching) == {}


def test_a_switched_off_one_is_not_looked_at(watching: Watching, down: set[str]) -> None:
    down.add("https://bundid.test/")
    watching.switch("bundid", off=True)
    watching.look()
    watching.look()
    assert known(watching) == {}


def test_an_administrators_word_counts_until_it_is_taken_back(watching: Watching, clock: Clock) -> None:
    watching.announce("sh", clock() + timedelta(hours=1), {"de": "Wartung"})
    told = watching.known(["sh"])["sh"]
    assert (told.source, told.until, told.texts) == (TroubleSource.NOTICE, clock() + timedelta(hours=1), {"de": "Wartung"})
    watching.succeeded("sh")
    assert "sh" in known(watching)
    assert watching.withdraw("sh")
    assert known(watching) == {}


@pytest.mark.parametrize(
    ("alias", "ahead", "text"),
    [
        ("nobody", timedelta(hours=1), ""),
        ("sh", timedelta(0), ""),
        ("sh", timedelta(hours=-1), ""),
        ("sh", LONGEST_NOTICE + timedelta(seconds=1), ""),
        ("sh", timedelta(hours=1), "x" * 301),
        ("sh", timedelta(hours=1), "two\nlines"),
    ],
)
def test_a_notice_that_cannot_be_meant_is_refused(watching: Watching, clock: Clock, alias: str, ahead: timedelta, text: str) -> None:
    with pytest.raises(ConfigurationError):
        watching.announce(alias, clock() + ahead, {"de": text})
    assert known(watching) == {}


@pytest.mark.parametrize("act", ["switch", "withdraw"])
def test_an_unknown_citizen_id_is_named_as_such(watching: Watching, act: str) -> None:
    with pytest.raises(ConfigurationError, match="bundid, bayernid, sh"):
        watching.switch("nobody", off=True) if act == "switch" else watching.withdraw("nobody")


@contextmanager
def speaking(*pieces: bytes, pause: float = 0.0) -> Iterator[str]:
    """Somebody at an address who says this to whoever comes, and then waits or hangs up."""
    over = threading.Event()
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while not over.is_set():
            try:
                peer, _ = server.accept()
            except OSError:
                return
            with peer:
                for piece in pieces:
                    peer.sendall(piece)
                over.wait(pause)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"
    finally:
        over.set()
        server.shutdown(socket.SHUT_RDWR)  # closing alone wakes nobody who waits for a visitor
        server.close()
        thread.join(5)


@pytest.mark.parametrize("status", ["200 OK", "302 Found", "400 Bad Request", "405 Method Not Allowed"])
def test_any_answer_of_its_own_means_it_is_there(status: str) -> None:
    with speaking(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode(), pause=0.2) as url:
        assert Reaching().answers(url)


@pytest.mark.parametrize(
    ("pieces", "pause"),
    [
        ((b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n",), 0.2),
        ((b"garbage\r\n\r\n",), 0.2),
        ((), 0.0),
        ((b"HTTP/1.1 200 OK\r\n",), 5.0),
    ],
    ids=["its own error", "garbage", "hangs up", "half-open"],
)
def test_f18_anything_else_means_it_is_not(pieces: tuple[bytes, ...], pause: float) -> None:
    with speaking(*pieces, pause=pause) as url:
        assert not Reaching(total_seconds=0.5).answers(url)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "ftp://bundid.test/", "https://user:word@bundid.test/", "nonsense", ""])
def test_where_nobody_can_be_asked_nobody_is(url: str) -> None:
    assert not Reaching(total_seconds=0.5).answers(url)


def test_replacing_the_list_keeps_off_what_was_switched_off(watching: Watching) -> None:
    watching.switch("bundid", off=True)
    watching.providers.replace_all([provider("bundid"), provider("oidc")])
    assert [one.alias for one in watching.providers.list()] == ["oidc"]
    assert watching.providers.all()[0] == replace(provider("bundid"), switched_off=True)
    watching.switch("bundid", off=False)
    assert [one.alias for one in watching.providers.list()] == ["bundid", "oidc"]
