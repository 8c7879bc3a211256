"""Grants: the durable record that a citizen let a tool in, and the short-lived code that becomes one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from broker.core.ids import fingerprint
from broker.core.trust import TrustLevel

CODE_LIFETIME = timedelta(seconds=60)
ACCESS_TOKEN_LIFETIME = timedelta(minutes=10)
OFFLINE_LIFETIME = timedelta(days=90)  # absolute, however often it is refreshed (A-08, RT-07)
REFRESH_GRACE = timedelta(seconds=10)  # in which a lost answer is given again (A-08, RT-05)

OPENID = "openid"
OFFLINE_ACCESS = "offline_access"  # OIDC Core 11: a grant that outlives the session; no claims


@dataclass(frozen=True, slots=True)
class IssuedCode:
    """What an authorization code stands for until it is redeemed; in Redis under the code's fingerprint, at most 60 seconds.

    `pseudonym` is there where the ID token needs it, so that redeeming reads nothing more from SQL. `confirmation` is the key that was
    announced with the request and must be proven when redeeming (RFC 9449 10). `refreshable`: a refresh token comes with its tokens.
    """

    client_id: str
    redirect_uri: str
    subject_id: str
    session_id: str
    sub: str
    scopes: tuple[str, ...]
    claims: tuple[str, ...]
    id_token_claims: tuple[str, ...]
    trust: TrustLevel
    amr: tuple[str, ...]
    auth_time: datetime
    created_at: datetime
    consent_id: str | None
    nonce: str | None = None
    code_challenge: str | None = None
    pseudonym: str | None = None
    audience: tuple[str, ...] = ()
    confirmation: str = ""
    offline: bool = False
    refreshable: bool = False


@dataclass(frozen=True, slots=True)
class Grant:
    """Who let which tool in, with what, proven how. No personal claims. Revoking it kills every handle at once.

    `code_hash` is the one-use gate (unique), `access_hash` finds the grant by its access token. `sid` is what this tool calls the
    session (OIDC Back-Channel Logout 2.1). `expires_at` is the session's end, `access_expires_at` the access token's. `audience` are the
    APIs its tokens are for (RFC 8707), `confirmation` the key they are bound to: `jkt:...` (RFC 9449) or `x5t#S256:...` (RFC 8705).
    An `offline` grant outlives the session (scope `offline_access`); its `expires_at` is absolute. `provider_alias` is the citizen ID it
    came from: switched off, it ends the grant also without a session (A-31). So does removing the link (`upstream_hash`).
    """

    id: str
    code_hash: str
    access_hash: str
    client_id: str
    subject_id: str
    session_id: str
    sub: str
    sid: str
    scopes: tuple[str, ...]
    claims: tuple[str, ...]
    trust: TrustLevel
    amr: tuple[str, ...]
    auth_time: datetime
    created_at: datetime
    access_expires_at: datetime
    expires_at: datetime
    consent_id: str | None
    revoked_at: datetime | None = None
    audience: tuple[str, ...] = ()
    confirmation: str = ""
    offline: bool = False
    provider_alias: str = ""
    upstream_hash: str = ""

    @property
    def first_token(self) -> AccessToken:
        """The access token that came with it; its hash stands in the grant itself."""
        return AccessToken(
            access_hash=self.access_hash,
            grant_id=self.id,
            client_id=self.client_id,
            scopes=self.scopes,
            audience=self.audience,
            confirmation=self.confirmation,
            created_at=self.created_at,
            expires_at=self.access_expires_at,
            revoked_at=self.revoked_at,
        )


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """A handle of its grant that gets one access token and its own successor. `used_at` is set by the one who used it first.

    `scopes` may be fewer than the grant's: what was left out once does not come back (RT-03).
    """

    token_hash: str
    grant_id: str
    scopes: tuple[str, ...]
    created_at: datetime
    used_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AccessToken:
    """An access token beside the first one of a grant; without `grant_id` it is a service client's own (client_credentials)."""

    access_hash: str
    grant_id: str | None
    client_id: str
    scopes: tuple[str, ...]
    audience: tuple[str, ...]
    confirmation: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class LiveToken:
    """An access token that is good right now, with the grant it belongs to (None: a service client's own).

    `agreed` are the claims of the citizen's newest decision about the grant's tool; None where there never was one.
    """

    token: AccessToken
    grant: Grant | None
    agreed: tuple[str, ...] | None

    @property
    def claims(self) -> tuple[str, ...]:
        """Claims that the grant carries and the citizen still agrees to (RT-15)."""
        if self.grant is None:
            return ()
        if self.grant.consent_id is None:
            return self.grant.claims
        return tuple(name for name in self.grant.claims if name in (self.agreed or ()))


def narrowed(granted: tuple[str, ...], wanted: tuple[str, ...]) -> tuple[str, ...]:
    """Those of the granted scopes or APIs that are wanted, in the order they were granted; all where nothing is named."""
    return tuple(word for word in granted if word in wanted) if wanted else granted


def access_hash(secret: str, as_jwt: bool) -> str:
    """Under which hash an access token is kept. Of an RFC 9068 token the secret is the `jti`: signatures may differ, the token does not.

    The prefix keeps the two kinds apart: a `jti` read from a JWT is no opaque token.
    """
    return fingerprint(f"at+jwt {secret}" if as_jwt else secret)
