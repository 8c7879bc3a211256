"""What the provider says about itself: exactly what works (OIDC Discovery 1.0 section 3, RFC 8414 section 2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from broker.core.claim import ClaimTable, ReleaseClass
from broker.core.client_policy import AuthMethod, GrantType, SubjectType
from broker.core.grant import OFFLINE_ACCESS, OPENID
from broker.core.trust import TrustLevel
from broker.core.verified_claims import TRUST_FRAMEWORK
from broker.oidc.client_auth import METHODS
from broker.oidc.client_signature import ALGORITHMS as CLIENT_ALGORITHMS
from broker.oidc.dpop import ALGORITHMS as DPOP_ALGORITHMS
from broker.oidc.encryption import CONTENT_ENCRYPTIONS, ENCRYPTION_ALGORITHMS

RESPONSE_MODES = ("query", "form_post", "jwt", "query.jwt", "form_post.jwt")
_NOT_CALLED_WITH_CERTIFICATES = frozenset({"authorization_endpoint", "end_session_endpoint", "jwks_uri", "registration_endpoint"})
_PROTOCOL_CLAIMS = ("iss", "aud", "exp", "iat", "nonce", "at_hash", "sid")


@dataclass(frozen=True, slots=True)
class Metadata:
    """The document of both well-known addresses.

    `certificates`: whether the proxy passes TLS client certificates on; `certificate_url`: where it does, if not at the issuer's address.
    """

    issuer: str
    claim_table: ClaimTable
    ui_locales: Sequence[str]
    tool_policy_url: str = ""
    tool_terms_url: str = ""
    certificates: bool = False
    certificate_url: str = ""

    def document(self, signing_algorithms: Sequence[str]) -> dict[str, object]:
        """All values, also defaults whose absence would mean something else. Endpoints lie below the issuer."""
        return {
            "issuer": self.issuer,
            **self._endpoints(),
            **self._pages(),
            **self._aliases(),
            "response_types_supported": ["code"],
            "response_modes_supported": list(RESPONSE_MODES),
            "grant_types_supported": list(GrantType),
            "subject_types_supported": list(SubjectType),
            "id_token_signing_alg_values_supported": list(signing_algorithms),
            "userinfo_signing_alg_values_supported": list(signing_algorithms),
            "id_token_encryption_alg_values_supported": list(ENCRYPTION_ALGORITHMS),
            "id_token_encryption_enc_values_supported": list(CONTENT_ENCRYPTIONS),
            **self._client_authentication(),
            "introspection_signing_alg_values_supported": list(signing_algorithms),
            "code_challenge_methods_supported": ["S256"],
            "scopes_supported": [OPENID, *self.claim_table.scopes, OFFLINE_ACCESS],
            **self._claims(),
            "tls_client_certificate_bound_access_tokens": self.certificates,
            "dpop_signing_alg_values_supported": list(DPOP_ALGORITHMS),
            "acr_values_supported": [level.acr for level in TrustLevel if level > TrustLevel.NONE],
            "prompt_values_supported": ["none", "login", "consent", "select_account"],
            "display_values_supported": ["page"],
            "ui_locales_supported": list(self.ui_locales),
            "authorization_response_iss_parameter_supported": True,
            "authorization_signing_alg_values_supported": list(signing_algorithms),
            "request_parameter_supported": True,
            "request_object_signing_alg_values_supported": [*CLIENT_ALGORITHMS, "EdDSA"],
            "require_signed_request_object": False,
            "request_uri_parameter_supported": True,
            "require_request_uri_registration": True,
            "require_pushed_authorization_requests": False,  # a matter of each client's record
            "backchannel_logout_supported": True,
            "backchannel_logout_session_supported": True,
            "frontchannel_logout_supported": True,
            "frontchannel_logout_session_supported": True,
        }

    def _endpoints(self) -> dict[str, str]:
        return {
            "authorization_endpoint": f"{self.issuer}/authorize",
            "pushed_authorization_request_endpoint": f"{self.issuer}/par",
            "token_endpoint": f"{self.issuer}/token",
            "device_authorization_endpoint": f"{self.issuer}/device_authorization",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "introspection_endpoint": f"{self.issuer}/introspect",
            "revocation_endpoint": f"{self.issuer}/revoke",
            "jwks_uri": f"{self.issuer}/jwks",
            "end_session_endpoint": f"{self.issuer}/logout",
            "registration_endpoint": f"{self.issuer}/register",
        }

    def _pages(self) -> dict[str, str]:
        pages = {"op_policy_uri": self.tool_policy_url, "op_tos_uri": self.tool_terms_url}
        return {name: url for name, url in pages.items() if url}

    def _aliases(self) -> dict[str, object]:
        """The endpoints that tools call with a certificate, at the address where they are asked for it (RFC 8705 5)."""
        if not (self.certificates and self.certificate_url):
            return {}
        called = {name: url for name, url in self._endpoints().items() if name not in _NOT_CALLED_WITH_CERTIFICATES}
        return {"mtls_endpoint_aliases": {name: self.certificate_url + url.removeprefix(self.issuer) for name, url in called.items()}}

    def _client_authentication(self) -> dict[str, list[str]]:
        """Alike at every endpoint, but introspection answers nobody who only says its name."""
        methods, found = self._methods(), {}
        for endpoint in ("token", "introspection", "revocation"):
            proven = [name for name in methods if endpoint != "introspection" or name != AuthMethod.NONE]
            found[f"{endpoint}_endpoint_auth_methods_supported"] = proven
            found[f"{endpoint}_endpoint_auth_signing_alg_values_supported"] = list(CLIENT_ALGORITHMS)
        return found

    def _methods(self) -> list[str]:
        """Those with a certificate only where a proxy passes certificates on."""
        return [name for name in METHODS if self.certificates or name not in (AuthMethod.TLS, AuthMethod.SELF_SIGNED_TLS)]

    def _identity_assurance(self) -> dict[str, object]:
        """What can stand in `verified_claims` (OpenID Connect for Identity Assurance 1.0, section 9): whatever a citizen ID may vouch for.
        No evidence, no documents."""
        rows = self.claim_table.definitions.values()
        vouched = [row.name for row in rows if row.origin == "provider" and row.release is ReleaseClass.PURPOSE]
        return {
            "verified_claims_supported": True,
            "trust_frameworks_supported": [TRUST_FRAMEWORK],
            "claims_in_verified_claims_supported": vouched,
        }

    def _claims(self) -> dict[str, object]:
        rows = self.claim_table.definitions.values()
        names = dict.fromkeys([*_PROTOCOL_CLAIMS, *(row.name for row in rows if row.release is not ReleaseClass.NEVER)])
        return {
            "claims_supported": list(names),
            "claim_types_supported": ["normal"],
            "claims_parameter_supported": True,
            **self._identity_assurance(),
        }
