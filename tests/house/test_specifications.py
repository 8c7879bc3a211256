"""The guide's table of specifications promises nothing that no test proves: each row has the files that prove it."""

from __future__ import annotations

import re
from pathlib import Path

TESTS = Path(__file__).parents[1]
GUIDE = TESTS.parent / "clients" / "README.md"

PROVEN_BY = {
    "OpenID Connect Core 1.0, code flow": "protocol/test_authorize protocol/test_prompt protocol/test_request_defaults protocol/test_acr",
    "OpenID Connect Discovery 1.0, authorization server metadata (RFC 8414)": "protocol/test_discovery protocol/test_client_everywhere",
    "PKCE (RFC 7636)": "protocol/test_pkce",
    "OpenID Connect for Identity Assurance 1.0": "protocol/test_verified_claims unit/test_verified_claims",
    "Issuer in authorization responses (RFC 9207)": "protocol/test_authorize interop/test_openid_client",
    "Signatures (RFC 7518, RFC 9864)": "protocol/test_id_token protocol/test_key_rotation",
    "Encrypted ID tokens (RFC 7516)": "protocol/test_encrypted_id_token",
    "Signed userinfo (OpenID Connect Core 5.3.2)": "protocol/test_signed_userinfo",
    "Subject types (OpenID Connect Core 8)": "protocol/test_id_token protocol/test_sector_identifier",
    "Refresh tokens (RFC 6749 6, OIDC Core 11, 12)": "protocol/test_refresh_token protocol/test_offline_access interop/test_authlib_client",
    "Token introspection (RFC 7662), signed answers (RFC 9701)": "protocol/test_introspection",
    "Token revocation (RFC 7009)": "protocol/test_revocation",
    "JWT access tokens (RFC 9068)": "protocol/test_access_token",
    "Resource indicators (RFC 8707)": "protocol/test_access_token",
    "OpenID Connect RP-Initiated Logout 1.0": "protocol/test_logout protocol/test_result_page protocol/test_only_this_tool",
    "OpenID Connect Back-Channel Logout 1.0": "protocol/test_backchannel_logout interop/test_mod_auth_openidc",
    "OpenID Connect Front-Channel Logout 1.0": "protocol/test_frontchannel_logout interop/test_apache_in_the_browser",
    "Pushed authorization requests (RFC 9126)": "protocol/test_pushed_requests protocol/test_request_uri",
    "DPoP (RFC 9449)": "protocol/test_dpop protocol/test_dpop_nonce unit/test_dpop",
    "Certificate-bound access tokens (RFC 8705 3)": "protocol/test_bound_tokens",
    "Signed authorization requests (RFC 9101, request objects)": "protocol/test_request_object protocol/test_request_object_refused",
    "FAPI 2.0 Security Profile": "protocol/test_fapi_sign_in interop/test_fapi_client",
    "FAPI 2.0 Message Signing": "protocol/test_fapi_sign_in interop/test_fapi_client",
    "Signed authorization responses (JARM)": "protocol/test_signed_response",
    "Form Post Response Mode 1.0": "protocol/test_authorize interop/test_mod_auth_openidc",
    "Client authentication by secret (RFC 6749 2.3.1)": "protocol/test_client_auth protocol/test_client_guessing",
    "Client authentication by signature (RFC 7523, `private_key_jwt`)": "protocol/test_client_assertion interop/test_fapi_client",
    "Client authentication by certificate (RFC 8705 2)": "protocol/test_client_certificate",
    "Device Authorization Grant (RFC 8628)": "protocol/test_device protocol/test_device_pages",
    "OAuth 2.0 client_credentials (RFC 6749 4.4)": "protocol/test_client_credentials",
    "Token Exchange (RFC 8693)": "protocol/test_token_exchange",
    "Dynamic client registration (RFC 7591, OIDC Registration 1.0)": "protocol/test_registration protocol/test_registration_policy",
    "Client registration management (RFC 7592)": "protocol/test_registration_management",
    "Software statements (RFC 7591 2.3)": "protocol/test_software_statement",
}


def test_every_row_is_proven_and_says_since_when() -> None:
    table = GUIDE.read_text(encoding="utf-8").partition("## Specifications")[2]
    rows = [re.split(r"\s*(?<!\\)\|\s*", line.strip("| ")) for line in table.splitlines() if line.startswith("| ")][1:]

    assert {row[0] for row in rows} == set(PROVEN_BY)
    assert all(re.fullmatch(r"\d+\.\d+", row[2]) for row in rows)


def test_what_proves_them_is_there() -> None:
    missing = [name for names in PROVEN_BY.values() for name in names.split() if not (TESTS / f"{name}.py").exists()]

    assert not missing
