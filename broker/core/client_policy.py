"""What a client's record says beyond who it is: how it proves itself, asks, is answered and signs out. Defaults are a plain tool's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

ON_THE_WAY = timedelta(seconds=3)
"""What an answer needs from here through the citizen's browser to the tool."""


EVIDENCE = ("self", "voucher", "address_match", "registry", "eid_ags")
"""Values of `bp_residence_evidence`, from nobody's word but the citizen's own to the key on an identity card."""


class AuthMethod(StrEnum):
    """How a client shows who it is at the token endpoint. `any_secret` takes basic and post alike; a record may pin one (A-07)."""

    ANY_SECRET = "any_secret"
    BASIC = "client_secret_basic"
    POST = "client_secret_post"
    PRIVATE_KEY_JWT = "private_key_jwt"
    TLS = "tls_client_auth"
    SELF_SIGNED_TLS = "self_signed_tls_client_auth"
    NONE = "none"


class GrantType(StrEnum):
    """What the token endpoint can be asked for; a client may use only those of its record."""

    AUTHORIZATION_CODE = "authorization_code"
    REFRESH_TOKEN = "refresh_token"
    CLIENT_CREDENTIALS = "client_credentials"
    DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"
    TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"


class SubjectType(StrEnum):
    """OIDC Core 8. `public`: the same `sub` at all tools that an administrator allowed it to."""

    PAIRWISE = "pairwise"
    PUBLIC = "public"


@dataclass(frozen=True, slots=True)
class ClientKeys:
    """Keys and certificates by which a client proves itself. Never both `jwks` and `jwks_uri` (RFC 7591 2).

    `signing_alg` pins the algorithm of its assertions (`token_endpoint_auth_signing_alg`); empty: any of ours. `tls_names` are the
    expected names in its certificate, by the metadata names of RFC 8705 2.1.2, e.g. `{"tls_client_auth_san_dns": "tool.example"}`.
    """

    jwks: Mapping[str, object] = field(default_factory=dict)
    jwks_uri: str = ""
    signing_alg: str = ""
    tls_names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RequestPolicy:
    """How a client has to ask, and what counts where its request is silent.

    `signing_alg` is the one algorithm of its request objects (empty: any of ours), `request_uris` the only ones ever fetched,
    `default_max_age` seconds. `response_alg` signs its authorization responses (JARM); empty: as its ID tokens.
    """

    require_pushed: bool = False
    require_signed: bool = False
    signing_alg: str = ""
    request_uris: tuple[str, ...] = ()
    default_max_age: int | None = None
    default_acr_values: tuple[str, ...] = ()
    response_alg: str = ""


@dataclass(frozen=True, slots=True)
class ClaimPolicy:
    """How a client gets what decides who may take part.

    `age_bands` are the groups it may be told, as `14-17` or `65+`, never beside fine ages. `minimum_evidence` is the weakest proof of
    residence it takes (of `EVIDENCE`); empty: any that is proven, and the others where the evidence stands beside it.
    """

    age_bands: tuple[str, ...] = ()
    minimum_evidence: str = ""


@dataclass(frozen=True, slots=True)
class TokenPolicy:
    """Which tokens a client gets and how they are made.

    `refresh_with_session`: refresh tokens without `offline_access`, for as long as the session lives. `access_token_jwt`: RFC 9068
    instead of an opaque value. `resource` names the client itself as an API, `resources` the APIs it may ask tokens for (RFC 8707).
    `dpop_bound` and `certificate_bound`: no token without such a proof; `dpop_nonce`: each proof has to carry our nonce (RFC 9449 8).
    """

    grant_types: tuple[GrantType, ...] = (GrantType.AUTHORIZATION_CODE,)
    refresh_with_session: bool = False
    access_token_jwt: bool = False
    resource: str = ""
    resources: tuple[str, ...] = ()
    dpop_bound: bool = False
    certificate_bound: bool = False
    dpop_nonce: bool = False
    audience_as_list: bool = False
    userinfo_alg: str = ""
    id_token_encryption_alg: str = ""
    id_token_encryption_enc: str = ""


@dataclass(frozen=True, slots=True)
class LogoutPolicy:
    """How a client takes part in the common session and its end; the browser's part only for those that want it (OIDC Front-Channel
    Logout 1.0).

    `isolated_session`: it takes no part in it. Each of its requests is a sign-in of its own, for which no other client is let in.
    `session_state`: authorization responses also carry the `sid` under that name, for plugins that read it there.
    `told_when_asking`: it gets a back-channel logout also when the sign-out was begun by itself, as the specification reads literally.
    `may_stay_elsewhere`: a sign-out begun there lets citizens choose between this tool alone and everywhere.
    """

    frontchannel_uri: str = ""
    frontchannel_session_required: bool = False
    backchannel_session_required: bool = False
    session_state: bool = False
    told_when_asking: bool = False
    isolated_session: bool = False
    may_stay_elsewhere: bool = False


@dataclass(frozen=True, slots=True)
class LoginStart:
    """Where a sign-in begins at the tool, and how long (seconds, 0: no limit known) it remembers that it began.

    A citizen who took longer is led to `url` again instead of bringing back an answer the tool has forgotten. `method` POST: the sign-in
    begins with a button there that no link can press.
    """

    url: str = ""
    method: str = "GET"
    state_ttl: int = 0

    def is_over(self, began_at: datetime, now: datetime) -> bool:
        """Whether an answer sent now would come too late for a sign-in that began then."""
        return self.state_ttl > 0 and now + ON_THE_WAY >= began_at + timedelta(seconds=self.state_ttl)


@dataclass(frozen=True, slots=True)
class Appearance:
    """What citizens see of a tool beside its name (OIDC Registration 2). `logo` is the digest of the picture that was once fetched from
    `logo_uri` and is served by us, so that the tool does not see who looks at a page of ours."""

    logo_uri: str = ""
    logo: str = ""
    policy_uri: str = ""
    tos_uri: str = ""


@dataclass(frozen=True, slots=True)
class Registration:
    """How a client that registered itself came here (RFC 7591). `token_hash` is the keyed hash of its registration access token.

    `invited_by` is the label of its invitation, `basic_profile` and `public_subject` what that allowed; `approved_at` is when an
    administrator looked at the client and let it meet real citizens. `token_endpoint_auth_method` is the method it named, of two that do.
    """

    token_hash: str = ""
    registered_at: datetime | None = None
    approved_at: datetime | None = None
    invited_by: str = ""
    basic_profile: bool = False
    public_subject: bool = False
    application_type: str = "web"
    token_endpoint_auth_method: str = ""
    require_auth_time: bool = False
    software_statement: str = ""
    software_id: str = ""
    software_version: str = ""
    contacts: tuple[str, ...] = ()
    sector_identifier_uri: str = ""
