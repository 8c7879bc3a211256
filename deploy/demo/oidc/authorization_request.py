"""An authorization request as validated (RFC 6749 4.1, RFC 7636, OpenID Connect Core 3.1.2)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from deploy.demo.bundid.vocabulary import Level
from deploy.demo.oidc.settings import RelyingParty
from deploy.demo.oidc.vocabulary import CLAIMS, SCOPES, Delivery, Shape, asked_level

UNSUPPORTED = ("request", "request_uri", "registration")
LANGUAGES = ("de", "en")


class BadRequest(Exception):
    """A request whose client or redirect URI is wrong: it ends on a page of the account, never at the client."""


class RequestError(Exception):
    """A request that is answered with a protocol error; ``request`` says where to."""

    def __init__(self, request: AuthorizationRequest, error: str, description: str) -> None:
        super().__init__(description)
        self.request, self.error, self.description = request, error, description


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """What the relying party wants. ``in_id_token`` and ``in_userinfo`` are the claims asked for, by where they shall be."""

    redirect_uri: str
    state: str | None
    nonce: str | None
    code_challenge: str
    scopes: tuple[str, ...]
    prompts: frozenset[str]
    max_age: int | None
    minimum_level: Level
    in_id_token: frozenset[str]
    in_userinfo: frozenset[str]
    login_hint: str
    language: str

    @property
    def claims(self) -> list[str]:
        """Everything asked for, in a fixed order, for the page that shows it."""
        return [claim for claim in CLAIMS if claim in self.in_id_token | self.in_userinfo]


def read_request(parameters: Mapping[str, str], doubled: bool, client: RelyingParty, shape: Shape) -> AuthorizationRequest:
    """The request. Raises BadRequest, or RequestError once the way back is known. ``doubled``: a parameter came twice (RFC 6749 3.1)."""
    if parameters.get("client_id") != client.client_id:
        raise BadRequest("client_id is not registered")
    if parameters.get("redirect_uri") not in client.redirect_uris:
        raise BadRequest("redirect_uri is not registered")
    try:
        claims, malformed = _claims_parameter(parameters.get("claims", "")), ""
    except ValueError as wrong:
        claims, malformed = {}, str(wrong)
    request = _request(parameters, claims, shape)
    if refusal := (malformed and ("invalid_request", malformed)) or _refusal(parameters, doubled, request):
        raise RequestError(request, *refusal)
    return request


def _request(parameters: Mapping[str, str], claims: Mapping[str, Any], shape: Shape) -> AuthorizationRequest:
    scopes = tuple(parameters.get("scope", "").split())
    by_scope = {claim for scope in scopes for claim in SCOPES.get(scope, ())}
    max_age = parameters.get("max_age", "")
    languages = [tag.partition("-")[0] for tag in parameters.get("ui_locales", "").split()]
    return AuthorizationRequest(
        redirect_uri=parameters["redirect_uri"],
        state=parameters.get("state"),
        nonce=parameters.get("nonce"),
        code_challenge=parameters.get("code_challenge", ""),
        scopes=scopes,
        prompts=frozenset(parameters.get("prompt", "").split()),
        max_age=int(max_age) if max_age.isdecimal() else None,
        minimum_level=asked_level(shape.words, [*parameters.get("acr_values", "").split(), *_asked_words(claims)]),
        in_id_token=frozenset(_names(claims, "id_token") | (by_scope if shape.delivery is Delivery.BOTH else set())),
        in_userinfo=frozenset(_names(claims, "userinfo") | by_scope),
        login_hint=parameters.get("login_hint", ""),
        language=next((language for language in languages if language in LANGUAGES), "de"),
    )


def _refusal(parameters: Mapping[str, str], doubled: bool, request: AuthorizationRequest) -> tuple[str, str] | None:
    if doubled:
        return "invalid_request", "a parameter stands twice"
    for name in UNSUPPORTED:
        if name in parameters:
            return f"{name}_not_supported", f"{name} is not supported"
    if parameters.get("response_type") != "code":
        return "unsupported_response_type", "only response_type=code"
    if parameters.get("response_mode", "query") != "query":
        return "invalid_request", "only response_mode=query"
    if "openid" not in request.scopes:
        return "invalid_scope", "scope lacks openid"
    if parameters.get("code_challenge_method") != "S256" or len(request.code_challenge) != 43:
        return "invalid_request", "PKCE with S256 is required"
    if "none" in request.prompts and len(request.prompts) > 1:
        return "invalid_request", "prompt=none stands alone"
    if "max_age" in parameters and request.max_age is None:
        return "invalid_request", "max_age is not a number of seconds"
    return None


def _claims_parameter(text: str) -> dict[str, Any]:
    """The parameter `claims` (OpenID Connect Core 5.5)."""
    if not text:
        return {}
    try:
        claims = json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError("claims is not JSON") from None
    if not isinstance(claims, dict) or not all(isinstance(claims.get(member, {}), dict) for member in ("id_token", "userinfo")):
        raise ValueError("claims is not an object of objects")
    return claims


def _names(claims: Mapping[str, Any], member: str) -> set[str]:
    return set(claims.get(member, {})) & set(CLAIMS)


def _asked_words(claims: Mapping[str, Any]) -> list[str]:
    """The words of an `acr` asked for as a claim (OpenID Connect Core 5.5.1.1)."""
    acr = claims.get("id_token", {}).get("acr")
    if not isinstance(acr, dict):
        return []
    values = acr.get("values", [])
    asked = [acr.get("value"), *(values if isinstance(values, list) else [])]
    return [word for word in asked if isinstance(word, str)]
