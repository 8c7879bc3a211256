"""Tools as far as a sign-out meets them: receivers of logout tokens, each written to the rules of one product, in code of our own.

They find the keys where the broker publishes them and verify with other libraries than the one it signs with: PyJWT and jwcrypto.
What a product asks beyond OIDC Back-Channel Logout 1.0, section 2.6, is said at its class, and so is what it answers.
"""

from __future__ import annotations

import base64
import binascii
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from time import time
from typing import TYPE_CHECKING, Any

import jwt
import requests
from jwcrypto.common import JWException
from jwcrypto.jwk import JWKSet
from jwcrypto.jwt import JWT
from werkzeug.wrappers import Request, Response

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

EVENT = "http://schemas.openid.net/event/backchannel-logout"
_UNKEPT = {"Cache-Control": "no-cache, no-store", "Pragma": "no-cache"}


class Refused(Exception):
    """The token is refused; the text is what the product says."""


@dataclass(frozen=True)
class KeptSession:
    """What a tool remembers of a sign-in."""

    iss: str
    sub: str
    sid: str


@dataclass
class Receiver(ABC):
    """One tool: its sessions, and what it answered so far. A WSGI application."""

    issuer: str
    client_id: str
    sessions: list[KeptSession] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)

    ALGORITHMS = ("RS256", "ES256", "PS256")
    """Those this product can be told to expect."""

    def signs_in(self, id_token: Mapping[str, Any]) -> KeptSession:
        """Somebody came with this ID token."""
        self.sessions.append(KeptSession(id_token["iss"], id_token["sub"], id_token["sid"]))
        return self.sessions[-1]

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        response = self.answer(Request(environ))
        self.answers.append(response.status_code)
        return response(environ, start_response)

    @abstractmethod
    def answer(self, request: Request) -> Response:
        """What the product answers."""

    def key_set(self) -> dict[str, Any]:
        """The broker's keys, by its metadata."""
        return self._read(self.metadata()["jwks_uri"])

    def metadata(self) -> dict[str, Any]:
        """The broker's metadata."""
        return self._read(f"{self.issuer}/.well-known/openid-configuration")

    def end(self, ended: Callable[[KeptSession], bool]) -> None:
        """Forget these sessions."""
        self.sessions = [session for session in self.sessions if not ended(session)]

    def _read(self, url: str) -> dict[str, Any]:
        found: dict[str, Any] = requests.get(url, timeout=10).json()
        return found


class NextcloudReceiver(Receiver):
    """user_oidc, `LoginController::backChannelLogout`. It wants iss, aud, iat, exp, jti and events; the session has to be known by `sid`,
    once, and with this very `sub` and `iss`. The token's algorithm has to be its key's; its library knows no PS256. 200 or 400 in JSON; a
    signature that does not fit is an exception nobody catches there: 500."""

    ALGORITHMS = ("RS256", "ES256")
    LEEWAY, LONGEST_AGE = 60, 300

    def answer(self, request: Request) -> Response:
        """As the controller does."""
        try:
            claims = self._decoded(request.form.get("logout_token", ""))
        except (jwt.PyJWTError, KeyError):
            return Response("Internal Server Error", 500)
        try:
            self._check(claims)
            session = self._session(claims)
        except Refused as refusal:
            return _json({"error": str(refusal)}, 400)
        self.end(lambda one: one == session)
        return _json([], 200)

    def _decoded(self, token: str) -> dict[str, Any]:
        header = jwt.get_unverified_header(token)
        keys = {one["kid"]: one for one in self.key_set()["keys"]}  # it wants a kid of every key
        key = keys[header["kid"]]
        if header["alg"] not in self.ALGORITHMS or key.get("alg", header["alg"]) != header["alg"]:
            raise jwt.InvalidAlgorithmError
        wanted: Any = {"verify_aud": False, "require": ["iss", "aud", "iat", "exp", "jti", "events"]}
        claims: dict[str, Any] = jwt.decode(token, jwt.PyJWK(key), [header["alg"]], options=wanted, leeway=self.LEEWAY)
        return claims

    def _check(self, claims: Mapping[str, Any]) -> None:
        audience = claims["aud"]
        if audience != self.client_id and not (isinstance(audience, list) and self.client_id in audience):
            raise Refused("invalid audience")
        if not isinstance(claims["events"], dict) or claims["events"].get(EVENT) is None:
            raise Refused("invalid event")
        if claims.get("nonce") is not None:
            raise Refused("invalid nonce")
        if abs(time() - int(claims["iat"])) > self.LONGEST_AGE:
            raise Refused("stale token")

    def _session(self, claims: Mapping[str, Any]) -> KeptSession:
        known = [session for session in self.sessions if session.sid == claims.get("sid")]
        if len(known) != 1:
            raise Refused("invalid SID")
        if known[0].sub != claims.get("sub"):
            raise Refused("invalid SUB")
        if known[0].iss != claims["iss"]:
            raise Refused("invalid ISS")
        return known[0]


class SynapseReceiver(Receiver):
    """Matrix Synapse, `handle_backchannel_logout`. Whose token it is it reads before anything is verified: `iss`, and `aud` as text or list
    of texts. It takes the algorithms that the metadata lists. `sid` has to be there: without it 400, whatever `sub` says; the sessions of
    that `sid` end if they are of that `sub`, and none is no mistake. 200 without a body, or 400 with its own kind of JSON."""

    LEEWAY = 120

    def answer(self, request: Request) -> Response:
        """As both handlers do."""
        try:
            token = request.form["logout_token"]
            self._addressed(token)
            claims = self._verified(token)
        except (Refused, JWException, KeyError, ValueError) as refusal:
            return _json({"errcode": "M_UNKNOWN", "error": f"Invalid logout_token: {type(refusal).__name__}"}, 400)
        self.end(lambda one: one.sid == claims["sid"] and one.sub == claims.get("sub", one.sub))
        return Response("", 200, _UNKEPT)

    def _addressed(self, token: str) -> None:
        _, payload, _ = token.split(".")
        try:
            claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        except (binascii.Error, UnicodeError) as error:
            raise Refused from error
        audience = [claims["aud"]] if isinstance(claims["aud"], str) else claims["aud"]
        if not isinstance(audience, list) or not all(isinstance(one, str) for one in audience):
            raise Refused
        if claims["iss"] != self.issuer or self.client_id not in audience:
            raise Refused

    def _verified(self, token: str) -> dict[str, Any]:
        metadata, keys = self.metadata(), JWKSet.from_json(json.dumps(self.key_set()))
        accepted = [one for one in metadata["id_token_signing_alg_values_supported"] if one in self.ALGORITHMS]
        reader = JWT(algs=accepted, check_claims={"iss": metadata["issuer"], "aud": self.client_id})
        reader.deserialize(token, keys)
        reader.validate(keys)
        claims: dict[str, Any] = json.loads(reader.claims)
        if claims.get("exp", time()) < time() - self.LEEWAY or claims["iat"] > time() + self.LEEWAY:
            raise Refused
        events = claims.get("events")
        if not isinstance(claims.get("sid"), str) or not claims["sid"] or "nonce" in claims:
            raise Refused
        if not isinstance(events, dict) or EVENT not in events:
            raise Refused
        return claims


class HelusersReceiver(Receiver):
    """django-helusers (Helsinki), `OIDCBackChannelLogout`. The form has to be a plain one, `iss` one it trusts; aud, iat, jti are wanted,
    `sub` or `sid` as text, an event whose value is an object. It tries every key of the set. It notes what it was told and looks there at
    every call of its API, by `sid` alone. 200 or 400, no body, not to be cached."""

    def answer(self, request: Request) -> Response:
        """As the view does."""
        if request.method != "POST":
            return Response("", 405)
        try:
            if request.headers["Content-Type"] != "application/x-www-form-urlencoded":
                raise Refused
            claims = self._verified(request.form["logout_token"])
        except (Refused, jwt.PyJWTError, KeyError):
            return Response("", 400, _UNKEPT)
        self.end(lambda one: one.iss == claims["iss"] and one.sid == claims.get("sid"))
        return Response("", 200, _UNKEPT)

    def _verified(self, token: str) -> dict[str, Any]:
        if jwt.decode(token, options={"verify_signature": False})["iss"] != self.issuer:
            raise Refused
        claims = self._by_any_key(token)
        if self.client_id not in ([claims["aud"]] if isinstance(claims["aud"], str) else claims["aud"]):
            raise Refused
        named = [claims[name] for name in ("sub", "sid") if name in claims]
        if not named or not all(isinstance(one, str) for one in named):
            raise Refused
        if not isinstance(claims["events"], dict) or not isinstance(claims["events"][EVENT], dict) or "nonce" in claims:
            raise Refused
        return claims

    def _by_any_key(self, token: str) -> dict[str, Any]:
        wanted: Any = {"verify_aud": False, "require": ["aud", "iat", "jti"]}
        for key in self.key_set()["keys"]:
            if key["alg"] in self.ALGORITHMS:
                try:
                    found: dict[str, Any] = jwt.decode(token, jwt.PyJWK(key).key, list(self.ALGORITHMS), options=wanted)
                except (jwt.InvalidSignatureError, jwt.InvalidKeyError, TypeError):
                    continue
                return found
        raise Refused


RECEIVERS: tuple[type[Receiver], ...] = (NextcloudReceiver, SynapseReceiver, HelusersReceiver)


def _json(content: object, status: int) -> Response:
    return Response(json.dumps(content), status, mimetype="application/json")
