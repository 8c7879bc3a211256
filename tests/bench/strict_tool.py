"""The same silent sign-in as a tool of the highest demands does it: pushed request, DPoP, private_key_jwt (FAPI 2.0)."""

from __future__ import annotations

import json
import secrets
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key

from broker.core.client import Client, ClientStatus, Operator
from broker.core.client_policy import AuthMethod, ClientKeys, RequestPolicy, TokenPolicy
from tests.bench.wire import Wire
from tests.support.tool import answer_in, challenge_of

CLIENT_ID, REDIRECT, ALGORITHM = "karte-strict", "https://strict.bench/callback", "ES256"
_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def new_key() -> EllipticCurvePrivateKey:
    """A key pair for assertions or proofs."""
    return generate_private_key(SECP256R1())


def public_jwk(key: EllipticCurvePrivateKey) -> dict[str, Any]:
    """The half that may be shown."""
    jwk: dict[str, Any] = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(key.public_key()))
    return jwk


def client(key: EllipticCurvePrivateKey) -> Client:
    """The tool's record. First-party, so that all seats can begin without a page."""
    return Client(
        client_id=CLIENT_ID,
        name="Mitmachkarte, streng",
        operator=Operator("Stadt Beispiel"),
        status=ClientStatus.LIVE,
        redirect_uris=(REDIRECT,),
        sector="strict.bench",
        auth_method=AuthMethod.PRIVATE_KEY_JWT,
        keys=ClientKeys(jwks={"keys": [{**public_jwk(key), "kid": "1", "alg": ALGORITHM, "use": "sig"}]}),
        requests=RequestPolicy(require_pushed=True),
        tokens=TokenPolicy(dpop_bound=True),
        first_party=True,
        fapi=True,
        id_token_alg=ALGORITHM,
    )


@dataclass
class StrictTool:
    """One such tool, on two connections of its own: the citizen's browser and its server."""

    issuer: str
    key: EllipticCurvePrivateKey
    browser: Wire
    server: Wire
    proving: EllipticCurvePrivateKey = field(default_factory=new_key)

    def signs_in(self) -> None:
        """Push, authorize, token."""
        verifier, state = secrets.token_urlsafe(48), secrets.token_urlsafe(24)
        pushed = self._call("/par", self._request(verifier, state), 201)
        query = urlencode({"client_id": CLIENT_ID, "request_uri": pushed["request_uri"]})
        answer = answer_in(self.browser.get(f"/authorize?{query}").location)
        assert (answer.get("state"), answer.get("iss")) == (state, self.issuer), answer
        form = {"grant_type": "authorization_code", "code": answer["code"], "redirect_uri": REDIRECT, "code_verifier": verifier}
        assert self._call("/token", form, 200)["token_type"] == "DPoP"

    def _request(self, verifier: str, state: str) -> dict[str, str]:
        return {
            "response_type": "code",
            "redirect_uri": REDIRECT,
            "scope": "openid",
            "state": state,
            "nonce": secrets.token_urlsafe(24),
            "prompt": "none",
            "code_challenge": challenge_of(verifier),
            "code_challenge_method": "S256",
        }

    def _call(self, path: str, form: dict[str, str], status: int) -> dict[str, Any]:
        reply = self.server.post(path, {**form, **self._assertion()}, {"DPoP": self._proof(path)})
        assert reply.status == status, f"{path}: {reply.status} {reply.body!r}"
        found: dict[str, Any] = json.loads(reply.body)
        return found

    def _assertion(self) -> dict[str, str]:
        now = int(time.time())
        claims = {"iss": CLIENT_ID, "sub": CLIENT_ID, "aud": self.issuer, "jti": secrets.token_urlsafe(16), "iat": now, "exp": now + 60}
        signed = jwt.encode(claims, self.key, ALGORITHM, headers={"kid": "1"})
        return {"client_id": CLIENT_ID, "client_assertion_type": _ASSERTION, "client_assertion": signed}

    def _proof(self, path: str) -> str:
        claims = {"htm": "POST", "htu": f"{self.issuer}{path}", "jti": secrets.token_urlsafe(16), "iat": int(time.time())}
        return jwt.encode(claims, self.proving, ALGORITHM, headers={"typ": "dpop+jwt", "jwk": public_jwk(self.proving)})
