"""An authorization request in progress: what the tool asked for, validated, and what has been done about it so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from broker.core.subject import ProposedLink
from broker.core.trust import TrustLevel

REQUEST_LIFETIME = timedelta(minutes=15)  # an eID sign-in takes time
PUSHED_LIFETIME = timedelta(seconds=90)  # from the push to the citizen's browser


class Prompt(StrEnum):
    """OIDC Core 3.1.2.1 `prompt`; other values are refused."""

    NONE = "none"
    LOGIN = "login"
    CONSENT = "consent"
    SELECT_ACCOUNT = "select_account"


class SetbackKind(StrEnum):
    """Why a try to sign in ended without a session while the request goes on."""

    CANCELLED = "cancelled"
    UNAVAILABLE = "unavailable"
    INCOMPLETE = "incomplete"


@dataclass(frozen=True, slots=True)
class Setback:
    """The last try to sign in for a request, as the citizen is told when choosing anew.

    `claims` are those that the citizen ID could not give although it had to.
    """

    provider_alias: str
    kind: SetbackKind
    claims: tuple[str, ...] = ()


STEP_UP_DECLINED = "step_up"
"""In `denied_by`: the citizen stays with a sign-in that is not enough."""


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """One request, bound to the browser that began it (`browser_id` is a fingerprint of its cookie).

    `wanted_trust` is what the tool would like (acr_values), `required_trust` what it insists on (essential acr). `hinted_subs` are the
    subjects it will take, by id_token_hint or `claims`; none means anybody. `asked_userinfo` and `asked_id_token` are names from `claims`.
    `resources` are APIs the tool wants tokens for (RFC 8707), `confirmation` the key it announced for them (`jkt:...`, RFC 9449 10).
    With `device_id` there is no redirect URI: the answer waits for that device (RFC 8628). That of the account's own pages is a path.
    `pushed_as` is the reference it came by (RFC 9126), to be answered once.
    `provider_hint` is where the tool would like the citizen to sign in; it never keeps them from another of its citizen IDs.
    With `links_to` a second citizen ID is to be linked to that account; `proposed` is the one that signed in for it.
    `public_computer`: the citizen or the network said that others use this computer too.
    `signed_in_at`, `told_at`, `consented_at`, `denied_by` record what this request has already asked of the citizen, so that nothing is
    asked twice; `setback` is a try that failed and may be repeated. `session_id` names the session that came of it, of a tool that takes
    no part in the common one: no cookie knows it.
    """

    id: str
    browser_id: str
    client_id: str
    redirect_uri: str
    scopes: tuple[str, ...]
    created_at: datetime
    response_mode: str = "query"
    state: str | None = None
    nonce: str | None = None
    code_challenge: str | None = None
    prompts: frozenset[Prompt] = frozenset()
    max_age: int | None = None
    wanted_trust: TrustLevel = TrustLevel.NONE
    required_trust: TrustLevel = TrustLevel.NONE
    hinted_subs: tuple[str, ...] = ()
    login_hint: str | None = None
    provider_hint: str | None = None
    ui_locales: tuple[str, ...] = ()
    asked_userinfo: tuple[str, ...] = ()
    asked_id_token: tuple[str, ...] = ()
    signed_in_at: datetime | None = None
    consented_at: datetime | None = None
    denied_by: str | None = None
    resources: tuple[str, ...] = ()
    confirmation: str = ""
    pushed_as: str = ""
    device_id: str = ""
    setback: Setback | None = None
    links_to: str = ""
    proposed: ProposedLink | None = None
    told_at: datetime | None = None
    session_id: str = ""
    public_computer: bool = False

    @property
    def silent(self) -> bool:
        """Whether no page may be shown (prompt=none)."""
        return Prompt.NONE in self.prompts

    def expired(self, now: datetime) -> bool:
        """Whether the citizen took longer than `REQUEST_LIFETIME`."""
        return now >= self.created_at + REQUEST_LIFETIME


@dataclass(frozen=True, slots=True)
class PushedRequest:
    """What a tool pushed (RFC 9126): its parameters, found good then and judged again when a browser brings the reference.

    `signed`: they came in a request object. `confirmation` is the key they were bound to, also by a proof in a header.
    """

    client_id: str
    values: Mapping[str, str]
    lists: Mapping[str, tuple[str, ...]]
    pushed_at: datetime
    signed: bool = False
    confirmation: str = ""

    def expired(self, now: datetime) -> bool:
        """Whether the browser came too late."""
        return now >= self.pushed_at + PUSHED_LIFETIME


@dataclass(frozen=True, slots=True)
class UpstreamLogin:
    """A sign-in sent to the hub and not yet answered; found again, once, by the fingerprint of its `state`. `claims` were asked for."""

    request_id: str
    browser_id: str
    provider_alias: str
    nonce: str
    code_verifier: str
    started_at: datetime
    claims: tuple[str, ...] = ()
