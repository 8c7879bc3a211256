"""Sessions of signed-in browsers, in Redis only, with everything known from the citizen ID, sealed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from redis.client import Pipeline

from broker.core.ids import fingerprint
from broker.core.ports import Clock
from broker.core.session import BrokerSession
from broker.store.records import Record
from broker.store.redis import Redis, key
from broker.store.seal import Seal
from broker.store.sealed_values import SealedValues, milliseconds
from broker.store.sign_out_tickets import ticket_key

_SESSION = Record(BrokerSession)
_KEPT_OVER = timedelta(minutes=10)
"""How long a session that is over by time is kept for its end to be pronounced: the hub believes only what it holds."""


class Sessions:
    """Keyed by the session's id, which is the fingerprint of the cookie."""

    def __init__(self, redis: Redis, seal: Seal, clock: Clock) -> None:
        self._redis, self._clock = redis, clock
        self._values = session_values(redis, seal)

    def add(self, session: BrokerSession, replacing: str | None = None) -> None:
        """Keep a new session until shortly after its absolute end; the one it replaces goes in the same step."""
        lifetime = self._lifetime(session)
        with self._redis.pipeline(atomic=True) as pipeline:
            pipeline.set(self._values.key(session.id), self._values.sealed(session.id, session), px=lifetime)
            pipeline.delete(ticket_key(session.browser_id))  # whoever sits there now has no business with the sign-out before
            for index in _indexes(session):
                pipeline.sadd(index, session.id)
                pipeline.pexpire(index, lifetime, nx=True)
                pipeline.pexpire(index, lifetime, gt=True)  # never sooner than for a session that is there already
            if replacing and replacing != session.id:
                pipeline.delete(self._values.key(replacing))

    def find(self, session_id: str) -> BrokerSession | None:
        """The session, or None if it is unknown, ended, or over by time."""
        session = self.find_even_over(session_id)
        return session if session and session.live(self._clock()) else None

    def find_even_over(self, session_id: str) -> BrokerSession | None:
        """The session also when its time is over, for nothing but to end it."""
        session = self._values.get(session_id)
        return session if session and session.id == session_id else None

    def find_by_upstream(self, upstream_sid: str) -> tuple[BrokerSession, ...]:
        """Sessions that came of a session at the hub; several where a browser lost our cookie and kept the hub's."""
        found = self._listed(_upstream_key(upstream_sid))
        return tuple(session for session in found if session.upstream_sid == upstream_sid and session.live(self._clock()))

    def find_by_voucher(self, batch_id: str) -> tuple[BrokerSession, ...]:
        """Sessions that hold the word of this batch of vouchers."""
        found = self._listed(_voucher_key(batch_id))
        return tuple(session for session in found if batch_id in session.vouched_by and session.live(self._clock()))

    def find_in_browser(self, browser_id: str) -> tuple[BrokerSession, ...]:
        """What began in this browser and has not ended: the common session, those of tools alone, also what is over by time."""
        return tuple(session for session in self._listed(_browser_key(browser_id)) if session.browser_id == browser_id)

    def find_own(self, browser_id: str, client_id: str) -> BrokerSession | None:
        """The session that this tool alone has in this browser, by no cookie of its own; the newest."""
        own = (session for session in self.find_in_browser(browser_id) if session.serves(client_id, self._clock()))
        return max(own, key=lambda session: session.authenticated_at, default=None)

    def touch(self, session: BrokerSession) -> bool:
        """Note that the citizen is active now. False if the session has ended meanwhile: it is never brought back."""
        return self._values.replace(session.id, session.touched(self._clock()))

    def replace(self, session: BrokerSession) -> bool:
        """Keep what has become of the session. False if it has ended meanwhile: it is never brought back."""
        return self._values.replace(session.id, session)

    def shorten(self, session: BrokerSession) -> None:
        """Keep a session that is to end sooner, no longer than until shortly after that. One that has ended meanwhile stays ended."""
        with self._redis.pipeline(atomic=True) as pipeline:
            pipeline.set(self._values.key(session.id), self._values.sealed(session.id, session), px=self._lifetime(session), xx=True)

    def revoke(self, session_id: str) -> bool:
        """End a session; whether there was one."""
        return self._redis.delete(self._values.key(session_id))

    def _lifetime(self, session: BrokerSession) -> int:
        return milliseconds(session.expires_at - self._clock() + _KEPT_OVER)

    def _listed(self, index: str) -> Iterator[BrokerSession]:
        """Those under an index, also over by time. Who has ended is taken out: a browser that is never closed would gather them."""
        found = {member: self.find_even_over(member.decode()) for member in sorted(self._redis.members(index))}
        self._redis.take_out(index, [member for member, session in found.items() if session is None])
        return (session for session in found.values() if session)


def _indexes(session: BrokerSession) -> list[str]:
    """Under what a session can be found beside its cookie: the browser it began in, and what it rests on, and ends with."""
    upstream = [_upstream_key(session.upstream_sid)] if session.upstream_sid else []
    return [_browser_key(session.browser_id), *upstream, *map(_voucher_key, session.vouched_by)]


def _browser_key(browser_id: str) -> str:
    return key("browser_sessions", fingerprint(browser_id))


def _voucher_key(batch_id: str) -> str:
    return key("voucher_session", fingerprint(batch_id))


def _upstream_key(upstream_sid: str) -> str:
    return key("upstream_session", fingerprint(upstream_sid))


def session_values(redis: Redis, seal: Seal) -> SealedValues[BrokerSession]:
    """How sessions stand in Redis; codes touch them in their own pipeline."""
    return SealedValues(redis, seal, "session", _SESSION)


def add_touch(pipeline: Pipeline, values: SealedValues[BrokerSession], session: BrokerSession) -> None:
    """Put a touch into a pipeline. Only over a session that is still there, for the rest of its time: an ended one stays ended."""
    pipeline.set(values.key(session.id), values.sealed(session.id, session), xx=True, keepttl=True)
