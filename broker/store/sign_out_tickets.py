"""What a browser may look up about its latest sign-out: in Redis only, sealed, for minutes."""

from __future__ import annotations

from broker.core.ids import same
from broker.core.ports import Clock
from broker.core.sign_out_ticket import SignOutTicket
from broker.store.records import Record
from broker.store.redis import Redis
from broker.store.redis import key as redis_key
from broker.store.seal import Seal
from broker.store.sealed_values import SealedValues

_KIND = "sign_out"
_TICKET = Record(SignOutTicket)


def ticket_key(browser_id: str) -> str:
    """Where a browser's ticket stands; a new sign-in there deletes it in the same step (`sessions.py`)."""
    return redis_key(_KIND, browser_id)


class SignOutTickets:
    """One for each browser: the next sign-out there takes the place of the last."""

    def __init__(self, redis: Redis, seal: Seal, clock: Clock) -> None:
        self._redis, self._clock = redis, clock
        self._values = SealedValues(redis, seal, _KIND, _TICKET)

    def add(self, ticket: SignOutTicket) -> None:
        """Keep a ticket until its time is over."""
        self._values.set(ticket.browser_id, ticket, ticket.expires_at - self._clock())

    def find(self, secret: str, browser_id: str) -> SignOutTicket | None:
        """This browser's ticket, if it is the one of this secret; None for all else."""
        ticket = self.find_latest(browser_id)
        return ticket if ticket and same(ticket.secret, secret) else None

    def find_latest(self, browser_id: str) -> SignOutTicket | None:
        """This browser's ticket, if its time is not over."""
        ticket = self._values.get(browser_id)
        known = ticket is not None and same(ticket.browser_id, browser_id) and self._clock() < ticket.expires_at
        return ticket if known else None

    def replace(self, ticket: SignOutTicket) -> bool:
        """Change a ticket that is still there; False if it is gone: whoever signed in meanwhile must not meet it."""
        return self._values.replace(ticket.browser_id, ticket)

    def revoke(self, browser_id: str) -> None:
        """Forget a browser's ticket."""
        self._redis.delete(ticket_key(browser_id))
