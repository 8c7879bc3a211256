"""Reading an authorization request: one validated value object, whichever way it came (OIDC Core 3.1.2.1, RFC 6749 4.1.1, RFC 7636 4.3).

Each rule is one small function; the first that fails decides. Pushed requests (RFC 9126) and request objects (RFC 9101) will hand their
parameters to the same reader.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from broker.core.claim import ClaimTable
from broker.core.client import Client
from broker.core.errors import (
    InvalidRequest,
    InvalidScope,
    RegistrationNotSupported,
    RequestNotSupported,
    RequestUriNotSupported,
    UnsupportedResponseType,
)
from broker.core.ids import new_id
from broker.core.ports import Clock
from broker.core.request import AuthorizationRequest, Prompt
from broker.core.trust import TrustLevel
from broker.oidc.claims_parameter import ClaimsParameter, read_claims
from broker.oidc.id_token_hint import HintReader
from broker.oidc.parameters import Parameters
from broker.oidc.return_address import DEFAULT_MODE, ReturnAddress

LIMITS: Mapping[str, int] = MappingProxyType(
    {
        "client_id": 255,
        "redirect_uri": 2048,
        "response_type": 100,
        "response_mode": 50,
        "scope": 1024,
        "state": 4096,
        "nonce": 1024,
        "code_challenge": 128,
        "code_challenge_method": 20,
        "prompt": 100,
        "max_age": 10,
        "acr_values": 1024,
        "claims": 8192,
        "id_token_hint": 8192,
        "login_hint": 512,
        "ui_locales": 256,
        "idp_hint": 64,
        "kc_idp_hint": 64,
        "request": 16384,
        "request_uri": 2048,
        "registration": 8192,
    }
)
"""Every parameter this endpoint knows, with its longest value in characters. Others are ignored, `resource` among them."""

_MOST_SCOPES = 50
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")  # the base64url of a SHA-256 has no other length (RFC 7636 4.2)
_ALIAS = re.compile(r"[A-Za-z0-9._-]+")
_TAG = re.compile(r"[A-Za-z0-9-]{1,35}")


@dataclass(frozen=True, slots=True)
class RequestReader:
    """Turns parameters into an `AuthorizationRequest`; needs client and return address to be known already."""

    claim_table: ClaimTable
    hints: HintReader
    clock: Clock

    def read(self, parameters: Parameters, client: Client, address: ReturnAddress, browser_id: str) -> AuthorizationRequest:
        """Raises InvalidRequest or a kin of it, or UnmetTrust; all of them may be sent to `address`."""
        _check_form(parameters)
        claims = read_claims(parameters.get("claims"))
        return AuthorizationRequest(
            id=new_id(),
            browser_id=browser_id,
            client_id=client.client_id,
            redirect_uri=address.redirect_uri,
            response_mode=_response_mode(parameters, client),
            scopes=self.scopes(parameters, client),
            created_at=self.clock(),
            state=parameters.get("state"),
            nonce=parameters.get("nonce"),
            code_challenge=_code_challenge(parameters, client),
            prompts=_prompts(parameters),
            max_age=_max_age(parameters),
            wanted_trust=max(_first_level(parameters.get("acr_values")), claims.wanted_trust),
            required_trust=claims.required_trust,
            hinted_sub=self._hinted_sub(parameters, client, claims),
            login_hint=parameters.get("login_hint"),
            provider_hint=_provider_hint(parameters),
            ui_locales=tuple(tag for tag in (parameters.get("ui_locales") or "").split() if _TAG.fullmatch(tag)),
            asked_userinfo=claims.userinfo,
            asked_id_token=claims.id_token,
        )

    def scopes(self, parameters: Parameters, client: Client) -> tuple[str, ...]:
        """Scopes that exist and that this client may have; the rest is left out (RFC 6749 3.3)."""
        asked = dict.fromkeys((parameters.get("scope") or "").split())
        if "openid" not in asked:
            raise InvalidScope("scope has to contain openid")
        if "openid" not in client.scopes:
            raise InvalidScope("openid is not allowed to this client")
        known = {"openid", *self.claim_table.scopes}
        return tuple(scope for scope in asked if scope in known and scope in client.scopes)

    def _hinted_sub(self, parameters: Parameters, client: Client, claims: ClaimsParameter) -> str | None:
        token = parameters.get("id_token_hint")
        hinted = self.hints.subject(token, client.client_id) if token else None
        if hinted and claims.sub and hinted != claims.sub:
            raise InvalidRequest("id_token_hint and claims name different subjects")
        return hinted or claims.sub


def _check_form(parameters: Parameters) -> None:
    scope = parameters.get("scope") or ""
    if len(scope) > LIMITS["scope"] or scope.count(" ") >= _MOST_SCOPES:
        raise InvalidScope("scope is too long")
    if parameters.get("request"):
        raise RequestNotSupported
    if parameters.get("request_uri"):
        raise RequestUriNotSupported
    if parameters.get("registration"):
        raise RegistrationNotSupported
    parameters.check(LIMITS, multiline=("claims",))
    response_type = parameters.get("response_type")
    if not response_type:
        raise InvalidRequest("response_type is missing")
    if response_type != "code":
        raise UnsupportedResponseType("the only response_type is code")


def _response_mode(parameters: Parameters, client: Client) -> str:
    mode = parameters.get("response_mode") or DEFAULT_MODE
    if mode not in client.response_modes:
        raise InvalidRequest("response_mode does not exist or is not allowed to this client")
    return mode


def _code_challenge(parameters: Parameters, client: Client) -> str | None:
    challenge, method = parameters.get("code_challenge"), parameters.get("code_challenge_method")
    if challenge is None:
        if method is not None:
            raise InvalidRequest("code_challenge_method without code_challenge")
        if client.needs_pkce:
            raise InvalidRequest("code_challenge is missing: this client has to use PKCE with S256")
        return None
    if method != "S256":  # a missing method means plain (RFC 7636 4.3)
        raise InvalidRequest("code_challenge_method has to be S256")
    if not _CHALLENGE.fullmatch(challenge):
        raise InvalidRequest("code_challenge has to be 43 characters of base64url")
    return challenge


def _prompts(parameters: Parameters) -> frozenset[Prompt]:
    words = frozenset((parameters.get("prompt") or "").split())
    if not words <= set(Prompt):
        raise InvalidRequest("prompt holds an unknown value")
    if Prompt.NONE in words and len(words) > 1:
        raise InvalidRequest("prompt none stands alone")
    return frozenset(map(Prompt, words))


def _max_age(parameters: Parameters) -> int | None:
    text = parameters.get("max_age")
    if text is None:
        return None
    if not (text.isascii() and text.isdigit()):
        raise InvalidRequest("max_age has to be a whole number of seconds, 0 or more")
    return int(text)


def _first_level(acr_values: str | None) -> TrustLevel:
    """The level of the first value known here: the order is the tool's preference (OIDC Core 3.1.2.1)."""
    levels = map(TrustLevel.from_acr, (acr_values or "").split())
    return next((level for level in levels if level > TrustLevel.NONE), TrustLevel.NONE)


def _provider_hint(parameters: Parameters) -> str | None:
    hint = parameters.get("idp_hint") or parameters.get("kc_idp_hint")
    return hint if hint and _ALIAS.fullmatch(hint) else None
