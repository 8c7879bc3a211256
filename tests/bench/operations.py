"""The operations that are measured, each checked: a fast error is not a sign-in."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from tests.bench.hub import BenchHub
from tests.bench.strict_tool import StrictTool
from tests.bench.wire import Reply, Wire
from tests.support.browser import form_of
from tests.support.tool import answer_in, challenge_of

ISSUER, HOST = "https://broker.bench", "broker.bench"
CLIENT_ID, REDIRECT, SCOPE = "karte", "https://tool.bench/callback", "openid profile email"


@dataclass(frozen=True)
class Place:
    """Where the servers are and what the tool knows; travels to the load generator's process."""

    broker_port: int
    floor_port: int
    client_secret: str
    strict_key: bytes


@dataclass
class Seat:
    """One citizen with a browser, and the tool they use: everything one connection of the load generator does."""

    place: Place
    hub: BenchHub
    person: str
    broker: Wire = field(init=False)
    tool: Wire = field(init=False)
    strict: StrictTool = field(init=False)
    keys: dict[str, jwt.PyJWK] = field(default_factory=dict)
    access_token: str = ""
    sub: str = ""

    def __post_init__(self) -> None:
        self.broker, self.tool = Wire(self.place.broker_port, HOST), Wire(self.place.broker_port, HOST)
        self.floor_wire = Wire(self.place.floor_port, "localhost")
        key = load_pem_private_key(self.place.strict_key, None)
        assert isinstance(key, EllipticCurvePrivateKey)
        self.strict = StrictTool(ISSUER, key, self.broker, self.tool)

    @property
    def operations(self) -> Mapping[str, Callable[[], None]]:
        """Every operation by its name in the table."""
        return {
            "silent sign-in": self.signs_in_silently,
            "strict sign-in": self.strict.signs_in,
            "userinfo": self.asks_userinfo,
            "discovery": self.reads_discovery,
            "brokered sign-in": self.signs_in_through_the_hub,
            "floor": lambda: self.touches_floor("/token"),
            "floor + bare SQL": lambda: self.touches_floor("/token-durable"),
        }

    def signs_in_silently(self) -> None:
        """Authorize with session and consent, then token."""
        asked, verifier = self._request(prompt="none")
        answer = self._code(self.broker.get(f"/authorize?{urlencode(asked)}"), asked)
        self._redeem(answer, verifier, asked["nonce"])

    def asks_userinfo(self) -> None:
        """The claims of the last access token."""
        if not self.access_token:
            self.signs_in_silently()
        reply = self.tool.get("/userinfo", {"Authorization": f"Bearer {self.access_token}"})
        assert reply.status == 200, f"userinfo: {reply.status} {reply.body!r}"
        claims = json.loads(reply.body)
        assert claims["sub"] == self.sub
        assert claims["given_name"] == "ERIKA"

    def reads_discovery(self) -> None:
        """The metadata document."""
        reply = self.tool.get("/.well-known/openid-configuration")
        assert json.loads(reply.body)["issuer"] == ISSUER

    def signs_in_through_the_hub(self) -> None:
        """A citizen known already, in a fresh browser: authorize, choice, to the hub and back, code, token. The first time with
        consent."""
        self.broker.forget_cookies()
        asked, verifier = self._request()
        reply = self.broker.get(self.broker.get(f"/authorize?{urlencode(asked)}").location)
        if "/sign-in/" in reply.location:
            reply = self._presses("provider-bundid", reply.location)
        reply = self.broker.get(self.broker.get(self.hub.lets_in(reply.location, self.person)).location)
        if "/consent/" in reply.location:
            reply = self.broker.get(self._presses("consent-allow", reply.location).location)
        self._redeem(self._code(reply, asked), verifier, asked["nonce"])

    def touches_floor(self, second: str) -> None:
        """The two bare views."""
        assert self.floor_wire.get("/authorize").status == 303
        assert self.floor_wire.post(second, {"code": "x" * 43}).status == 200

    def obtains_code(self) -> dict[str, str]:
        """The form with which a fresh code may be redeemed, once."""
        asked, verifier = self._request(prompt="none")
        return self._form(self._code(self.broker.get(f"/authorize?{urlencode(asked)}"), asked), verifier)

    def obtains_refresh_token(self) -> str:
        """One that outlives the session: the citizen is asked."""
        asked, verifier = self._request(scope=f"{SCOPE} offline_access", prompt="consent")
        reply = self.broker.get(self.broker.get(f"/authorize?{urlencode(asked)}").location)
        reply = self.broker.get(self._presses("consent-allow", reply.location).location)
        reply = self.tool.post("/token", self._form(self._code(reply, asked), verifier), self.credentials())
        token: str = json.loads(reply.body)["refresh_token"]
        return token

    def credentials(self) -> dict[str, str]:
        """client_secret_basic."""
        pair = base64.b64encode(f"{CLIENT_ID}:{self.place.client_secret}".encode()).decode()
        return {"Authorization": f"Basic {pair}"}

    def _presses(self, button: str, address: str) -> Reply:
        """Open a page and press a button on it."""
        action, fields = form_of(self.broker.get(address).body.decode(), button)
        return self.broker.post(action, fields, {"Origin": ISSUER, "Referer": f"{ISSUER}/"})

    def _request(self, **more: str) -> tuple[dict[str, str], str]:
        verifier = secrets.token_urlsafe(48)
        asked = {
            "response_type": "code",
            "client_id": CLIENT_ID,
            "redirect_uri": REDIRECT,
            "scope": SCOPE,
            "state": secrets.token_urlsafe(24),
            "nonce": secrets.token_urlsafe(24),
            "code_challenge": challenge_of(verifier),
            "code_challenge_method": "S256",
            **more,
        }
        return asked, verifier

    def _code(self, reply: Reply, asked: Mapping[str, str]) -> str:
        answer = answer_in(reply.location)
        assert "code" in answer, f"no code but {answer}"
        assert (answer["state"], answer["iss"]) == (asked["state"], ISSUER)
        return answer["code"]

    def _form(self, code: str, verifier: str) -> dict[str, str]:
        return {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT, "code_verifier": verifier}

    def _redeem(self, code: str, verifier: str, nonce: str) -> None:
        reply = self.tool.post("/token", self._form(code, verifier), self.credentials())
        assert reply.status == 200, f"token: {reply.status} {reply.body!r}"
        tokens = json.loads(reply.body)
        claims = self._verified(tokens["id_token"])
        assert claims["nonce"] == nonce
        self.access_token, self.sub = tokens["access_token"], claims["sub"]

    def _verified(self, id_token: str) -> dict[str, str]:
        kid = jwt.get_unverified_header(id_token)["kid"]
        if kid not in self.keys:
            published = json.loads(self.tool.get("/jwks").body)["keys"]
            self.keys = {key["kid"]: jwt.PyJWK(key) for key in published if key["alg"] == "RS256"}
        claims: dict[str, str] = jwt.decode(id_token, self.keys[kid], ["RS256"], audience=CLIENT_ID, issuer=ISSUER, leeway=10)
        return claims
