"""Sign-outs at the OpenID Connect account: asked for by the client (RP-Initiated Logout 1.0), told to it (Back-Channel Logout 1.0)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import jwt
import pytest
from werkzeug.wrappers import Request, Response

from deploy.demo.oidc.provider import LOGOUT_EVENT
from tests.support.clock import Clock
from tests.support.oidc_account import CALLBACK, ISSUER, OidcAccount, answer_of
from tests.support.serving import serving

GOODBYE = f"{CALLBACK}/logout_response"


@pytest.fixture
def oidc(clock: Clock) -> OidcAccount:
    return OidcAccount(clock)


def _id_token(oidc: OidcAccount) -> str:
    token: str = oidc.redeems(oidc.identifies("eid", "jasper")["code"]).get_json()["id_token"]
    return token


def _has_session(oidc: OidcAccount) -> bool:
    return "code" in answer_of(oidc.asks(prompt="none"))


def test_with_an_id_token_the_session_ends_and_the_browser_goes_back(oidc: OidcAccount) -> None:
    asked = {"id_token_hint": _id_token(oidc), "client_id": "keycloak", "post_logout_redirect_uri": GOODBYE, "state": "bye"}
    assert oidc.browser.get("/logout", query_string=asked).location == f"{GOODBYE}?state=bye"
    assert not _has_session(oidc)


def test_a_program_without_cookies_can_end_it_as_well(oidc: OidcAccount) -> None:
    hint = _id_token(oidc)
    assert oidc.app.test_client().get("/logout", query_string={"id_token_hint": hint}).status_code == 200
    assert not _has_session(oidc)


def test_an_expired_id_token_is_still_a_hint(oidc: OidcAccount, clock: Clock) -> None:
    hint = _id_token(oidc)
    clock.advance(minutes=10)
    oidc.browser.get("/logout", query_string={"id_token_hint": hint})
    assert not _has_session(oidc)


@pytest.mark.parametrize("asked", [{}, {"id_token_hint": "no.id.token"}, {"client_id": "stranger"}])
def test_without_a_proof_nothing_ends_before_the_citizen_agrees(oidc: OidcAccount, asked: dict[str, str]) -> None:
    hint = _id_token(oidc)
    page = oidc.browser.get("/logout", query_string={"id_token_hint": hint, **asked} if asked.get("client_id") else asked)
    assert (page.status_code, "end-session" in page.get_data(as_text=True)) == (200, True)
    assert _has_session(oidc)


def test_the_browser_goes_to_registered_addresses_only(oidc: OidcAccount) -> None:
    asked = {"id_token_hint": _id_token(oidc), "post_logout_redirect_uri": "https://stranger.example"}
    page = oidc.browser.get("/logout", query_string=asked)
    assert (page.status_code, page.location) == (400, None)


@dataclass
class Listener:
    """A client that is told of logouts."""

    status: int = 200
    tokens: list[str] = field(default_factory=list)

    def __call__(self, environ: Any, start_response: Any) -> Any:
        self.tokens.append(Request(environ).form["logout_token"])
        return Response(status=self.status)(environ, start_response)


@pytest.fixture
def listener() -> Listener:
    return Listener()


@pytest.fixture
def told(clock: Clock, listener: Listener) -> Iterator[OidcAccount]:
    """An account whose client listens."""
    oidc = OidcAccount(clock)
    settings = oidc.account.settings
    with serving(listener) as port:
        oidc.account.settings = replace(settings, client=replace(settings.client, backchannel_logout_uri=f"http://localhost:{port}/"))
        yield oidc


def test_a_citizen_who_signs_out_here_is_signed_out_at_the_client(told: OidcAccount, listener: Listener) -> None:
    claims = told.checked(_id_token(told))
    page = told.browser.post("/end-session")
    assert "told" in page.get_data(as_text=True)
    (token,) = listener.tokens
    said = told.checked(token)
    assert jwt.get_unverified_header(token)["typ"] == "logout+jwt"
    assert (said["sub"], said["sid"], said["events"]) == (claims["sub"], claims["sid"], {LOGOUT_EVENT: {}})
    assert (said["iss"], "nonce" in said, said["jti"] != "") == (ISSUER, False, True)
    assert not _has_session(told)


def test_a_client_that_does_not_listen_keeps_nobody_signed_in_here(told: OidcAccount, listener: Listener) -> None:
    listener.status = 500
    _id_token(told)
    assert 'id="told"' not in told.browser.post("/end-session").get_data(as_text=True)
    assert not _has_session(told)


def test_without_a_session_there_is_nothing_to_end(oidc: OidcAccount) -> None:
    assert oidc.browser.post("/end-session").status_code == 410
