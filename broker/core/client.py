"""Tools as OpenID Connect clients: what they may ask for and where answers may go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import urlsplit

from broker.core.client_policy import (
    Appearance,
    AuthMethod,
    ClaimPolicy,
    ClientKeys,
    GrantType,
    LoginStart,
    LogoutPolicy,
    Registration,
    RequestPolicy,
    SubjectType,
    TokenPolicy,
)
from broker.core.provider import IdentityProvider
from broker.core.trust import TrustLevel


class ClientStatus(StrEnum):
    """Only a live client takes part in anything (A-31); one in the sandbox does too, but meets simulated citizens only."""

    DRAFT = "draft"
    SANDBOX = "sandbox"
    IN_REVIEW = "in_review"
    LIVE = "live"
    SUSPENDED = "suspended"


PUBLIC_SECTOR = "*public"
"""What all clients with a public subject share. No sector of another client can be called so: it is no host, and no word a file may say."""

TAKING_PART = frozenset({ClientStatus.LIVE, ClientStatus.SANDBOX})


@dataclass(frozen=True, slots=True)
class ClientClaim:
    """A claim a tool registered for: its purpose in plain words by locale, the legal basis, and whether the tool can do without."""

    name: str
    purpose: Mapping[str, str]
    legal_basis: str = ""
    required: bool = True


@dataclass(frozen=True, slots=True)
class Operator:
    """Who runs a tool, as citizens are told."""

    name: str
    contact: str = ""
    privacy_url: str = ""


@dataclass(frozen=True, slots=True)
class Client:
    """A registered tool. `secret_hash` is a keyed hash; `sector` keeps `sub` stable for tools that share it (OIDC Core 8.1).

    `fapi`: held to FAPI 2.0, which forbids what older tools need; `keycloak_paths`: it knows Keycloak's addresses only.
    """

    client_id: str
    name: str
    operator: Operator
    status: ClientStatus
    redirect_uris: tuple[str, ...]
    sector: str
    managed_by: str = "file"
    preset: str = "generic"
    description: Mapping[str, str] = field(default_factory=dict)
    base_url: str = ""
    login_start: LoginStart = field(default_factory=LoginStart)
    post_logout_redirect_uris: tuple[str, ...] = ()
    backchannel_logout_uri: str = ""
    auth_method: AuthMethod = AuthMethod.ANY_SECRET
    secret_hash: str = ""
    scopes: tuple[str, ...] = ("openid",)
    claims: tuple[ClientClaim, ...] = ()
    release_without_scope: tuple[str, ...] = ()
    allowed_providers: tuple[str, ...] = ()
    minimum_trust: TrustLevel = TrustLevel.BASIC
    municipalities: tuple[str, ...] = ()
    age_thresholds: tuple[int, ...] = ()
    first_party: bool = False
    pkce_waived: bool = False
    claims_in_id_token: bool = False
    id_token_alg: str = "RS256"
    response_modes: tuple[str, ...] = ("query", "form_post")
    email_verified_only: bool = True
    version: str = ""
    subject_type: SubjectType = SubjectType.PAIRWISE
    fapi: bool = False
    keycloak_paths: bool = False
    keys: ClientKeys = field(default_factory=ClientKeys)
    requests: RequestPolicy = field(default_factory=RequestPolicy)
    tokens: TokenPolicy = field(default_factory=TokenPolicy)
    logout: LogoutPolicy = field(default_factory=LogoutPolicy)
    appearance: Appearance = field(default_factory=Appearance)
    registration: Registration = field(default_factory=Registration)
    claim_policy: ClaimPolicy = field(default_factory=ClaimPolicy)

    @property
    def takes_part(self) -> bool:
        """Whether anything may be done for this client at all."""
        return self.status in TAKING_PART

    @property
    def is_public(self) -> bool:
        """Whether the client cannot prove who it is."""
        return self.auth_method is AuthMethod.NONE

    @property
    def has_secret(self) -> bool:
        """Whether the client proves itself by a secret; the others have keys or nothing."""
        return self.auth_method in (AuthMethod.ANY_SECRET, AuthMethod.BASIC, AuthMethod.POST)

    @property
    def needs_pkce(self) -> bool:
        """Whether an authorization request without a challenge is refused (A-04): always for public clients, else unless waived."""
        return self.is_public or self.fapi or not self.pkce_waived

    @property
    def can_be_told(self) -> bool:
        """Whether there is any way to tell the tool that a session has ended."""
        return bool(self.backchannel_logout_uri or self.logout.frontchannel_uri)

    @property
    def only_for(self) -> str:
        """What a session has to be `only_for` to answer this client: its own id where it keeps to itself, else empty: the common one."""
        return self.client_id if self.logout.isolated_session else ""

    def may_use(self, grant_type: GrantType) -> bool:
        """Whether the record allows this grant at the token endpoint."""
        return grant_type in self.tokens.grant_types

    @property
    def subject_sector(self) -> str:
        """The sector by whose `sub` and pseudonym this client knows a citizen (OIDC Core 8)."""
        return PUBLIC_SECTOR if self.subject_type is SubjectType.PUBLIC else self.sector

    @property
    def registered_claims(self) -> tuple[str, ...]:
        """Names of the claims this tool registered a purpose for."""
        return tuple(claim.name for claim in self.claims)

    def allows_redirect(self, uri: str) -> bool:
        """Exact string comparison; only the port of a loopback address of a native client may vary (A-01, RFC 8252 7.3)."""
        return uri in self.redirect_uris or any(_same_loopback(uri, known) for known in self.redirect_uris)

    def allows_provider(self, provider: IdentityProvider) -> bool:
        """Whether citizens may use this citizen ID for the tool; an empty list allows all. In the sandbox only simulated citizens come."""
        if self.status is ClientStatus.SANDBOX and not provider.sandbox:
            return False
        return not self.allowed_providers or provider.alias in self.allowed_providers


def _same_loopback(uri: str, known: str) -> bool:
    if not known.startswith(("http://127.0.0.1", "http://[::1]")):
        return False
    try:
        asked, registered = urlsplit(uri), urlsplit(known)
        asked_port = asked.port
    except ValueError:
        return False
    if registered.hostname not in ("127.0.0.1", "::1") or asked_port == 0:
        return False
    host = registered.netloc.rsplit(":", 1)[0] if registered.port else registered.netloc
    return uri == known.replace(registered.netloc, host if asked_port is None else f"{host}:{asked_port}", 1)
