"""What the flows need from outside and cannot know: an upstream hub and the time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from broker.core.subject import UpstreamIdentity
from broker.core.trust import TrustLevel

Clock = Callable[[], datetime]
"""Returns the current time, aware, in UTC."""


@dataclass(frozen=True, slots=True)
class UpstreamRequest:
    """A sign-in to begin: at which citizen ID, at least at which level, in which language. Never which tool asked.

    It is always a new one: the citizen is really asked (the broker keeps the sessions, the hub's own is never enough). `claims` names the
    claims that may be needed; the hub asks the citizen ID for nothing beyond them. None asks for all it can map. `login_hint` is what a
    tool believes to know of the citizen (OIDC Core 3.1.2.1); it decides nothing.
    """

    provider_alias: str
    trust: TrustLevel
    locale: str
    claims: tuple[str, ...] | None = None
    login_hint: str | None = None


@dataclass(frozen=True, slots=True)
class UpstreamRedirect:
    """Where to send the browser, and the three secrets that the answer must fit."""

    url: str
    state: str
    nonce: str
    code_verifier: str


@dataclass(frozen=True, slots=True)
class UpstreamProof:
    """What the broker remembered of a sign-in it began, to hold the answer against."""

    provider_alias: str
    nonce: str
    code_verifier: str
    started_at: datetime


@dataclass(frozen=True, slots=True)
class UpstreamLogout:
    """The hub says that one of its sessions has ended. `jti` counts once until `expires_at`."""

    sid: str
    jti: str
    expires_at: datetime


class Upstream(Protocol):
    """The hub that speaks to the citizen IDs. Implemented by Keycloak's side (`upstream/keycloak_login.py`) and by the tests' fake."""

    def begin(self, request: UpstreamRequest) -> UpstreamRedirect:
        """Make a sign-in at the hub. Raises UpstreamUnavailable."""
        ...

    def complete(self, answer: Mapping[str, str], proof: UpstreamProof) -> UpstreamIdentity:
        """Turn the hub's answer (the callback's parameters, untrusted) into an identity.

        Raises UpstreamCancelled when the citizen or the citizen ID said no, UpstreamRefused when the answer cannot be trusted,
        UpstreamUnavailable when the hub does not answer in time, CitizenIdUnavailable when it does and the citizen ID behind it does not.
        """
        ...

    def end_session(self, id_token: str) -> bool:
        """Ask the hub to end the session this ID token belongs to; True if it said so. Never raises for an outage: sign-out goes on."""
        ...

    def read_logout(self, token: str) -> UpstreamLogout:
        """What a logout token says (untrusted; OIDC Back-Channel Logout 1.0). Raises UpstreamRefused or UpstreamUnavailable."""
        ...

    def reachable(self) -> bool:
        """Whether the hub answers right now (readiness, doctor)."""
        ...
