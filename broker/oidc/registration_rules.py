"""What self-registration may not say, beyond what Authlib refuses: addresses, keys, and what does not fit together (A-01, OP-01, RU-04).

Where addresses lead to is looked at by `flows/visiting.py`, and again whenever one is called (A-46).
"""

from __future__ import annotations

from collections.abc import Iterable

from broker.core.client_policy import AuthMethod, GrantType
from broker.core.oauth_errors import InvalidClientMetadata, InvalidRedirectUri
from broker.flows.checking_clients import address_fault
from broker.flows.reading_keys import public_key
from broker.oidc.registration_request import ClientDocument

GRANT_TYPES = (GrantType.AUTHORIZATION_CODE, GrantType.REFRESH_TOKEN)
"""Others speak for no citizen, or for one without a redirect: an administrator allows them in a tool's file."""

_PAGES = ("client_uri", "logo_uri", "policy_uri", "tos_uri", "initiate_login_uri")
_OTHERS = ("jwks_uri", "sector_identifier_uri", "backchannel_logout_uri", "frontchannel_logout_uri")
_NOT_OFFERED = (
    "userinfo_encrypted_response_alg",
    "userinfo_encrypted_response_enc",
    "request_object_encryption_alg",
    "request_object_encryption_enc",
    "authorization_encrypted_response_alg",
    "authorization_encrypted_response_enc",
)
_MOST_KEYS = 20


def check_addresses(document: ClientDocument) -> None:
    """Raises InvalidRedirectUri or InvalidClientMetadata for the first address that is not acceptable as it is written."""
    native = document.application_type == "native"
    for uri in document.redirect_uris:
        if fault := _browser_fault(uri, native):
            raise InvalidRedirectUri(f"redirect_uris: {fault}")
    for uri in document.post_logout_redirect_uris or ():
        if fault := _browser_fault(uri, native):
            raise InvalidClientMetadata(f"post_logout_redirect_uris: {fault}")
    for name in (*_PAGES, *_OTHERS):
        _check_https(name, (getattr(document, name),), page=name in _PAGES)
    _check_https("request_uris", document.request_uris or (), page=True)  # a fragment is the content's hash there
    own = {_origin(uri) for uri in document.redirect_uris}
    if document.frontchannel_logout_uri and _origin(document.frontchannel_logout_uri) not in own:
        # OIDC Front-Channel Logout 2
        raise InvalidClientMetadata("frontchannel_logout_uri: has to have scheme, host and port of a redirect URI")


def check_keys(document: ClientDocument) -> None:
    """Raises InvalidClientMetadata for keys that are no public keys of a good size; whether they are whole is Authlib's to say."""
    if document.jwks is None:
        return
    keys = document.jwks.get("keys")
    if document.jwks_uri is not None or not isinstance(keys, list) or not 0 < len(keys) <= _MOST_KEYS:
        raise InvalidClientMetadata("jwks: has to be a set of one or more keys, and instead of jwks_uri")
    if any(public_key(key) is None for key in keys):
        raise InvalidClientMetadata("jwks: has to hold public keys only, RSA of 2048 bits or more, EC or OKP")


def check_needs(document: ClientDocument) -> None:
    """Raises InvalidClientMetadata for members that need another one, contradict it, or need an administrator."""
    for name in _NOT_OFFERED:
        if getattr(document, name) is not None:
            raise InvalidClientMetadata(f"{name}: is not offered")
    if set(document.response_types or ("code",)) != {"code"}:
        raise InvalidClientMetadata("response_types: only code exists")
    grants = set(document.grant_types or ("authorization_code",))
    if not grants <= set(GRANT_TYPES):
        raise InvalidClientMetadata("grant_types: does not exist here or needs an administrator")
    if GrantType.AUTHORIZATION_CODE not in grants:
        raise InvalidClientMetadata("grant_types: response type code needs authorization_code")
    _check_authentication(document)
    if document.dpop_bound_access_tokens and document.tls_client_certificate_bound_access_tokens:
        raise InvalidClientMetadata("dpop_bound_access_tokens: tokens are bound by DPoP or by the certificate, not by both")
    if document.id_token_encrypted_response_alg and not _has_keys(document):
        raise InvalidClientMetadata("id_token_encrypted_response_alg: needs jwks or jwks_uri")
    if document.require_signed_request_object and not _has_keys(document):
        raise InvalidClientMetadata("require_signed_request_object: needs jwks or jwks_uri")


def _check_authentication(document: ClientDocument) -> None:
    method = document.token_endpoint_auth_method
    if method not in set(AuthMethod) - {AuthMethod.ANY_SECRET}:
        raise InvalidClientMetadata("token_endpoint_auth_method: does not exist here")
    if method in (AuthMethod.PRIVATE_KEY_JWT, AuthMethod.SELF_SIGNED_TLS) and not _has_keys(document):
        raise InvalidClientMetadata("token_endpoint_auth_method: needs jwks or jwks_uri")
    names = [name for name, value in document if name.startswith("tls_client_auth_") and value]
    if (method == AuthMethod.TLS) != (len(names) == 1) or len(names) > 1:
        raise InvalidClientMetadata("token_endpoint_auth_method: tls_client_auth and one name in its certificate belong together")


def _has_keys(document: ClientDocument) -> bool:
    return document.jwks is not None or document.jwks_uri is not None


def _browser_fault(uri: str, native: bool) -> str | None:
    """https; a native application may also use a loopback address or a private-use scheme (RFC 8252 7, OIDC Registration 2)."""
    fault = address_fault(uri, native=native)
    if fault is None and not native and not uri.startswith("https://"):
        return "must start with https:// (loopback addresses are for application_type native)"
    return fault


def _check_https(name: str, uris: Iterable[str | None], *, page: bool) -> None:
    for uri in uris:
        if uri is None:
            continue
        if fault := address_fault(uri, page=page):
            raise InvalidClientMetadata(f"{name}: {fault}")
        if not uri.startswith("https://"):
            raise InvalidClientMetadata(f"{name}: must start with https://")


def _origin(uri: str) -> str:
    return "/".join(uri.split("/", 3)[:3]).lower()
