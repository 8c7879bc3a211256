"""The protocol side: sessions, codes, tokens and logout for the one registered client."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote_plus, urlencode

from werkzeug.datastructures import Authorization

from deploy.demo.bundid.identity import Login
from deploy.demo.hub.sign_ins import Expiring
from deploy.demo.oidc import faults, sign_ins
from deploy.demo.oidc.answer import AnswerPlan, id_token
from deploy.demo.oidc.authorization_request import UNSUPPORTED, AuthorizationRequest
from deploy.demo.oidc.identity import amr_of, known_claims, subject_of
from deploy.demo.oidc.settings import Settings
from deploy.demo.oidc.sign_ins import AccessToken, IssuedCode, Session, SignIn
from deploy.demo.oidc.tokens import ALGORITHM, SigningKey
from deploy.demo.oidc.vocabulary import CLAIMS, SCOPES, WORDS

TOKEN_SECONDS = 60
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"


class TokenError(Exception):
    """An error answer of the token endpoint."""

    def __init__(self, error: str, status: int = 400) -> None:
        super().__init__(error)
        self.error, self.status = error, status


@dataclass(slots=True)
class Account:
    """Everything the account service knows and decides; the pages around it are in `site`. ``always_faults`` bend every answer."""

    settings: Settings
    always_faults: list[str] = field(default_factory=list)
    key: SigningKey = field(default_factory=SigningKey)
    sign_ins: Expiring[SignIn] = field(default_factory=lambda: Expiring(sign_ins.SIGN_IN_LIFETIME))
    codes: Expiring[IssuedCode] = field(default_factory=lambda: Expiring(sign_ins.CODE_LIFETIME))
    access_tokens: Expiring[AccessToken] = field(default_factory=lambda: Expiring(sign_ins.TOKEN_LIFETIME))
    sessions: Expiring[Session] = field(default_factory=lambda: Expiring(sign_ins.SESSION_LIFETIME))

    def metadata(self) -> dict[str, Any]:
        """The discovery document (OpenID Connect Discovery 3)."""
        issuer, words = self.settings.issuer, WORDS[self.settings.shape.words]
        return {
            "issuer": issuer,
            "authorization_endpoint": f"{issuer}/authorize",
            "token_endpoint": f"{issuer}/token",
            "userinfo_endpoint": f"{issuer}/userinfo",
            "jwks_uri": f"{issuer}/jwks",
            "end_session_endpoint": f"{issuer}/logout",
            "scopes_supported": ["openid", *SCOPES],
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code"],
            "acr_values_supported": list(words.values()),
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": [ALGORITHM],
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
            "code_challenge_methods_supported": ["S256"],
            "claims_supported": ["sub", "acr", "amr", "auth_time", *CLAIMS],
            "claims_parameter_supported": True,
            **{f"{name}_parameter_supported": False for name in UNSUPPORTED if name != "registration"},
            "ui_locales_supported": ["de", "en"],
            "authorization_response_iss_parameter_supported": True,
            "backchannel_logout_supported": True,
            "backchannel_logout_session_supported": True,
        }

    def session_for(self, request: AuthorizationRequest, session: Session | None) -> Session | None:
        """The session that answers without asking anybody (OpenID Connect Core 3.1.2.1), if there is one."""
        if session is None or request.prompts & {"login", "select_account", "consent"}:
            return None
        age = (self.settings.clock() - session.authenticated_at).total_seconds()
        is_fresh = request.max_age is None or age <= request.max_age
        return session if is_fresh and session.login.level >= request.minimum_level else None

    def begin_session(self, login: Login) -> Session:
        """A new session with a new id."""
        now = self.settings.clock()
        session = Session(secrets.token_urlsafe(24), login, now)
        self.sessions.put(session.sid, session, now)
        return session

    def code_address(self, request: AuthorizationRequest, session: Session, chosen: tuple[str, ...] = ()) -> str:
        """Where the browser goes with a fresh code; ``chosen`` are faults."""
        issued = IssuedCode(request, session, (*self.always_faults, *chosen))
        return self._address(request, {"code": self.codes.add(issued, self.settings.clock())})

    def error_address(self, request: AuthorizationRequest, error: str, description: str = "") -> str:
        """Where the browser goes with an error."""
        return self._address(request, {"error": error} | ({"error_description": description} if description else {}))

    def _address(self, request: AuthorizationRequest, answer: dict[str, str]) -> str:
        state = {} if request.state is None else {"state": request.state}
        return f"{request.redirect_uri}?{urlencode({**answer, **state, 'iss': self.settings.issuer})}"  # RFC 9207

    def redeem(self, form: Mapping[str, str], authorization: Authorization | None) -> dict[str, Any]:
        """The token endpoint. Raises TokenError."""
        self._authenticate_client(authorization)
        if form.get("grant_type") != "authorization_code":
            raise TokenError("unsupported_grant_type")
        issued = self.codes.take(form.get("code"), self.settings.clock())
        if issued is None or form.get("redirect_uri") != issued.request.redirect_uri:
            raise TokenError("invalid_grant")
        if not _fits(form.get("code_verifier", ""), issued.request.code_challenge):
            raise TokenError("invalid_grant")
        plan = self._plan(issued)
        return {
            "access_token": self.access_tokens.add(AccessToken(plan.userinfo), self.settings.clock()),
            "token_type": "Bearer",
            "expires_in": int(sign_ins.TOKEN_LIFETIME.total_seconds()),
            "scope": " ".join(scope for scope in issued.request.scopes if scope == "openid" or scope in SCOPES),
            "id_token": id_token(plan, self.key),
        }

    def _authenticate_client(self, authorization: Authorization | None) -> None:
        """client_secret_basic; name and secret are form-encoded inside it (RFC 6749 2.3.1)."""
        basic = authorization if authorization is not None and authorization.type == "basic" else None
        given = (unquote_plus((basic and basic.username) or ""), unquote_plus((basic and basic.password) or ""))
        expected = (self.settings.client.client_id, self.settings.client.client_secret)
        if not all(hmac.compare_digest(one.encode(), other.encode()) for one, other in zip(given, expected, strict=True)):
            raise TokenError("invalid_client", 401)

    def _plan(self, issued: IssuedCode) -> AnswerPlan:
        request, session, now = issued.request, issued.session, int(self.settings.clock().timestamp())
        subject = subject_of(session.login, self.settings.client.client_id)
        known = known_claims(session.login, self.settings.shape, self.settings.clock())
        claims = {
            "iss": self.settings.issuer,
            "aud": self.settings.client.client_id,
            "azp": self.settings.client.client_id,
            "sub": subject,
            "sid": session.sid,
            "iat": now,
            "exp": now + TOKEN_SECONDS,
            "auth_time": int(session.authenticated_at.timestamp()),
            "acr": WORDS[self.settings.shape.words][session.login.level],
            "amr": amr_of(session.login),
            **({"nonce": request.nonce} if request.nonce is not None else {}),
            **{name: value for name, value in known.items() if name in request.in_id_token},
        }
        userinfo = {"sub": subject, **{name: value for name, value in known.items() if name in request.in_userinfo}}
        return faults.bend(AnswerPlan(claims, userinfo), list(issued.faults))

    def userinfo(self, token: str) -> Mapping[str, Any] | None:
        """What an access token opens; None if it is not valid."""
        found = self.access_tokens.find(token, self.settings.clock())
        return found.userinfo if found else None

    def end(self, sid: str | None) -> Session | None:
        """Ends a session; what it was."""
        return self.sessions.take(sid, self.settings.clock())

    def hinted_sid(self, id_token_hint: str, client_id: str | None) -> str | None:
        """The session an ID token of ours names, if it was issued to the client that asks (RP-Initiated Logout 1.0, 2)."""
        claims = self.key.claims_of(id_token_hint)
        if claims is None or (client_id is not None and claims.get("aud") != client_id):
            return None
        return str(claims.get("sid", ""))

    def logout_token(self, session: Session) -> str:
        """The token of Back-Channel Logout 1.0, 2.4 for the client."""
        now, client = int(self.settings.clock().timestamp()), self.settings.client
        claims = {
            "iss": self.settings.issuer,
            "aud": client.client_id,
            "sub": subject_of(session.login, client.client_id),
            "sid": session.sid,
            "iat": now,
            "exp": now + 2 * TOKEN_SECONDS,
            "jti": secrets.token_urlsafe(16),
            "events": {LOGOUT_EVENT: {}},
        }
        return self.key.sign(claims, typ="logout+jwt")


def _fits(verifier: str, challenge: str) -> bool:
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=")
    return hmac.compare_digest(digest, challenge.encode())
