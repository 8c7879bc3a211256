"""The hub pronounces a sign-out (OIDC Back-Channel Logout 1.0 2.6): what is believed ends it everywhere, all else ends nothing (LO-04)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from werkzeug.test import TestResponse

from broker.core.client_policy import GrantType, TokenPolicy
from broker.core.errors import UpstreamUnavailable
from broker.upstream.logout_token import EVENT
from tests.support.app import Broker, Hub
from tests.support.browser import Browser
from tests.support.clock import Clock
from tests.support.hub_scene import HubScene
from tests.support.outbox import takes_all
from tests.support.stub_hub import Key, running_hub
from tests.support.tool import Tool

REFRESHING = TokenPolicy(grant_types=(GrantType.AUTHORIZATION_CODE, GrantType.REFRESH_TOKEN), refresh_with_session=True)


@dataclass
class SignedIn:
    """A citizen who is signed in at a tool, and the hub that may end it."""

    broker: Broker
    hub_scene: HubScene
    browser: Browser
    tool: Tool
    refresh_token: str

    @property
    def hub_sid(self) -> str:
        session = self.broker.session_of(self.browser)
        assert session is not None
        assert session.upstream_sid
        return session.upstream_sid

    def claims(self, **changes: Any) -> dict[str, Any]:
        now = int(self.broker.clock().timestamp())
        usual: dict[str, Any] = {"iss": self.hub_scene.hub.issuer, "aud": "broker", "iat": now, "exp": now + 120, "jti": "once"}
        usual |= {"sub": "lightweight-1", "sid": self.hub_sid, "typ": "Logout", "events": {EVENT: {}}}
        return {name: value for name, value in (usual | changes).items() if value is not ...}

    def token(self, key: Key | None = None, typ: str = "logout+jwt", **changes: Any) -> str:
        key = key or self.hub_scene.hub.keys[0]
        return jwt.encode(self.claims(**changes), key.private, algorithm="ES256", headers={"kid": key.kid, "typ": typ})

    def calls(self, method: str = "POST", path: str = "/bclogout", **options: Any) -> TestResponse:
        return self.broker.app.test_client(use_cookies=False).open(path, method=method, base_url=self.broker.issuer, **options)

    def hears(self, *tokens: str) -> TestResponse:
        return self.calls(data={"logout_token": list(tokens)})

    def is_still_there(self) -> bool:
        return "code" in self.browser.opens(self.tool.url(prompt="none")).answer


@pytest.fixture
def signed_in(broker: Broker, clock: Clock) -> Iterator[SignedIn]:
    """The hub's logout tokens are read as in production."""
    with running_hub() as hub:
        scene = HubScene(hub, clock)
        broker.hub.read_logout = scene.login.read_logout  # type: ignore[method-assign]
        tool, browser = broker.tool(tokens=REFRESHING), broker.browser()
        tokens = tool.redeems(browser.arrives(tool).code).get_json()
        yield SignedIn(broker, scene, browser, tool, tokens["refresh_token"])
        scene.close()


def test_lo_04_a_token_of_the_hub_ends_the_session_and_tells_the_tools(signed_in: SignedIn) -> None:
    answer = signed_in.hears(signed_in.token())

    assert (answer.status_code, answer.data, answer.headers["Cache-Control"]) == (200, b"", "no-store")
    assert not signed_in.is_still_there()
    assert signed_in.tool.refreshes(signed_in.refresh_token).status_code == 400
    assert [delivery.client_id for delivery in takes_all(signed_in.broker.parts.stores.outbox)] == ["karte"]
    assert signed_in.broker.hub.ended == [], "the hub knows already"


def test_a_session_the_broker_does_not_have_is_ended_already(signed_in: SignedIn) -> None:
    assert signed_in.hears(signed_in.token(sid="somebody-elses")).status_code == 200
    assert signed_in.is_still_there()


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://evil.test"},
        {"aud": "somebody"},
        {"aud": ["broker", "somebody"]},
        {"events": {}},
        {"events": ...},
        {"events": {"https://evil.test/event": {}}},
        {"events": {EVENT: True}},
        {"events": EVENT},
        {"nonce": "n"},
        {"nonce": None},
        {"sid": ...},
        {"sid": 7},
        {"sid": ""},
        {"jti": ...},
        {"jti": ["once"]},
        {"iat": ...},
        {"iat": "now"},
        {"iat": True},
        {"exp": 1},
        {"exp": float("nan")},
        {"typ_header": "JWT"},
        {"typ_header": "at+jwt"},
    ],
)
def test_lo_04_a_token_that_is_not_one_ends_nothing(signed_in: SignedIn, changes: dict[str, Any]) -> None:
    typ = changes.pop("typ_header", "logout+jwt")

    answer = signed_in.hears(signed_in.token(typ=typ, **changes))

    assert (answer.status_code, answer.get_json()["error"]) == (400, "invalid_request")
    assert answer.headers["Cache-Control"] == "no-store"
    assert signed_in.is_still_there()


@pytest.mark.parametrize("seconds", [-3600, -131, 30, 3600])
def test_lo_04_an_old_token_and_one_from_the_future_end_nothing(signed_in: SignedIn, seconds: int) -> None:
    at = int((signed_in.broker.clock() + timedelta(seconds=seconds)).timestamp())
    assert signed_in.hears(signed_in.token(iat=at, exp=at + 7200)).status_code == 400
    assert signed_in.is_still_there()


def test_lo_04_a_token_somebody_else_signed_ends_nothing(signed_in: SignedIn) -> None:
    claims, kid = signed_in.claims(), signed_in.hub_scene.hub.keys[0].kid
    public = signed_in.hub_scene.hub.keys[0].private.public_key()
    foreign = Key(kid, ec.generate_private_key(ec.SECP256R1()))
    unsigned = jwt.encode(claims, None, algorithm="none", headers={"kid": kid, "typ": "logout+jwt"})
    symmetric = jwt.encode(claims, str(public.public_numbers().x), algorithm="HS256", headers={"kid": kid, "typ": "logout+jwt"})
    for forged in (signed_in.token(foreign), signed_in.token(Key("unknown")), unsigned, symmetric, "a.b.c", "", "x" * 70_000):
        assert signed_in.hears(forged).status_code in (400, 413, 503)
        assert signed_in.is_still_there()


def test_lo_04_a_token_counts_once(signed_in: SignedIn) -> None:
    once = signed_in.token(sid="another-session")
    assert signed_in.hears(once).status_code == 200
    assert signed_in.hears(once).status_code == 400
    assert signed_in.hears(signed_in.token()).status_code == 400, "the same jti again, whatever else it says"
    assert signed_in.is_still_there()


def test_lo_04_an_id_token_of_the_hub_is_no_logout_token(signed_in: SignedIn) -> None:
    claims = signed_in.hub_scene.claims(sid=signed_in.hub_sid)
    key = signed_in.hub_scene.hub.keys[0]
    assert signed_in.hears(jwt.encode(claims, key.private, algorithm="ES256", headers={"kid": key.kid})).status_code == 400
    assert signed_in.is_still_there()


def test_the_request_has_to_be_a_form_with_one_token(signed_in: SignedIn) -> None:
    token = signed_in.token()
    assert signed_in.hears().status_code == 400
    assert signed_in.hears(token, token).status_code == 400
    assert signed_in.calls(json={"logout_token": token}).status_code == 400
    assert signed_in.calls(path=f"/bclogout?logout_token={token}").status_code == 400
    assert signed_in.calls("GET", f"/bclogout?logout_token={token}").status_code == 405
    assert signed_in.is_still_there()


def test_an_outage_is_said_and_ends_nothing_halfway(signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as outage:
        outage.setattr(signed_in.broker.hub, "trouble", UpstreamUnavailable("no keys"))
        outage.setattr(signed_in.broker.hub, "read_logout", Hub.read_logout.__get__(signed_in.broker.hub))
        assert signed_in.hears(signed_in.token()).status_code == 503
    assert signed_in.is_still_there()
    assert signed_in.hears(signed_in.token()).status_code == 200


def test_two_browsers_on_one_session_of_the_hub_are_both_signed_out(signed_in: SignedIn) -> None:
    signed_in.broker.hub.sid = signed_in.hub_sid
    second = signed_in.broker.browser()
    second.arrives(signed_in.tool)
    signed_in.hears(signed_in.token())
    for browser in (signed_in.browser, second):
        assert "code" not in browser.opens(signed_in.tool.url(prompt="none")).answer
