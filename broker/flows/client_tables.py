"""The tables a tool's file or preset may have beside its plain keys: one model per policy of `core/client_policy.py`.

What a table leaves out stays as the preset, or else the record's default, has it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from broker.core.client_policy import GrantType

SigningAlgorithm = Literal["RS256", "ES256", "PS256", "Ed25519"]
Grant = Literal["authorization_code", "refresh_token", "client_credentials", "device_code", "token_exchange"]
EncryptionAlgorithm = Literal["RSA-OAEP", "RSA-OAEP-256", "ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A256KW"]
ContentEncryption = Literal["A128CBC-HS256", "A256CBC-HS512", "A128GCM", "A256GCM"]

P = TypeVar("P")


class Strict(BaseModel):
    """Unknown keys and values of another type are refused; errors never quote what was written."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)


class KeysTable(Strict):
    """`[keys]`: how a tool without a secret proves itself."""

    jwks: dict[str, Any] | None = None
    jwks_uri: str | None = None
    signing_alg: SigningAlgorithm | None = None
    tls_names: dict[str, str] | None = None


class RequestsTable(Strict):
    """`[requests]`: how the tool has to ask."""

    require_pushed: bool | None = None
    require_signed: bool | None = None
    signing_alg: SigningAlgorithm | None = None
    request_uris: tuple[str, ...] | None = Field(None, strict=False)
    default_max_age: int | None = Field(None, ge=0)
    default_acr_values: tuple[str, ...] | None = Field(None, strict=False)
    response_alg: SigningAlgorithm | None = None


class TokensTable(Strict):
    """`[tokens]`: which tokens the tool gets and how they are made."""

    grant_types: tuple[Grant, ...] | None = Field(None, strict=False)
    refresh_with_session: bool | None = None
    access_token_jwt: bool | None = None
    resource: str | None = None
    resources: tuple[str, ...] | None = Field(None, strict=False)
    dpop_bound: bool | None = None
    certificate_bound: bool | None = None
    dpop_nonce: bool | None = None
    audience_as_list: bool | None = None
    userinfo_alg: SigningAlgorithm | None = None
    id_token_encryption_alg: EncryptionAlgorithm | None = None
    id_token_encryption_enc: ContentEncryption | None = None


class LogoutTable(Strict):
    """`[logout]`: how the tool takes part in the common session and in signing out."""

    frontchannel_uri: str | None = None
    frontchannel_session_required: bool | None = None
    backchannel_session_required: bool | None = None
    session_state: bool | None = None
    told_when_asking: bool | None = None
    isolated_session: bool | None = None
    may_stay_elsewhere: bool | None = None


class LoginStartTable(Strict):
    """`[login_start]`: where a sign-in begins at the tool, and for how many seconds the tool remembers that it did."""

    url: str | None = None
    method: Literal["GET", "POST"] | None = None
    state_ttl: int | None = Field(None, ge=0)


class AppearanceTable(Strict):
    """`[appearance]`: what citizens see beside the name."""

    logo_uri: str | None = None
    policy_uri: str | None = None
    tos_uri: str | None = None


def merged(policy: P, *tables: Strict | None) -> P:
    """The policy with what these tables say, the later ones first."""
    given: dict[str, Any] = {}
    for table in tables:
        given |= table.model_dump(exclude_none=True) if table else {}
    if "grant_types" in given:
        given["grant_types"] = tuple(GrantType[name.upper()] for name in given["grant_types"])
    return replace(policy, **given)  # type: ignore[type-var]  # every policy is a dataclass
