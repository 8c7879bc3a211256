"""A tool's logout address that hangs, fails, leads elsewhere, has no name or the wrong certificate: bounded, tried again, shown as it is
(LO-06, F-33, F-34)."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic

import pytest
from cryptography import x509

from broker.core.delivery import Delivery, DeliveryState
from broker.flows import outbound
from broker.flows.delivering import Delivering
from broker.flows.dispatching import Dispatching
from broker.flows.posting import Posting
from tests.support.app import Broker
from tests.support.certificates import Certified, authority, certified, for_loopback, named
from tests.support.talking import listening, says, silence, trickle

SECONDS = 0.5
GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


@dataclass
class Town:
    """A tool at a doubtful address beside one that is well; a citizen has signed out of both."""

    broker: Broker

    def signs_out(self, **addresses: str) -> float:
        """Of tools at these addresses; how many seconds the citizen waited."""
        browser = self.broker.browser()
        for name, address in addresses.items():
            tool = self.broker.tool(name, backchannel_logout_uri=address)
            tool.redeems(browser.arrives(tool).code)
        question = browser.opens("/logout")
        began = monotonic()
        page = browser.presses(question, "logout-confirm")
        assert 'id="signed-out"' in page.text
        return monotonic() - began

    def moves(self, name: str, address: str) -> None:
        """The tool's record names another address now."""
        clients = self.broker.parts.stores.clients
        tool = clients.find(name)
        assert tool
        clients.replace(replace(tool, backchannel_logout_uri=address))

    def delivers(self) -> dict[str, Delivery]:
        """One attempt at each that is due; how they stand then."""
        stores, keys = self.broker.parts.stores, self.broker.parts.keys
        post = Posting(connect_seconds=SECONDS, total_seconds=SECONDS).post
        delivering = Delivering(stores.clients, stores.signing_keys, keys.sign, post, self.broker.issuer, self.broker.clock)
        Dispatching(stores.outbox, delivering.attempt).run_once()
        return {one.client_id: one for one in stores.delivery_log.newest(10)}


@pytest.fixture
def town(broker: Broker) -> Town:
    return Town(broker)


TALKS = {"timeout": silence, "timeout slowly": trickle, "connection": says(b"\x00 no http"), "500": says(b"HTTP/1.1 500 Oh\r\n\r\n")}


@pytest.mark.parametrize("outcome", TALKS)
def test_lo06_it_is_bounded_and_tried_again_and_the_citizen_does_not_wait(town: Town, outcome: str) -> None:
    with listening(TALKS[outcome]) as (bad, heard), listening(says(GOOD)) as (good, _):
        waited = town.signs_out(bad=f"http://localhost:{bad}/", good=f"http://localhost:{good}/")
        assert heard == [], "nobody is called while the citizen waits"
        assert waited < 2
        began = monotonic()
        found = town.delivers()
        assert monotonic() - began < 10 * SECONDS

    assert (found["bad"].state, found["bad"].outcome) == (DeliveryState.PENDING, outcome.split()[0])
    assert found["bad"].next_attempt_at > town.broker.clock()
    assert found["good"].state is DeliveryState.DELIVERED


def test_lo06_a_redirect_to_an_inner_address_is_not_followed(town: Town) -> None:
    with listening(says(GOOD)) as (inner, reached):
        moved = f"HTTP/1.1 307 Moved\r\nLocation: http://127.0.0.1:{inner}/admin\r\nContent-Length: 0\r\n\r\n".encode()
        with listening(says(moved)) as (port, heard):
            town.signs_out(tool=f"http://localhost:{port}/")
            found = town.delivers()["tool"]
    assert (found.state, found.outcome, len(heard), reached) == (DeliveryState.PENDING, "307", 1, [])


@contextmanager
def named_by(monkeypatch: pytest.MonkeyPatch, answer: Callable[[], object]) -> Iterator[None]:
    """Names under `example` are looked up this way; all others as ever."""
    real = socket.getaddrinfo

    def look_up(host: str, *rest: object, **more: object) -> object:
        return answer() if host.endswith(".example") else real(host, *rest, **more)

    with monkeypatch.context() as patch:
        patch.setattr(outbound.socket, "getaddrinfo", look_up)
        yield


def test_f33_a_name_that_is_not_found_or_not_in_time_holds_up_nobody(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    asleep = threading.Event()

    def asleep_for_long() -> object:
        asleep.wait(30)
        return []

    def unknown() -> object:
        raise socket.gaierror("no such name")

    with listening(says(GOOD)) as (port, _):
        town.signs_out(gone="https://gone.example/", slow="https://slow.example/", good=f"http://localhost:{port}/")
        began = monotonic()
        with named_by(monkeypatch, asleep_for_long):
            found = town.delivers()
        assert monotonic() - began < 10 * SECONDS
        asleep.set()
        assert {name: one.outcome for name, one in found.items()} == {"gone": "timeout", "slow": "timeout", "good": "200"}
        town.broker.clock.advance(minutes=1)
        with named_by(monkeypatch, unknown):
            found = town.delivers()
    assert {name: (one.outcome, one.state.value) for name, one in found.items()} == {
        "gone": ("connection", "pending"),
        "slow": ("connection", "pending"),
        "good": ("200", "delivered"),
    }


Shown = Callable[[Certified], Certified]
TODAY = datetime.now(UTC)


def expired(by: Certified) -> Certified:
    return certified(named(COMMON_NAME="localhost"), [x509.DNSName("localhost")], by, TODAY - timedelta(days=9), TODAY - timedelta(days=1))


def not_yet(by: Certified) -> Certified:
    return certified(named(COMMON_NAME="localhost"), [x509.DNSName("localhost")], by, TODAY + timedelta(days=1), TODAY + timedelta(days=9))


def wrong_host(by: Certified) -> Certified:
    return certified(
        named(COMMON_NAME="localhost"), [x509.DNSName("other.example")], by, TODAY - timedelta(days=1), TODAY + timedelta(days=1)
    )


def unknown_authority(_: Certified) -> Certified:
    return for_loopback(authority())


@pytest.fixture
def ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Certified:
    """An authority that this process trusts."""
    made = authority()
    (tmp_path / "authority.pem").write_text(made.pem)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    return made


def over_tls(shown: Certified, folder: Path, oldest: bool = False) -> AbstractContextManager[tuple[int, list[bytes]]]:
    """A tool that is well, behind this certificate; `oldest`: it speaks a version nobody should."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(shown.saved(folder))
    if oldest:
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
        context.options &= ~ssl.OP_NO_TLSv1_1
        context.maximum_version = context.minimum_version = ssl.TLSVersion.TLSv1_1
    return listening(says(GOOD), context)


@pytest.mark.parametrize("shown", [expired, not_yet, wrong_host, unknown_authority])
def test_f34_a_wrong_certificate_is_refused_shown_and_tried_again(town: Town, ours: Certified, tmp_path: Path, shown: Shown) -> None:
    with over_tls(shown(ours), tmp_path) as (port, heard):
        town.signs_out(tool=f"https://localhost:{port}/")
        found = town.delivers()["tool"]
        assert heard in ([], [b""]), "no token went out"
    assert (found.state, found.outcome, found.attempts) == (DeliveryState.PENDING, "tls", 1)

    town.broker.clock.advance(minutes=1)
    with over_tls(for_loopback(ours), tmp_path) as (port, heard):
        town.moves("tool", f"https://localhost:{port}/")
        found = town.delivers()["tool"]
        assert b"logout_token=" in heard[0]
    assert (found.state, found.outcome, found.attempts) == (DeliveryState.DELIVERED, "200", 2), "the operator renewed it"


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated", "ignore:ssl.OP_NO_TLS")
def test_f34_an_old_version_of_tls_is_refused(town: Town, ours: Certified, tmp_path: Path) -> None:
    with over_tls(for_loopback(ours), tmp_path, oldest=True) as (port, _):
        town.signs_out(tool=f"https://localhost:{port}/")
        assert town.delivers()["tool"].outcome == "tls"
