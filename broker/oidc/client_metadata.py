"""Client metadata on the wire and our record of a client: one into the other and back (RFC 7591 2, OIDC Registration 2, RFC 7592 2).

Every rule is judged on the resulting object, so a registration and a later change obey the same ones. Where Authlib knows a rule, Authlib
judges; addresses, and what self-registration may not ask for, are ours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from authlib.oauth2.rfc7591 import ClientMetadataClaims as OAuthMetadata
from authlib.oidc.registration import ClientMetadataClaims as OpenIDMetadata
from joserfc.errors import JoseError

from broker.core.claim import ClaimTable, ReleaseClass
from broker.core.client import Client, ClientStatus, Operator
from broker.core.client_policy import (
    Appearance,
    AuthMethod,
    ClientKeys,
    GrantType,
    LoginStart,
    LogoutPolicy,
    Registration,
    RequestPolicy,
    SubjectType,
    TokenPolicy,
)
from broker.core.grant import OFFLINE_ACCESS
from broker.core.oauth_errors import InvalidClientMetadata
from broker.flows.self_registering import BY_ITSELF
from broker.oidc.metadata import RESPONSE_MODES
from broker.oidc.registration_request import ClientDocument
from broker.oidc.registration_rules import check_addresses, check_keys, check_needs

_BY_SECRET = (AuthMethod.BASIC, AuthMethod.POST)
_CERTIFICATE_NAME = "tls_client_auth_"

Announced = Callable[[], Mapping[str, object]]
"""Returns the provider's own metadata: what is announced there may be registered."""


@dataclass(frozen=True, slots=True)
class ClientMetadata:
    """Reads and writes client metadata."""

    announced: Announced
    claim_table: ClaimTable

    def read(self, document: ClientDocument) -> Client:
        """The record that this document describes; who it is, what it may and its secrets are for the flow to add.

        Raises InvalidRedirectUri or InvalidClientMetadata.
        """
        check_addresses(document)
        check_keys(document)
        check_needs(document)
        self._ask_authlib(document)
        method = AuthMethod(document.token_endpoint_auth_method)
        return Client(
            client_id="",
            name=document.client_name or "",
            operator=Operator("", contact=next(iter(document.contacts or ()), ""), privacy_url=document.policy_uri or ""),
            status=ClientStatus.DRAFT,
            redirect_uris=tuple(dict.fromkeys(document.redirect_uris)),
            sector="",
            managed_by=BY_ITSELF,
            base_url=document.client_uri or "",
            login_start=LoginStart(url=document.initiate_login_uri or ""),
            post_logout_redirect_uris=tuple(document.post_logout_redirect_uris or ()),
            backchannel_logout_uri=document.backchannel_logout_uri or "",
            auth_method=AuthMethod.ANY_SECRET if method in _BY_SECRET else method,
            scopes=self._scopes(document),
            id_token_alg=document.id_token_signed_response_alg,
            response_modes=RESPONSE_MODES,
            subject_type=SubjectType(document.subject_type or SubjectType.PAIRWISE),
            keys=_keys(document),
            requests=_requests(document),
            tokens=_tokens(document),
            logout=_logout(document),
            appearance=Appearance(document.logo_uri or "", "", document.policy_uri or "", document.tos_uri or ""),
            registration=_registration(document, method),
        )

    def write(self, client: Client) -> dict[str, object]:
        """The metadata of a record, every value as it is really stored (RFC 7591 3.2.1). What was never said is left out."""
        return {
            "client_id": client.client_id,
            "client_name": client.name,
            "redirect_uris": list(client.redirect_uris),
            "application_type": client.registration.application_type,
            "subject_type": str(client.subject_type),
            "token_endpoint_auth_method": client.registration.token_endpoint_auth_method or str(client.auth_method),
            "grant_types": [str(grant) for grant in client.tokens.grant_types],
            "response_types": ["code"],
            "scope": " ".join(client.scopes),
            "id_token_signed_response_alg": client.id_token_alg,
            **({} if client.requests.default_max_age is None else {"default_max_age": client.requests.default_max_age}),
            **{name: value for name, value in _optional(client) if value},
        }

    def _scopes(self, document: ClientDocument) -> tuple[str, ...]:
        """Of what was asked for that which may be given without a registered purpose; nothing asked means all of that."""
        rows = self.claim_table.definitions.values()
        free = list(dict.fromkeys(str(row.scope) for row in rows if row.release is ReleaseClass.SCOPE))
        if GrantType.REFRESH_TOKEN in (document.grant_types or ()):
            free.append(OFFLINE_ACCESS)
        asked = free if document.scope is None else document.scope.split()
        return ("openid", *(scope for scope in free if scope in asked))

    def _ask_authlib(self, document: ClientDocument) -> None:
        # Authlib knows no private-use schemes (RFC 8252 7.1); redirect URIs were judged by `check_addresses`
        members, announced = document.model_dump(exclude_none=True, exclude={"redirect_uris"}), dict(self.announced())
        for kind in (OAuthMetadata, OpenIDMetadata):
            options: dict[str, Any] = kind.get_claims_options(announced)
            options.pop("scope", None)  # scopes that nobody here can have are left out, as RFC 7591 2 allows
            try:
                kind(dict(members), {}, options, announced).validate()
            except (JoseError, ValueError, TypeError, KeyError) as error:
                name = getattr(error, "claim", None) or "jwks"
                raise InvalidClientMetadata(f"{name}: does not exist here, or does not fit the rest") from None


def _keys(document: ClientDocument) -> ClientKeys:
    names = {name: value for name, value in document if name.startswith(_CERTIFICATE_NAME) and value}
    return ClientKeys(document.jwks or {}, document.jwks_uri or "", document.token_endpoint_auth_signing_alg or "", names)


def _requests(document: ClientDocument) -> RequestPolicy:
    return RequestPolicy(
        require_pushed=document.require_pushed_authorization_requests,
        require_signed=document.require_signed_request_object,
        signing_alg=document.request_object_signing_alg or "",
        request_uris=tuple(document.request_uris or ()),
        default_max_age=document.default_max_age,
        default_acr_values=tuple(document.default_acr_values or ()),
        response_alg=document.authorization_signed_response_alg or "",
    )


def _tokens(document: ClientDocument) -> TokenPolicy:
    encrypted = document.id_token_encrypted_response_alg or ""
    return TokenPolicy(
        grant_types=tuple(GrantType(name) for name in dict.fromkeys(document.grant_types or ("authorization_code",))),
        dpop_bound=document.dpop_bound_access_tokens,
        certificate_bound=document.tls_client_certificate_bound_access_tokens,
        userinfo_alg=document.userinfo_signed_response_alg or "",
        id_token_encryption_alg=encrypted,
        # OIDC Registration 2: the default of `enc` where `alg` is given
        id_token_encryption_enc=(document.id_token_encrypted_response_enc or "A128CBC-HS256") if encrypted else "",
    )


def _logout(document: ClientDocument) -> LogoutPolicy:
    return LogoutPolicy(
        frontchannel_uri=document.frontchannel_logout_uri or "",
        frontchannel_session_required=document.frontchannel_logout_session_required,
        backchannel_session_required=document.backchannel_logout_session_required,
        told_when_asking=True,  # who comes by the specifications alone gets what they say
    )


def _registration(document: ClientDocument, method: AuthMethod) -> Registration:
    return Registration(
        software_id=document.software_id or "",
        software_version=document.software_version or "",
        contacts=tuple(document.contacts or ()),
        sector_identifier_uri=document.sector_identifier_uri or "",
        application_type=document.application_type,
        token_endpoint_auth_method=str(method) if method in _BY_SECRET else "",
        require_auth_time=document.require_auth_time,
        software_statement=document.software_statement or "",
    )


def _optional(client: Client) -> Iterable[tuple[str, object]]:
    registration, appearance, keys = client.registration, client.appearance, client.keys
    requests, tokens, logout = client.requests, client.tokens, client.logout
    yield "client_uri", client.base_url
    yield "logo_uri", appearance.logo_uri
    yield "policy_uri", appearance.policy_uri
    yield "tos_uri", appearance.tos_uri
    yield "contacts", list(registration.contacts)
    yield "sector_identifier_uri", registration.sector_identifier_uri
    yield "software_id", registration.software_id
    yield "software_version", registration.software_version
    yield "software_statement", registration.software_statement
    yield "jwks", dict(keys.jwks)
    yield "jwks_uri", keys.jwks_uri
    yield "token_endpoint_auth_signing_alg", keys.signing_alg
    yield from keys.tls_names.items()
    yield "require_auth_time", registration.require_auth_time
    yield "default_acr_values", list(requests.default_acr_values)
    yield "request_object_signing_alg", requests.signing_alg
    yield "request_uris", list(requests.request_uris)
    yield "require_signed_request_object", requests.require_signed
    yield "require_pushed_authorization_requests", requests.require_pushed
    yield "authorization_signed_response_alg", requests.response_alg
    yield "userinfo_signed_response_alg", tokens.userinfo_alg
    yield "id_token_encrypted_response_alg", tokens.id_token_encryption_alg
    yield "id_token_encrypted_response_enc", tokens.id_token_encryption_enc
    yield "dpop_bound_access_tokens", tokens.dpop_bound
    yield "tls_client_certificate_bound_access_tokens", tokens.certificate_bound
    yield "initiate_login_uri", client.login_start.url
    yield "post_logout_redirect_uris", list(client.post_logout_redirect_uris)
    yield "backchannel_logout_uri", client.backchannel_logout_uri
    yield "backchannel_logout_session_required", logout.backchannel_session_required
    yield "frontchannel_logout_uri", logout.frontchannel_uri
    yield "frontchannel_logout_session_required", logout.frontchannel_session_required
