"""A tool held to FAPI 2.0, built with npm's openid-client: keys instead of secrets, pushed requests, DPoP."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from joserfc.jwk import ECKey, OKPKey, RSAKey

from tests.interop.openid_client import ADDRESS, run_node

SCRIPT = Path(__file__).parent / "node" / "fapi_relying_party.mjs"
_MEMBERS = ("kty", "crv", "n", "e", "x", "y")


def _key(algorithm: str) -> dict[str, Any]:
    """A new private key of this kind, with a kid."""
    made = {
        "ES256": lambda: ECKey.generate_key("P-256"),
        "PS256": lambda: RSAKey.generate_key(2048),
        "Ed25519": lambda: OKPKey.generate_key(),
    }
    key = made[algorithm]()
    return {**key.as_dict(private=True), "kid": "key-1"}


@dataclass
class FapiTool:
    """One client of the broker: every key it uses is of `alg`. `signed`: its requests and the answers to them are signed as well."""

    issuer: str
    alg: str
    signed: bool = False
    asked: dict[str, Any] = field(default_factory=dict, repr=False)
    key: dict[str, Any] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self.key = self.key or _key(self.alg)

    @property
    def client_id(self) -> str:
        return f"fapi-{self.alg.lower()}{'-signed' if self.signed else ''}"

    @property
    def redirect_uri(self) -> str:
        return f"{ADDRESS}/{self.client_id}/callback"

    @property
    def after_sign_out(self) -> str:
        return f"{ADDRESS}/{self.client_id}/out"

    def begins(self, **more: str) -> str:
        """The address for the browser, after the request was pushed."""
        self.asked = self._runs({"do": "begin", "more": more})
        assert "url" in self.asked, self.asked
        return str(self.asked["url"])

    def completes(self, answer: str, **changes: Any) -> dict[str, Any]:
        """What the library makes of the broker's answer; `changes` are things it remembers wrongly."""
        return self._runs({"do": "complete", "answer": answer, **self.asked, **changes})

    def _runs(self, request: dict[str, Any]) -> dict[str, Any]:
        known = {
            "issuer": self.issuer,
            "clientId": self.client_id,
            "alg": self.alg,
            "idTokenAlg": self.alg,
            "signed": self.signed,
            "key": self.key,
            "redirectUri": self.redirect_uri,
            "afterSignOut": self.after_sign_out,
            "scope": "openid profile",
        }
        return run_node(SCRIPT, known | request)

    def client_file(self) -> str:
        """What the operator of such a tool hands in."""
        public = {name: value for name, value in self.key.items() if name in _MEMBERS} | {"kid": self.key["kid"], "alg": self.alg}
        jwk = ", ".join(f"{name} = {json.dumps(value)}" for name, value in public.items())
        modes = '["jwt", "query.jwt"]' if self.signed else '["query"]'
        return f"""
client_id = "{self.client_id}"
name = "openid-client (FAPI 2.0, {self.alg})"
preset = "generic"
base_url = "{ADDRESS}"
redirect_uris = ["{self.redirect_uri}"]
post_logout_redirect_uris = ["{self.after_sign_out}"]
scopes = ["openid", "profile"]
sector = "{self.client_id}.example"
auth_method = "private_key_jwt"
fapi = true
id_token_alg = "{self.alg}"
response_modes = {modes}

[keys]
signing_alg = "{self.alg}"
jwks = {{ keys = [{{ {jwk} }}] }}

[requests]
require_pushed = true
require_signed = {str(self.signed).lower()}

[tokens]
grant_types = ["authorization_code", "refresh_token"]
refresh_with_session = true
dpop_bound = true
dpop_nonce = true

[operator]
name = "Stadt Beispielhausen"
contact = "fapi@beispielhausen.example"
privacy_url = "{ADDRESS}/privacy"

[[claims]]
name = "preferred_username"
required = true
purpose = {{ de = "Steht neben Ihren Beiträgen.", en = "Is shown beside your contributions." }}
"""
