"""The protocol side of the hub: Keycloak's addresses, parameters and errors for the one client `broker`."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from werkzeug.datastructures import Authorization

from deploy.demo.bundid.identity import Login
from deploy.demo.bundid.vocabulary import Attribute
from deploy.demo.hub.choices import released, upstream_note
from deploy.demo.hub.settings import ACR_LEVELS, HubSettings
from deploy.demo.hub.sign_ins import (
    CODE_LIFETIME,
    PUSHED_LIFETIME,
    SESSION_LIFETIME,
    SIGN_IN_LIFETIME,
    AuthenticationRequest,
    Expiring,
    HubSession,
    IssuedCode,
    SignIn,
)
from deploy.demo.hub.tokens import TOKEN_SECONDS, HubKey

PROTOCOL = "/protocol/openid-connect"
REQUEST_URI = "urn:ietf:params:oauth:request_uri:"


class BadRequest(Exception):
    """A request whose client or redirect URI is wrong: it ends on a page of the hub, never at the client."""


class TokenError(Exception):
    """An error answer of the token endpoint."""

    def __init__(self, error: str, status: int = 400) -> None:
        super().__init__(error)
        self.error = error
        self.status = status


@dataclass(slots=True)
class Hub:
    """Everything the hub knows and decides; the pages around it are in `site`."""

    settings: HubSettings
    key: HubKey = field(default_factory=HubKey)
    pushed: Expiring[Mapping[str, str]] = field(default_factory=lambda: Expiring(PUSHED_LIFETIME))
    sign_ins: Expiring[SignIn] = field(default_factory=lambda: Expiring(SIGN_IN_LIFETIME))
    codes: Expiring[IssuedCode] = field(default_factory=lambda: Expiring(CODE_LIFETIME))
    sessions: Expiring[HubSession] = field(default_factory=lambda: Expiring(SESSION_LIFETIME))

    def metadata(self) -> dict[str, Any]:
        """The discovery document."""
        endpoints = f"{self.settings.issuer}{PROTOCOL}"
        return {
            "issuer": self.settings.issuer,
            "authorization_endpoint": f"{endpoints}/auth",
            "token_endpoint": f"{endpoints}/token",
            "pushed_authorization_request_endpoint": f"{endpoints}/ext/par/request",
            "jwks_uri": f"{endpoints}/certs",
            "end_session_endpoint": f"{endpoints}/logout",
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code"],
            "subject_types_supported": ["public"],
            "scopes_supported": ["openid"],
            "id_token_signing_alg_values_supported": ["ES256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
            "code_challenge_methods_supported": ["S256"],
            "acr_values_supported": list(ACR_LEVELS),
            "authorization_response_iss_parameter_supported": True,
        }

    def push(self, form: Mapping[str, str], authorization: Authorization | None) -> dict[str, Any]:
        """Keeps the parameters of a request away from the browser (RFC 9126). Raises TokenError."""
        self._authenticate_client(form, authorization)
        if "request_uri" in form or form.get("redirect_uri") != self.settings.redirect_uri:
            raise TokenError("invalid_request")
        kept = {name: value for name, value in form.items() if name != "client_secret"} | {"client_id": self.settings.client_id}
        handle = self.pushed.add(kept, self.settings.now())
        return {"request_uri": f"{REQUEST_URI}{handle}", "expires_in": int(PUSHED_LIFETIME.total_seconds())}

    def unpushed(self, parameters: Mapping[str, str]) -> Mapping[str, str]:
        """The parameters a `request_uri` stands for, or those given. Like Keycloak it can be used again in its time. Raises BadRequest."""
        if "request_uri" not in parameters:
            return parameters
        kept = self.pushed.find(parameters["request_uri"].removeprefix(REQUEST_URI), self.settings.now())
        if kept is None or parameters.get("client_id") != kept["client_id"]:
            raise BadRequest("request_uri is unknown or expired")
        return kept

    def read_request(self, parameters: Mapping[str, str]) -> AuthenticationRequest:
        """The request, its client and redirect URI checked. Raises BadRequest."""
        if parameters.get("client_id") != self.settings.client_id:
            raise BadRequest("unknown client")
        if parameters.get("redirect_uri") != self.settings.redirect_uri:
            raise BadRequest("redirect_uri is not registered")
        asked = [parameters.get("bp_level", ""), *(str(ACR_LEVELS.get(acr, 1)) for acr in parameters.get("acr_values", "").split())]
        return AuthenticationRequest(
            redirect_uri=self.settings.redirect_uri,
            state=parameters.get("state", ""),
            nonce=parameters.get("nonce", ""),
            code_challenge=parameters.get("code_challenge", ""),
            minimum_level=max((int(level) for level in asked if level in {"1", "2", "3", "4"}), default=1),
            attributes=self._attributes(parameters.get("bp_attrs", "")),
        )

    def _attributes(self, asked: str) -> frozenset[str]:
        allowed = {attribute.value for attribute in self.settings.attributes}
        named = {f"urn:oid:{oid.removesuffix('!')}" for oid in asked.split()} & allowed
        return frozenset(named | {Attribute.BPK2.value} if named else allowed)

    def refusal(self, parameters: Mapping[str, str]) -> str | None:
        """The protocol error of a request whose redirect URI is right, if it has one."""
        if parameters.get("response_type") != "code":
            return "unsupported_response_type"
        if parameters.get("code_challenge_method") != "S256" or not parameters.get("code_challenge"):
            return "invalid_request"
        if "openid" not in parameters.get("scope", "").split():
            return "invalid_scope"
        return None

    def error_address(self, request: AuthenticationRequest, error: str, description: str = "") -> str:
        """Where the browser goes with an error."""
        answer = {"error": error} | ({"error_description": description} if description else {})
        return self._address(request, answer)

    def code_address(self, request: AuthenticationRequest, session: HubSession) -> str:
        """Where the browser goes with a fresh code."""
        code = self.codes.add(IssuedCode(request, session), self.settings.now())
        return self._address(request, {"session_state": session.sid, "code": code})

    def _address(self, request: AuthenticationRequest, answer: dict[str, str]) -> str:
        if request.state:
            answer["state"] = request.state
        return f"{request.redirect_uri}?{urlencode({**answer, 'iss': self.settings.issuer})}"

    def begin_session(self, login: Login) -> HubSession:
        """A new session with a new id."""
        now = self.settings.now()
        session = HubSession(sid=secrets.token_urlsafe(24), login=login, authenticated_at=now)
        self.sessions.put(session.sid, session, now)
        return session

    def redeem(self, form: Mapping[str, str], authorization: Authorization | None) -> dict[str, Any]:
        """The token endpoint. Raises TokenError."""
        self._authenticate_client(form, authorization)
        if form.get("grant_type") != "authorization_code":
            raise TokenError("unsupported_grant_type")
        issued = self.codes.take(form.get("code"), self.settings.now())
        if issued is None or form.get("redirect_uri") != issued.request.redirect_uri:
            raise TokenError("invalid_grant")
        if not _fits(form.get("code_verifier", ""), issued.request.code_challenge):
            raise TokenError("invalid_grant")
        return {
            "access_token": secrets.token_urlsafe(32),
            "token_type": "Bearer",
            "expires_in": TOKEN_SECONDS,
            "scope": "openid",
            "session_state": issued.session.sid,
            "id_token": self.key.sign(self._claims(issued), self.settings.now()),
        }

    def _authenticate_client(self, form: Mapping[str, str], authorization: Authorization | None) -> None:
        by_header = authorization is not None and authorization.type == "basic"
        given = (
            (authorization.username, authorization.password)
            if by_header and authorization
            else (form.get("client_id"), form.get("client_secret"))
        )
        expected = (self.settings.client_id, self.settings.client_secret)
        if not all(hmac.compare_digest((a or "").encode(), b.encode()) for a, b in zip(given, expected, strict=True)):
            raise TokenError("unauthorized_client", 401)

    def _claims(self, issued: IssuedCode) -> dict[str, Any]:
        session, login = issued.session, issued.session.login
        values = released(login, issued.request, self.settings, session.authenticated_at)
        return {
            "iss": self.settings.issuer,
            "aud": self.settings.client_id,
            "azp": self.settings.client_id,
            "typ": "ID",
            "sub": f"lightweight-{session.sid}",
            "sid": session.sid,
            "auth_time": int(session.authenticated_at.timestamp()),
            "nonce": issued.request.nonce,
            "acr": "urn:bp:loa:basic",  # Keycloak says so after every brokered login, whatever was reached
            "up_idp": self.settings.provider_alias,
            "up_principal": values[Attribute.BPK2].text,
            "upstream": upstream_note(values, login, self.settings, session.authenticated_at),
        }


def _fits(verifier: str, challenge: str) -> bool:
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=")
    return hmac.compare_digest(digest, challenge.encode())
