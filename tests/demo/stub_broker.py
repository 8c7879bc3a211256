"""A stand-in for the broker, for tests of the demo tools: discovery, token, userinfo, keys, and switches that bend one answer."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from flask import Flask, jsonify, request
from joserfc import jwt
from joserfc.jwk import ECKey

from tests.support.serving import serving

LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"


@dataclass
class StubBroker:
    """What it answers stands in `claims` and `userinfo`; what tools sent stands in `authorization` and `tokens_asked`."""

    issuer: str = ""
    key: ECKey = field(default_factory=lambda: ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"}, auto_kid=True))
    claims: dict[str, Any] = field(default_factory=lambda: {"sub": "citizen-1", "sid": "sid-1", "acr": "http://eidas.europa.eu/LoA/high"})
    userinfo: dict[str, Any] = field(default_factory=lambda: {"sub": "citizen-1", "name": "ERIKA MUSTERMANN", "email_verified": False})
    authorization: dict[str, str] = field(default_factory=dict)
    tokens_asked: list[dict[str, str]] = field(default_factory=list)

    def app(self) -> Flask:
        app = Flask(__name__)
        app.add_url_rule("/.well-known/openid-configuration", "discovery", lambda: jsonify(self.discovery()))
        app.add_url_rule("/jwks", "jwks", lambda: jsonify({"keys": [self.key.as_dict(private=False)]}))
        app.add_url_rule("/token", "token", self.token, methods=["POST"])
        app.add_url_rule("/userinfo", "userinfo", lambda: jsonify(self.userinfo))
        return app

    def discovery(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "jwks_uri": f"{self.issuer}/jwks",
            "end_session_endpoint": f"{self.issuer}/logout",
            "id_token_signing_alg_values_supported": ["ES256"],
        }

    def receives(self, location: str) -> dict[str, str]:
        """Takes the address a tool sent the browser to; returns the parameters of the answer."""
        parts = urlsplit(location)
        assert f"{parts.scheme}://{parts.netloc}{parts.path}" == f"{self.issuer}/authorize"
        self.authorization = {name: values[0] for name, values in parse_qs(parts.query).items()}
        return {"code": "code-1", "state": self.authorization["state"], "iss": self.issuer}

    def token(self) -> Any:
        self.tokens_asked.append(dict(request.form))
        now = int(time.time())
        mine = {"iss": self.issuer, "aud": self.authorization["client_id"], "iat": now, "exp": now + 300}
        nonce = {"nonce": self.authorization["nonce"]}
        return jsonify(access_token="at", token_type="Bearer", expires_in=300, id_token=self.signed({**mine, **nonce, **self.claims}))

    def signed(self, claims: dict[str, Any], typ: str = "JWT") -> str:
        return jwt.encode({"alg": "ES256", "kid": self.key.kid, "typ": typ}, claims, self.key)

    def logout_token(self, client_id: str, **bent: Any) -> str:
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": client_id, "iat": now, "exp": now + 120, "jti": uuid.uuid4().hex, "sid": "sid-1"}
        claims["events"] = {LOGOUT_EVENT: {}}
        typ = bent.pop("typ", "logout+jwt")
        return self.signed({name: value for name, value in (claims | bent).items() if value is not None}, typ)


@contextmanager
def running(stub: StubBroker) -> Iterator[StubBroker]:
    """Serves the stub on a free port."""
    with serving(stub.app()) as port:
        stub.issuer = f"http://localhost:{port}"
        yield stub
