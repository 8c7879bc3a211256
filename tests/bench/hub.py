"""The hub of the bench: answers at once and for whom it is told; what it spends is not counted."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt

from tests.support.stub_hub import StubHub, erika


@dataclass
class BenchHub(StubHub):
    """A stub hub for many sign-ins at once, each with the nonce and the person of its own."""

    waiting: dict[str, dict[str, str]] = field(default_factory=dict)
    signed_in: dict[str, tuple[str, str]] = field(default_factory=dict)

    def lets_in(self, location: str, person: str) -> str:
        """A browser arrives at `location` and signs in as `person`: where it is sent next."""
        asked = self.waiting.pop(parse_qs(urlsplit(location).query)["request_uri"][0])
        code = secrets.token_urlsafe(24)
        self.signed_in[code] = (asked["nonce"], person)
        return f"{asked['redirect_uri']}?{urlencode({'state': asked['state'], 'code': code, 'iss': self.issuer})}"

    def _answer(self, path: str, values: dict[str, str]) -> tuple[int, dict[str, Any]]:
        if path == "/par":
            reference = f"urn:bench:{secrets.token_urlsafe(12)}"
            self.waiting[reference] = values
            return 201, {"request_uri": reference, "expires_in": 60}
        if path == "/token":
            key = self.keys[0]
            claims = self._claims(*self.signed_in.pop(values["code"]))
            return 200, {"id_token": jwt.encode(claims, key.private, algorithm="ES256", headers={"kid": key.kid})}
        return super()._answer(path, values)

    def _claims(self, nonce: str, person: str) -> dict[str, Any]:
        now = int(time.time())
        usual = {"iss": self.issuer, "aud": "broker", "azp": "broker", "sub": secrets.token_hex(18), "sid": secrets.token_hex(18)}
        times = {"iat": now, "auth_time": now, "exp": now + 60}
        return {**usual, **times, "nonce": nonce, "up_idp": "bundid", "up_principal": person, "upstream": erika()}
