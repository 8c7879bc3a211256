"""Receivers written to the rules of Nextcloud, Synapse and django-helusers accept what the worker sends, and end the right session (A-19,
LO-03; participation tools 12, 21). Refused are tokens with a fault, so each of them can fail."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import jwt
import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import rsa

from broker.core.delivery import Delivery, DeliveryState
from broker.flows.delivering import Delivering, Signer
from broker.flows.dispatching import Dispatching
from broker.flows.posting import Posting
from tests.interop.logout_receivers import EVENT, RECEIVERS, HelusersReceiver, KeptSession, NextcloudReceiver, Receiver, SynapseReceiver
from tests.support.app import Broker, closing, start
from tests.support.browser import Browser
from tests.support.clock import RealTime
from tests.support.servers import free_port
from tests.support.serving import serving
from tests.support.tool import Tool

pytestmark = [pytest.mark.interop, pytest.mark.timeout(120)]

FOREIGN = rsa.generate_private_key(65537, 2048)
EACH = [(kind, algorithm) for kind in RECEIVERS for algorithm in kind.ALGORITHMS]


@pytest.fixture
def broker(sqlite_url: str) -> Iterator[Broker]:
    """The broker at a port of its own, in real time, where tools find its keys."""
    issuer = f"http://localhost:{free_port()}"
    broker = start(sqlite_url, "fake://", RealTime(), issuer=issuer)
    broker.issuer = issuer
    with serving(broker.app, urlsplit(issuer).port or 80):
        yield from closing(broker)


@dataclass
class Scene:
    """A tool with a receiver, and whoever is signed in there."""

    broker: Broker
    tool: Tool
    receiver: Receiver
    url: str
    browsers: dict[str, Browser] = field(default_factory=dict)

    def signs_in(self, person: str) -> KeptSession:
        """At the broker, and so at the tool."""
        self.broker.hub.person = person
        browser = self.browsers[person] = self.broker.browser()
        answer = self.tool.redeems(browser.arrives(self.tool).code).get_json()
        return self.receiver.signs_in(self.tool.verifies(answer["id_token"], self.tool.client.id_token_alg))

    def signs_out(self, person: str) -> None:
        """On the broker's own page."""
        browser = self.browsers[person]
        browser.presses(browser.opens("/logout"), "logout-confirm")

    def works(self, sign: Signer | None = None) -> list[Delivery]:
        """What a worker does, and what came of everything so far."""
        stores = self.broker.parts.stores
        sign, post = sign or self.broker.parts.keys.sign, Posting().post
        delivering = Delivering(stores.clients, stores.signing_keys, sign, post, self.broker.issuer, self.broker.clock)
        Dispatching(stores.outbox, delivering.attempt).run_once()
        return list(stores.delivery_log.newest(10))

    def token(self, session: KeptSession, **changes: Any) -> str:
        """A logout token that the broker signed; a change to None leaves the claim out."""
        return self.broker.parts.keys.sign(self.claims(session, **changes), "logout+jwt", self.tool.client.id_token_alg)

    def claims(self, session: KeptSession, **changes: Any) -> Mapping[str, object]:
        now = int(self.broker.clock().timestamp())
        usual: dict[str, Any] = {"iss": session.iss, "sub": session.sub, "sid": session.sid, "aud": self.tool.client.client_id}
        usual |= {"iat": now, "exp": now + 120, "jti": secrets.token_urlsafe(16), "events": {EVENT: {}}, **changes}
        return {name: value for name, value in usual.items() if value is not None}

    def hears(self, token: str) -> int:
        """The status of a token that was not sent by a worker."""
        return requests.post(self.url, {"logout_token": token}, timeout=10).status_code


def scene(broker: Broker, kind: type[Receiver], algorithm: str = "RS256") -> Iterator[Scene]:
    """A tool of this kind, with nobody signed in."""
    receiver = kind(broker.issuer, "tool")
    with serving(receiver) as port:
        url = f"http://localhost:{port}/logout"
        yield Scene(broker, broker.tool("tool", backchannel_logout_uri=url, id_token_alg=algorithm), receiver, url)


@pytest.fixture(params=RECEIVERS, ids=lambda kind: kind.__name__)
def here(request: pytest.FixtureRequest, broker: Broker) -> Iterator[Scene]:
    yield from scene(broker, request.param)


@pytest.fixture(params=EACH, ids=lambda each: f"{each[0].__name__}-{each[1]}")
def signing_here(request: pytest.FixtureRequest, broker: Broker) -> Iterator[Scene]:
    yield from scene(broker, *request.param)


def test_lo_03_the_right_session_ends_and_only_that(signing_here: Scene) -> None:
    signing_here.signs_in("erika")
    max_ = signing_here.signs_in("max")

    signing_here.signs_out("erika")
    (delivery,) = signing_here.works()

    assert (delivery.state, delivery.outcome, delivery.attempts) == (DeliveryState.DELIVERED, "200", 1)
    assert signing_here.receiver.sessions == [max_]
    signing_here.signs_out("max")
    signing_here.works()
    assert (signing_here.receiver.sessions, signing_here.receiver.answers) == ([], [200, 200]), "each was told once"


REFUSED: dict[str, dict[str, Any]] = {
    "another audience": {"aud": "somebody"},
    "no audience": {"aud": None},
    "another issuer": {"iss": "https://evil.test"},
    "no event": {"events": None},
    "another event": {"events": {"https://evil.test/event": {}}},
    "a nonce": {"nonce": "n"},
    "over for long": {"iat": 1_700_000_000, "exp": 1_700_000_120},
}


def test_lo_04_a_token_with_a_fault_ends_nothing_and_the_same_without_it_does(here: Scene) -> None:
    session = here.signs_in("erika")
    for fault, changes in REFUSED.items():
        assert here.hears(here.token(session, **changes)) >= 400, fault
        assert here.receiver.sessions == [session], fault

    assert here.hears(here.token(session)) == 200
    assert here.receiver.sessions == []


def test_lo_04_a_token_that_somebody_else_signed_ends_nothing(here: Scene) -> None:
    session = here.signs_in("erika")
    claims, kid = dict(here.claims(session)), jwt.get_unverified_header(here.token(session))["kid"]
    for forged in (
        jwt.encode(claims, FOREIGN, "RS256", {"kid": kid, "typ": "logout+jwt"}),
        jwt.encode(claims, FOREIGN, "RS256", {"kid": "unknown", "typ": "logout+jwt"}),
        jwt.encode(claims, None, "none", {"kid": kid, "typ": "logout+jwt"}),
        "a.b.c",
        "",
    ):
        assert here.hears(forged) >= 400
    assert here.receiver.sessions == [session]


OWN_RULES: dict[type[Receiver], list[tuple[dict[str, Any], int]]] = {
    NextcloudReceiver: [({"sid": "unknown"}, 400), ({"sub": "somebody else"}, 400), ({"exp": None}, 500), ({"jti": None}, 500)],
    SynapseReceiver: [({"sid": None}, 400), ({"sub": "somebody else"}, 200)],
    HelusersReceiver: [({"jti": None}, 400), ({"events": {EVENT: True}}, 400), ({"sid": None}, 200)],
}


@pytest.mark.parametrize("kind", OWN_RULES, ids=lambda kind: kind.__name__)
def test_what_one_product_asks_beyond_the_others(broker: Broker, kind: type[Receiver]) -> None:
    """Why the broker sends everything: `sid` and `sub`, `exp`, `jti`, and an event that is an object."""
    for here in scene(broker, kind):
        session = here.signs_in("erika")
        for changes, status in OWN_RULES[kind]:
            assert here.hears(here.token(session, **changes)) == status, changes
            assert here.receiver.sessions == [session], "nothing has ended, whatever was answered"


def test_a_broker_that_left_out_the_sid_would_be_seen_to(broker: Broker) -> None:
    def without_sid(claims: Mapping[str, object], typ: str, algorithm: str) -> str:
        return broker.parts.keys.sign({name: value for name, value in claims.items() if name != "sid"}, typ, algorithm)

    for here in scene(broker, SynapseReceiver):
        session = here.signs_in("erika")
        here.signs_out("erika")

        (delivery,) = here.works(without_sid)

        assert (delivery.outcome, here.receiver.sessions) == ("400", [session])
