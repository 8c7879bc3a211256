"""Linking citizen IDs: the account's own pages as a client of the judge, the steps that only they know, and when a link may be made.

A second citizen ID joins an account only on its owner's own action, with fresh proof of both, in one browser (citizen IDs 8; AL-05,
AL-07). Names and addresses decide nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from broker.core.account_errors import LinkInterrupted
from broker.core.client import Client, ClientStatus, Operator
from broker.core.client_policy import AuthMethod, TokenPolicy
from broker.core.errors import BrokerError, InteractionRequired
from broker.core.request import AuthorizationRequest
from broker.core.session import BrokerSession

FRESH = timedelta(minutes=5)
"""How old the proof of an account may be when its links are changed."""

ACCOUNT_PAGES = "*account"
"""What the account's own pages are called as a client. No file and no registration can give this id."""


@dataclass(frozen=True, slots=True)
class ConfirmLink:
    """A second citizen ID has proven itself: show both, and ask whether they are to be one account."""

    @property
    def silent_error(self) -> BrokerError:
        """What this becomes under prompt=none."""
        return InteractionRequired()


@dataclass(frozen=True, slots=True)
class TellNews:
    """The links of this account have changed since this citizen ID was here last: show it before going on (AL-10)."""

    @property
    def silent_error(self) -> BrokerError:
        """What this becomes under prompt=none."""
        return InteractionRequired()


class LinkOutlook(StrEnum):
    """What would come of linking an identity: `absorbed` and its empty account goes, `taken`: its account has been used."""

    NEW = "new"
    HERE = "here"
    ABSORBED = "absorbed"
    TAKEN = "taken"


def account_pages(site_name: str = "", operator_name: str = "") -> Client:
    """The account's own pages, as the judge sees them. They are in no table: nobody can ask for them at an endpoint."""
    return Client(
        client_id=ACCOUNT_PAGES,
        name=site_name,
        operator=Operator(operator_name),
        status=ClientStatus.LIVE,
        redirect_uris=(),
        sector=ACCOUNT_PAGES,
        managed_by="broker",
        auth_method=AuthMethod.PRIVATE_KEY_JWT,
        first_party=True,
        tokens=TokenPolicy(grant_types=()),
    )


def is_fresh(session: BrokerSession, at: datetime) -> bool:
    """Whether the account was proven recently enough to change its links, and the proof did not turn up on another device since."""
    return not session.other_device and at - session.authenticated_at <= FRESH


def link_fault(request: AuthorizationRequest, session: BrokerSession | None) -> BrokerError | None:
    """Why linking must not go on: nobody, or somebody else than who began it, is signed in, or the first proof was too old."""
    if session is None or session.subject_id != request.links_to or not is_fresh(session, request.created_at):
        return LinkInterrupted()
    return None
