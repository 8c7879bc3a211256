"""A scene for the flows: real stores (SQLite, fakeredis), a hub that does as it is told, one tool and one citizen ID."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from broker.claim_table import load_claim_table
from broker.config import ROOT
from broker.core.client import Client
from broker.core.grant import access_hash
from broker.core.next_step import Issue
from broker.core.request import AuthorizationRequest
from broker.core.session import BrokerSession, Visit
from broker.flows.consenting import Consenting
from broker.flows.ending_at_hub import EndingAtHub
from broker.flows.issuing import CodeCall, Issuing
from broker.flows.judging import Judging
from broker.flows.linking import Linking
from broker.flows.managing_links import ManagingLinks
from broker.flows.opening import Opening
from broker.flows.overseeing import Overseeing
from broker.flows.recognising import Recognising
from broker.flows.refreshing import Refreshing
from broker.flows.releasing import Releasing
from broker.flows.signing_in import SignedIn, SigningIn
from broker.flows.signing_out import SigningOut
from broker.flows.supplementing import Supplementing
from broker.flows.voting import Voting
from broker.flows.watching import Watching
from broker.store.access_tokens import AccessTokens
from broker.store.accounts import Accounts
from broker.store.clients import Clients
from broker.store.codes import Codes
from broker.store.consents import Consents
from broker.store.grants import Grants
from broker.store.hub_logouts import HEAD_START
from broker.store.links import Links
from broker.store.outbox import Outbox
from broker.store.procedures import Procedures
from broker.store.providers import Providers
from broker.store.redis import Redis
from broker.store.refresh_tokens import RefreshTokens
from broker.store.requests import Requests
from broker.store.seal import Seal
from broker.store.session_register import SessionRegister
from broker.store.sessions import Sessions
from broker.store.sql import Database
from broker.store.standings import Standings
from broker.store.subjects import Subjects
from broker.store.troubles import Troubles
from broker.store.vouchers import Vouchers
from tests.support.app import Hub
from tests.support.clock import Clock
from tests.support.makers import BROWSER, REDIRECT, client, provider, request
from tests.support.outbox import hub_logouts_of

TABLE = load_claim_table(ROOT / "realm-config" / "claim-table.yaml")
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


class Scene:
    """The flows, wired as the application wires them, and shortcuts through them."""

    def __init__(self, database: Database, redis: Redis, clock: Clock) -> None:
        self.clock, self.hub, seal = clock, Hub(clock), Seal(bytes(32))
        self.clients, self.providers = Clients(database, seconds=0), Providers(database, seconds=0)
        self.sessions, self.requests = Sessions(redis, seal, clock), Requests(redis, seal)
        hub_logouts = hub_logouts_of(database, clock, redis)
        self.outbox = Outbox(database, hub_logouts, clock)
        self.subjects, self.consents = Subjects(database, seal, clock), Consents(database, clock)
        self.grants, self.codes = Grants(database, clock), Codes(redis, seal)
        self.accounts = Accounts(database, self.outbox, clock)
        self.standings = Standings(database, seal)
        judging = Judging(self.clients, self.providers, self.standings, Releasing(TABLE), clock)
        self.at_hub = EndingAtHub(hub_logouts, self.sessions, self.hub)
        self.signing_out = SigningOut(self.outbox, self.sessions, self.clients, self.at_hub)
        self.overseeing = Overseeing(SessionRegister(database), self.signing_out, clock, bytes(32), most=3)
        self.links = Links(database, self.outbox, clock)
        linking = Linking(self.subjects, bytes(32), clock)
        self.managing_links = ManagingLinks(judging, self.requests, self.subjects, self.links, self.signing_out, clock)
        self.watching = Watching(Troubles(redis), self.providers, clock)
        vouched, page = Supplementing(Vouchers(database, self.subjects, clock), TABLE.age_thresholds), "https://broker.test/voucher"
        opening = Opening(judging, self.sessions, linking, self.links, self.overseeing, bytes(32), clock)
        ways = (linking, opening, self.hub, self.watching, vouched, page, clock)
        self.signing_in = SigningIn(self.requests, self.sessions, judging, *ways)
        self.procedures = Procedures(database, seal, clock, seconds=0)
        voting = Voting(self.procedures)
        self.consenting = Consenting(judging, self.requests, self.subjects, self.consents, voting, clock)
        hash_of = partial(access_hash, as_jwt=False)
        recognising = Recognising(judging, self.sessions, AccessTokens(database, clock), hash_of, voting)
        refreshing = Refreshing(recognising, self.grants, RefreshTokens(database, clock), bytes(32), clock)
        self.issuing = Issuing(judging, self.codes, self.grants, recognising, refreshing, self.subjects, bytes(32), clock)
        self.providers.replace_all([provider("bundid"), provider("sh")])
        self.tool()
        self._numbers = iter(range(1000))

    def tool(self, **fields: Any) -> Client:
        """Register a tool."""
        made = client(**fields)
        self.clients.add(made)
        return made

    def worker_tells_hub(self) -> int:
        """What a worker tells the hub when whoever ended a session has had the time to; how many are settled."""
        self.clock.advance(seconds=HEAD_START.total_seconds())
        return self.at_hub.run_once()

    def begins(self, **fields: Any) -> AuthorizationRequest:
        """A request of now, stored."""
        usual = {"created_at": self.clock(), "id": f"request-{next(self._numbers)}", "code_challenge": CHALLENGE}
        made = request(**{**usual, **fields})
        self.signing_in.begin(made)
        return made

    def is_sent(self, asked: AuthorizationRequest, alias: str = "bundid") -> str:
        """To the hub; the `state` of it."""
        return self.signing_in.send(asked, alias, "de").partition("state=")[2]

    def comes_back(self, state: str, old_session: str | None = None, browser: str = BROWSER) -> SignedIn:
        """From the hub."""
        return self.signing_in.complete({"state": state, "code": "c"}, Visit(browser, old_session))

    def signs_in(
        self, old: BrokerSession | None = None, alias: str = "bundid", **fields: Any
    ) -> tuple[AuthorizationRequest, BrokerSession]:
        """All the way."""
        done = self.comes_back(self.is_sent(self.begins(**fields), alias), old.id if old else None)
        assert done.session is not None
        return done.request, done.session

    def agrees(self, asked: AuthorizationRequest, by: BrokerSession, pseudonym: str | None = "heide-otter") -> AuthorizationRequest:
        """On the consent page."""
        return self.consenting.give(asked, by, pseudonym)

    def gets_code(self, asked: AuthorizationRequest, by: BrokerSession) -> str:
        """The judge says issue, and a code is made."""
        step = self.signing_in.judge(asked, by)
        assert isinstance(step, Issue), step
        return self.issuing.code(asked, by, step)

    def lets_in(self, by: BrokerSession, **fields: Any) -> str:
        """Everything a signed-in citizen needs to do for a tool; the code."""
        asked = self.begins(**fields)
        return self.gets_code(self.agrees(asked, by), by)

    def redeems(self, code: str, **changes: Any) -> Any:
        """The tool at the token endpoint."""
        given = {"client_id": "karte", "redirect_uri": REDIRECT, "code_verifier": VERIFIER, **changes}
        return self.issuing.redeem(given.pop("client_id"), CodeCall(code, **given))

    def changes_tool(self, **fields: Any) -> None:
        """As an administrator would."""
        self.clients.replace(replace(self.clients.get("karte"), **fields))


@pytest.fixture
def scene(quick_database: Database, quick_redis: Redis, clock: Clock) -> Scene:
    """All is set up, nobody has signed in."""
    return Scene(quick_database, quick_redis, clock)
