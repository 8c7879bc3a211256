"""An account's sessions as its page shows them: the device in coarse words, the place coarser still, the tools by name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from broker.core.network import Networks
from broker.core.provider import IdentityProvider
from broker.core.session import UNNAMED, RegisteredSession
from broker.flows.overseeing import SessionOverview
from broker.web.i18n import in_language
from broker.web.presentation import provider_name


class Place(StrEnum):
    """Where a session was begun, as seen from the page that shows it."""

    HERE = "here"
    ELSEWHERE = "elsewhere"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ShownSession:
    """One session. `device` is empty where the browser said nothing; `network` names a known network, else `place` compares connections.

    `tools` are names, `out_of_reach` those of them that ending it from here does not sign out; `only_for` is the name of the one tool it
    counts for, or empty. `other_device` is where its cookie turned up as well: empty for a device that did not say what it is, None for
    nowhere.
    """

    handle: str
    device: str
    provider: str
    began: datetime
    ends: datetime
    network: str
    place: Place
    tools: tuple[str, ...]
    out_of_reach: tuple[str, ...]
    public_computer: bool
    only_for: str
    other_device: str | None
    present: bool


def shown_sessions(
    overview: Iterable[SessionOverview], providers: Iterable[IdentityProvider], networks: Networks, present_id: str, present_network: str
) -> list[ShownSession]:
    """The sessions, the present one first, then the newest. `present_network` is the hash of the connection the page is looked at over."""
    known = tuple(providers)
    shown = [_shown(one, known, networks, present_id, present_network) for one in overview]
    return sorted(shown, key=lambda one: not one.present)


def _shown(
    one: SessionOverview, known: tuple[IdentityProvider, ...], networks: Networks, present_id: str, present_network: str
) -> ShownSession:
    session = one.session
    network = networks.find(session.network)
    return ShownSession(
        handle=session.handle,
        device=session.device,
        provider=provider_name(known, session.provider_alias),
        began=session.created_at,
        ends=session.expires_at,
        network=in_language(network.names) if network else "",
        place=_place(session, present_network),
        tools=one.tools,
        out_of_reach=one.out_of_reach if session.session_id != present_id else (),
        public_computer=session.public_computer,
        only_for=one.only_for,
        other_device=_other_device(session.other_device),
        present=session.session_id == present_id,
    )


def _other_device(noted: str) -> str | None:
    return noted.removeprefix(UNNAMED) if noted else None


def _place(session: RegisteredSession, present_network: str) -> Place:
    if not session.network_hash or not present_network:
        return Place.UNKNOWN
    return Place.HERE if session.network_hash == present_network else Place.ELSEWHERE
