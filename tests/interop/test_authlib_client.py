"""Authlib's client as a tool: signs in by code and PKCE, refreshes, asks about its tokens, revokes them, signs out (A-04, A-08, A-20)."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.jwk import KeySet

from tests.interop.visitor import Visitor
from tests.support.stack import StartedStack

pytestmark = [pytest.mark.interop, pytest.mark.timeout(900)]

CLIENT_ID = "authlib"
ADDRESS = "http://localhost:9"  # nobody listens there: the browser is stopped before it goes back to the tool


@dataclass
class AuthlibTool:
    """One client of the broker; what it knows of the broker it reads from discovery."""

    issuer: str
    client_id: str
    secret: str = field(repr=False)
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48), repr=False)

    def __post_init__(self) -> None:
        self.provider: dict[str, Any] = requests.get(f"{self.issuer}/.well-known/openid-configuration", timeout=10).json()
        self.session = OAuth2Session(
            self.client_id,
            self.secret,
            scope="openid profile offline_access",
            redirect_uri=self.redirect_uri,
            code_challenge_method="S256",
            token_endpoint=self.provider["token_endpoint"],
        )

    @property
    def redirect_uri(self) -> str:
        return f"{ADDRESS}/{self.client_id}/callback"

    def begins(self, **more: str) -> str:
        """The address of the authorization request."""
        url, self.state = self.session.create_authorization_url(
            self.provider["authorization_endpoint"], code_verifier=self.verifier, prompt="consent", **more
        )
        return str(url)

    def completes(self, answer: str) -> dict[str, Any]:
        """The tokens."""
        found: dict[str, Any] = self.session.fetch_token(authorization_response=answer, code_verifier=self.verifier, state=self.state)
        return found

    def reads(self, id_token: str) -> dict[str, Any]:
        """The claims, checked."""
        keys = KeySet.import_key_set(requests.get(self.provider["jwks_uri"], timeout=10).json())
        token = jwt.decode(id_token, keys, algorithms=["RS256"])
        jwt.JWTClaimsRegistry(iss={"essential": True, "value": self.issuer}, aud={"essential": True, "value": self.client_id}).validate(
            token.claims
        )
        return dict(token.claims)

    def revokes(self, token: str) -> requests.Response:
        """RFC 7009."""
        revoke: Any = self.session.revoke_token
        answer: requests.Response = revoke(self.provider["revocation_endpoint"], token=token)
        return answer

    def sign_out_address(self, id_token: str) -> str:
        """Where the tool sends whoever signs out."""
        asked = {"id_token_hint": id_token, "post_logout_redirect_uri": f"{ADDRESS}/{self.client_id}/out", "state": "farewell"}
        return f"{self.provider['end_session_endpoint']}?{urlencode(asked)}"

    def client_file(self) -> str:
        """What the operator of such a tool hands in."""
        return f"""
client_id = "{self.client_id}"
name = "Authlib's client"
preset = "generic"
base_url = "{ADDRESS}"
redirect_uris = ["{self.redirect_uri}"]
post_logout_redirect_uris = ["{ADDRESS}/{self.client_id}/out"]
scopes = ["openid", "profile", "offline_access"]
sector = "{self.client_id}.example"
secret = {{ env = "AUTHLIB_CLIENT_SECRET" }}

[operator]
name = "Stadt Beispielhausen"
contact = "authlib@beispielhausen.example"
privacy_url = "{ADDRESS}/privacy"

[tokens]
grant_types = ["authorization_code", "refresh_token"]

[[claims]]
name = "preferred_username"
required = true
purpose = {{ de = "Steht neben Ihren Beiträgen.", en = "Is shown beside your contributions." }}
"""


@pytest.fixture(scope="module")
def secret(stack: StartedStack) -> str:
    """The tool is registered."""
    secret = secrets.token_urlsafe(32)
    made = AuthlibTool(stack.broker_url, CLIENT_ID, secret)
    stack.registers({made.client_id: made.client_file()}, AUTHLIB_CLIENT_SECRET=secret)
    return secret


@pytest.fixture
def tool(stack: StartedStack, secret: str) -> Iterator[AuthlibTool]:
    """The tool as it comes fresh to a test."""
    made = AuthlibTool(stack.broker_url, CLIENT_ID, secret)
    yield made
    made.session.close()


def test_signing_in_refreshing_and_out_a04_a08_a20(stack: StartedStack, tool: AuthlibTool) -> None:
    visitor = Visitor()
    tokens = tool.completes(visitor.answers(tool))
    claims = tool.reads(tokens["id_token"])
    userinfo = tool.session.get(tool.provider["userinfo_endpoint"]).json()
    assert userinfo["sub"] == claims["sub"]
    assert userinfo["preferred_username"]

    refreshed = tool.session.refresh_token(refresh_token=tokens["refresh_token"])
    assert refreshed["refresh_token"] != tokens["refresh_token"]
    again = tool.reads(refreshed["id_token"])
    assert (again["sub"], again["auth_time"]) == (claims["sub"], claims["auth_time"])
    assert tool.session.get(tool.provider["userinfo_endpoint"]).json()["sub"] == claims["sub"]

    visitor.stopping.stops_before = f"{ADDRESS}/{tool.client_id}/out"
    visitor.browser.opens(tool.sign_out_address(refreshed["id_token"]))
    assert parse_qs(urlsplit(visitor.stopping.stopped_at).query)["state"] == ["farewell"]
    visitor.browser.opens(f"{stack.tool_url('karte')}/login?silent=1")
    visitor.is_told("login_required")


def test_asking_about_tokens_and_revoking_them_rt_09_rt_13(tool: AuthlibTool) -> None:
    tokens = tool.completes(Visitor().answers(tool))
    about = tool.session.introspect_token(tool.provider["introspection_endpoint"], token=tokens["access_token"]).json()
    assert about["active"] is True
    assert about["client_id"] == tool.client_id

    answer = tool.revokes(tokens["refresh_token"])
    assert answer.status_code == 200
    assert tool.session.introspect_token(tool.provider["introspection_endpoint"], token=tokens["access_token"]).json() == {"active": False}
    with pytest.raises(OAuthError, match="invalid_grant"):
        tool.session.refresh_token(refresh_token=tokens["refresh_token"])
