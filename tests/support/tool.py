"""A participation tool as tests see it: asks for a sign-in, redeems codes, checks what it gets with another library than the broker's."""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from flask import Flask
from jwt.algorithms import OKPAlgorithm
from werkzeug.test import TestResponse

from broker.core.client import Client
from tests.support.dpop import Prover

REDIRECT = "https://tool.test/callback"
_AS_PYJWT_CALLS_IT = {"Ed25519": "EdDSA"}  # RFC 9864 gave it the name of its curve
jwt.register_algorithm("Ed25519", OKPAlgorithm())


def challenge_of(verifier: str) -> str:
    """RFC 7636 4.2, S256."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


@dataclass
class Tool:
    """One registered client and what it remembers between request and answer. With a `prover`, each of its calls carries a DPoP proof;
    `proxied` are headers that the proxy adds, e.g. its TLS certificate."""

    app: Flask
    issuer: str
    client: Client
    secret: str
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))
    state: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    nonce: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    prover: Prover | None = None
    proxied: dict[str, str] = field(default_factory=dict)

    def parameters(self, **changes: str | None) -> dict[str, str]:
        """An authorization request; a change to None leaves the parameter out."""
        asked: dict[str, str | None] = {
            "response_type": "code",
            "client_id": self.client.client_id,
            "redirect_uri": self.client.redirect_uris[0],
            "scope": "openid",
            "state": self.state,
            "nonce": self.nonce,
            "code_challenge": challenge_of(self.verifier),
            "code_challenge_method": "S256",
        }
        return {name: value for name, value in {**asked, **changes}.items() if value is not None}

    def url(self, **changes: str | None) -> str:
        """The address of such a request."""
        return f"/authorize?{urlencode(self.parameters(**changes))}"

    def pushes(self, headers: dict[str, str] | None = None, **changes: str | None) -> TestResponse:
        """Pushes an authorization request (RFC 9126), with client_secret_basic, or by name alone without a secret."""
        sent = {**({} if self.client.is_public else self.basic()), **self._proof("POST", "/par"), **(headers or {})}
        return self.posts("/par", self.parameters(**changes), sent)

    def pushed_url(self, **changes: str | None) -> str:
        """The address for the browser after a push."""
        reference = self.pushes(**changes).get_json()["request_uri"]
        return f"/authorize?{urlencode({'client_id': self.client.client_id, 'request_uri': reference})}"

    def posts(self, path: str, form: dict[str, str], headers: dict[str, str] | None = None) -> TestResponse:
        """A form from server to server: no cookies."""
        return self.app.test_client(use_cookies=False).post(path, base_url=self.issuer, data=form, headers=headers or {})

    def calls_token(self, form: dict[str, str], headers: dict[str, str] | None = None, **options: Any) -> TestResponse:
        """A raw call of the token endpoint, from server to server: no cookies."""
        sent = {**self._proof("POST", "/token"), **(headers or {})}
        return self.app.test_client(use_cookies=False).post("/token", base_url=self.issuer, data=form, headers=sent, **options)

    def redeems(self, code: str, **changes: str | None) -> TestResponse:
        """Redeems a code with client_secret_basic (or by name alone without a secret)."""
        form: dict[str, str | None] = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.client.redirect_uris[0],
            "code_verifier": self.verifier,
        }
        if self.client.is_public:
            form["client_id"] = self.client.client_id
        sent = {name: value for name, value in {**form, **changes}.items() if value is not None}
        return self.calls_token(sent, {} if self.client.is_public else self.basic())

    def refreshes(self, refresh_token: str, **changes: str | None) -> TestResponse:
        """Exchanges a refresh token, authenticated as in `redeems`."""
        form: dict[str, str | None] = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        if self.client.is_public:
            form["client_id"] = self.client.client_id
        sent = {name: value for name, value in {**form, **changes}.items() if value is not None}
        return self.calls_token(sent, {} if self.client.is_public else self.basic())

    def calls(self, path: str, form: dict[str, str], headers: dict[str, str] | None = None) -> TestResponse:
        """A form to another endpoint for machines, authenticated as in `redeems`."""
        sent = {**form, "client_id": self.client.client_id} if self.client.is_public else form
        return self.posts(path, sent, {**({} if self.client.is_public else self.basic()), **(headers or {})})

    def introspects(self, token: str) -> dict[str, Any]:
        """What the broker tells this tool about a token."""
        response = self.calls("/introspect", {"token": token})
        assert (response.status_code, response.mimetype) == (200, "application/json"), response.get_data(as_text=True)
        assert response.headers["Cache-Control"] == "no-store"
        told: dict[str, Any] = response.get_json()
        return told

    def revokes(self, token: str, **more: str) -> TestResponse:
        """Gives a token back."""
        return self.calls("/revoke", {"token": token, **more})

    def basic(self, client_id: str | None = None, secret: str | None = None) -> dict[str, str]:
        """The Authorization header of client_secret_basic."""
        credentials = f"{client_id or self.client.client_id}:{self.secret if secret is None else secret}"
        return {"Authorization": f"Basic {base64.b64encode(credentials.encode()).decode()}"}

    def asks_userinfo(self, access_token: str) -> TestResponse:
        """GET /userinfo with a bearer token, or with a proof."""
        bearer = {"Authorization": f"Bearer {access_token}", **self.proxied}
        return self.gets("/userinfo", self.prover.headers("GET", "/userinfo", access_token) if self.prover else bearer)

    def gets(self, path: str, headers: dict[str, str] | None = None) -> TestResponse:
        """A GET from server to server: no cookies."""
        return self.app.test_client(use_cookies=False).get(path, base_url=self.issuer, headers=headers or {})

    def verifies(self, id_token: str, algorithm: str = "RS256") -> dict[str, Any]:
        """The claims of an ID token, checked by PyJWT against the published keys, at the broker's present time."""
        published = self.gets("/jwks").get_json()
        kid = jwt.get_unverified_header(id_token)["kid"]
        key = next(jwt.PyJWK(one, _AS_PYJWT_CALLS_IT.get(one["alg"])) for one in published["keys"] if one["kid"] == kid)
        options: Any = {"require": ["iss", "sub", "aud", "exp", "iat", "auth_time", "sid"], "verify_exp": False, "verify_iat": False}
        claims: dict[str, Any] = jwt.decode(
            id_token, key.key, [algorithm], options=options, audience=self.client.client_id, issuer=self.issuer, leeway=10
        )
        return claims

    def _proof(self, method: str, path: str) -> dict[str, str]:
        return {**(self.prover.headers(method, path) if self.prover else {}), **self.proxied}


def at_authorize(tool: Tool, reference: str, **beside: str) -> str:
    """The address that brings a reference."""
    return f"/authorize?{urlencode({'client_id': tool.client.client_id, 'request_uri': reference, **beside})}"


def answer_in(location: str) -> dict[str, str]:
    """The parameters a tool finds in the query of its redirect URI; each must be there once."""
    found = parse_qs(urlsplit(location).query, keep_blank_values=True, strict_parsing=True)
    assert all(len(values) == 1 for values in found.values()), f"doubled parameters in {location}"
    return {name: values[0] for name, values in found.items()}
