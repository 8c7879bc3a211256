"""Reading an authorization request: one validated value object, whichever way it came (OIDC Core 3.1.2.1, RFC 6749 4.1.1, RFC 7636 4.3).

Each rule is one small function; the first that fails decides. What was pushed or came in a request object passes the same rules.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from broker.core.claim import ClaimTable
from broker.core.client import Client
from broker.core.client_policy import GrantType
from broker.core.errors import (
    InvalidRequest,
    InvalidScope,
    RegistrationNotSupported,
    UnsupportedResponseType,
)
from broker.core.grant import OFFLINE_ACCESS, OPENID
from broker.core.ids import new_id
from broker.core.oauth_errors import UnauthorizedClient
from broker.core.ports import Clock
from broker.core.procedure import VOTING
from broker.core.request import AuthorizationRequest, Prompt
from broker.core.trust import TrustLevel
from broker.oidc.claims_parameter import ClaimsParameter, read_claims
from broker.oidc.id_token_hint import HintReader
from broker.oidc.parameters import Parameters
from broker.oidc.request_limits import LIMITS
from broker.oidc.request_source import Asked
from broker.oidc.return_address import DEFAULT_MODE
from broker.oidc.voting_scope import OpenProcedures, voting_scope

_MOST_SCOPES = 50
_SHA_256 = re.compile(r"[A-Za-z0-9_-]{43}")  # its base64url has no other length (RFC 7636 4.2, RFC 7638 3)
_ALIAS = re.compile(r"[A-Za-z0-9._-]+")
_TAG = re.compile(r"[A-Za-z0-9-]{1,35}")


@dataclass(frozen=True, slots=True)
class RequestReader:
    """Turns parameters into an `AuthorizationRequest`; needs client and return address to be known already."""

    claim_table: ClaimTable
    hints: HintReader
    open_procedures: OpenProcedures
    clock: Clock

    def read(self, asked: Asked, browser_id: str) -> AuthorizationRequest:
        """Raises InvalidRequest or a kin of it, or UnmetTrust; all of them may be sent to the address of `asked`."""
        parameters, client = asked.parameters, asked.client
        _check_channel(asked)
        _check_form(parameters)
        claims = read_claims(parameters.get("claims"))
        return AuthorizationRequest(
            id=new_id(),
            browser_id=browser_id,
            client_id=client.client_id,
            redirect_uri=asked.address.redirect_uri,
            response_mode=_response_mode(parameters, client),
            scopes=self.scopes(parameters, client),
            created_at=self.clock(),
            state=parameters.get("state"),
            nonce=parameters.get("nonce"),
            code_challenge=_code_challenge(parameters, client),
            prompts=_prompts(parameters),
            max_age=_max_age(parameters, client),
            wanted_trust=_wanted_trust(parameters, client, claims),
            required_trust=claims.required_trust,
            hinted_subs=self._hinted_subs(parameters, client, claims),
            login_hint=parameters.get("login_hint"),
            provider_hint=_provider_hint(parameters),
            ui_locales=tuple(tag for tag in (parameters.get("ui_locales") or "").split() if _TAG.fullmatch(tag)),
            asked_userinfo=claims.userinfo,
            asked_id_token=claims.id_token,
            resources=tuple(one for one in dict.fromkeys(parameters.all("resource")) if one in client.tokens.resources),
            confirmation=asked.confirmation or _announced_key(parameters),
            pushed_as=asked.pushed_as,
        )

    def scopes(self, parameters: Parameters, client: Client) -> tuple[str, ...]:
        """Scopes that exist and that this client may have; the rest is left out (RFC 6749 3.3)."""
        asked = dict.fromkeys((parameters.get("scope") or "").split())
        if "openid" not in asked:
            raise InvalidScope("scope has to contain openid")
        if "openid" not in client.scopes:
            raise InvalidScope("openid is not allowed to this client")
        known = {OPENID, *self.claim_table.scopes, *((OFFLINE_ACCESS,) if client.may_use(GrantType.REFRESH_TOKEN) else ())}
        voting = voting_scope(asked, client, self.open_procedures)
        allowed = tuple(scope for scope in asked if scope in known - {VOTING} and scope in client.scopes)
        return (*allowed, voting) if voting else allowed

    def _hinted_subs(self, parameters: Parameters, client: Client, claims: ClaimsParameter) -> tuple[str, ...]:
        token = parameters.get("id_token_hint")
        if not token:
            return claims.subs
        hinted = self.hints.subject(token, client.client_id)
        if claims.subs and hinted not in claims.subs:
            raise InvalidRequest("id_token_hint and claims name different subjects")
        return (hinted,)


def _announced_key(parameters: Parameters) -> str:
    """The key that tokens will be bound to, as `dpop_jkt` announces it (RFC 9449 10), or nothing. Raises InvalidRequest."""
    thumbprint = parameters.get("dpop_jkt")
    if thumbprint is None:
        return ""
    if not _SHA_256.fullmatch(thumbprint):
        raise InvalidRequest("dpop_jkt has to be the SHA-256 thumbprint of a key in base64url")
    return f"jkt:{thumbprint}"


def _check_channel(asked: Asked) -> None:
    """Whether the client may ask this way (RFC 9126 5, RFC 9101 10.5; FAPI 2.0 Security Profile 5.3.2.2)."""
    requests = asked.client.requests
    if not asked.client.may_use(GrantType.AUTHORIZATION_CODE):
        raise UnauthorizedClient("the code grant is not allowed to this client")
    if (requests.require_pushed or asked.client.fapi) and not asked.pushed:
        raise InvalidRequest("this client has to push its requests (RFC 9126)")
    if requests.require_signed and not asked.signed:
        raise InvalidRequest("this client has to sign its requests (RFC 9101)")


def _check_form(parameters: Parameters) -> None:
    scope = parameters.get("scope") or ""
    if len(scope) > LIMITS["scope"] or scope.count(" ") >= _MOST_SCOPES:
        raise InvalidScope("scope is too long")
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
    if not _SHA_256.fullmatch(challenge):
        raise InvalidRequest("code_challenge has to be 43 characters of base64url")
    return challenge


def _prompts(parameters: Parameters) -> frozenset[Prompt]:
    words = frozenset((parameters.get("prompt") or "").split())
    if not words <= set(Prompt):
        raise InvalidRequest("prompt holds an unknown value")
    if Prompt.NONE in words and len(words) > 1:
        raise InvalidRequest("prompt none stands alone")
    return frozenset(map(Prompt, words))


def _max_age(parameters: Parameters, client: Client) -> int | None:
    """Seconds, from the request or else from the record (OIDC Registration 2 `default_max_age`)."""
    text = parameters.get("max_age")
    if text is None:
        return client.requests.default_max_age
    if not (text.isascii() and text.isdigit()):
        raise InvalidRequest("max_age has to be a whole number of seconds, 0 or more")
    return int(text)


def _wanted_trust(parameters: Parameters, client: Client, claims: ClaimsParameter) -> TrustLevel:
    """What the tool would like; its record's `default_acr_values` count where the request names no level (OIDC Registration 2)."""
    named = max(_first_level((parameters.get("acr_values") or "").split()), claims.wanted_trust)
    return named or _first_level(client.requests.default_acr_values)


def _first_level(acr_values: Iterable[str]) -> TrustLevel:
    """The level of the first value known here: the order is the tool's preference (OIDC Core 3.1.2.1)."""
    levels = map(TrustLevel.from_acr, acr_values)
    return next((level for level in levels if level > TrustLevel.NONE), TrustLevel.NONE)


def _provider_hint(parameters: Parameters) -> str | None:
    hint = parameters.get("idp_hint") or parameters.get("kc_idp_hint")
    return hint if hint and _ALIAS.fullmatch(hint) else None
