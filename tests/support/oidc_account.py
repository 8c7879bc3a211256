"""A relying party at the simulated OpenID Connect account, and a citizen at its pages, without browser or network."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, quote_plus, urlsplit

import jwt
import lxml.html
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from deploy.demo.oidc.provider import Account
from deploy.demo.oidc.settings import RelyingParty, Settings
from deploy.demo.oidc.site import create_app
from deploy.demo.oidc.vocabulary import SHAPES
from tests.support.clock import Clock

ISSUER = "http://localhost:8086"
REALM = "http://localhost:8080/realms/citizens"
CALLBACK = f"{REALM}/broker/oidc/endpoint"
SECRET = "a secret, with signs: /+=&"
VERIFIER = "v" * 64
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
CLIENT = RelyingParty.keycloak(REALM, "oidc", "keycloak", SECRET)


@dataclass
class OidcAccount:
    """One simulator, its relying party and one browser."""

    clock: Clock
    shape: str = "keycloak"
    options: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.account = Account(Settings(ISSUER, CLIENT, SHAPES[self.shape], clock=self.clock, **self.options))
        self.app = create_app(self.account)
        self.browser: FlaskClient = self.app.test_client()

    def asks(self, **changed: str | None) -> TestResponse:
        """The browser comes with an authorization request; None leaves a parameter out."""
        asked: dict[str, str | None] = {
            "client_id": "keycloak", "redirect_uri": CALLBACK, "response_type": "code", "scope": "openid", "state": "s1", "nonce": "n1",
            "code_challenge": CHALLENGE, "code_challenge_method": "S256",
        }  # fmt: skip
        return self.browser.get("/authorize", query_string={k: v for k, v in (asked | changed).items() if v is not None})

    def identifies(self, means: str, person: str, *faults: str, **asked: str | None) -> dict[str, str]:
        """Comes, chooses and confirms; the parameters of the answer."""
        page = urlsplit(self.asks(**asked).location or "").path
        assert page.startswith("/sign-in/"), "the account answered without asking anybody"
        assert self.browser.post(f"{page}/{means}", data={"account": person}).status_code == 303
        return answer_of(self.browser.post(f"{page}/confirm", data={"fault": list(faults)}))

    def sees(self, page: TestResponse) -> lxml.html.HtmlElement:
        """The page a redirect leads to."""
        return lxml.html.document_fromstring(self.browser.get(urlsplit(page.location or "").path).get_data(as_text=True))

    def redeems(self, code: str, **changed: Any) -> TestResponse:
        """At the token endpoint, as a program without cookies. `auth`: other credentials than the right ones."""
        auth = changed.pop("auth", (CLIENT.client_id, quote_plus(SECRET)))  # RFC 6749 2.3.1
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": CALLBACK, "code_verifier": VERIFIER}
        return self.app.test_client().post("/token", data={**form, **changed}, auth=auth)

    def signs_in(self, means: str, person: str, *faults: str, **asked: str | None) -> dict[str, Any]:
        """The checked claims of the ID token after a whole sign-in."""
        return self.checked(self.redeems(self.identifies(means, person, *faults, **asked)["code"]).get_json()["id_token"])

    def checked(self, id_token: str) -> dict[str, Any]:
        """Verified by a library that the simulator does not use."""
        keys = jwt.PyJWKSet.from_dict(self.app.test_client().get("/jwks").get_json())
        key = keys[jwt.get_unverified_header(id_token)["kid"]]
        now_is_injected = {"verify_exp": False, "verify_iat": False, "verify_nbf": False}
        return jwt.decode(id_token, key, algorithms=["ES256"], audience="keycloak", issuer=ISSUER, options=now_is_injected)

    def userinfo(self, tokens: Mapping[str, str]) -> Any:
        answer = self.app.test_client().get("/userinfo", headers={"Authorization": f"Bearer {tokens['access_token']}"})
        return answer.get_json()


def answer_of(answer: TestResponse) -> dict[str, str]:
    """The parameters with which the browser goes back to the relying party."""
    location = answer.location or ""
    assert location.startswith(f"{CALLBACK}?"), f"{answer.status_code} {location}"
    return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}
