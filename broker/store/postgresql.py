"""Connections to PostgreSQL that never wait for a server that has stopped answering."""

from __future__ import annotations

import select
from collections.abc import Generator, Mapping, Sequence
from time import monotonic
from typing import Any

import psycopg

CONNECT_SECONDS = 1.2
ANSWER_SECONDS = 1.6
_PATIENCE_SECONDS = 600.0
SESSION_OPTIONS = "-c timezone=UTC -c lock_timeout=1000 -c statement_timeout=1400 -c idle_in_transaction_session_timeout=10000"


class ServerSilent(psycopg.OperationalError):
    """The server did not answer a statement in time."""


SILENCE = (ServerSilent, psycopg.errors.ConnectionTimeout)


class PunctualConnection(psycopg.Connection[Any]):
    """A connection whose every wait ends. A frozen backend cannot obey `statement_timeout` (F-21), so the deadline is ours."""

    answer_seconds = ANSWER_SECONDS
    _cursor: psycopg.Cursor[Any] | None = None

    def first(self, text: bytes, values: Mapping[str, Any]) -> Sequence[Any] | None:
        """The first row of a statement that comes often: prepared at once, and run on a cursor that is kept."""
        cursor = self._cursor = self._cursor or self.cursor()
        found: Sequence[Any] | None = cursor.execute(text, values, prepare=True).fetchone()
        return found

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        """Wait for the server, at most `answer_seconds`; a connection that missed it is closed, its late answer belongs to nobody."""
        try:
            return super().wait(gen, interval=interval, timeout=self.answer_seconds if timeout is None else timeout)
        except psycopg.errors._WaitTimeout as error:
            self.pgconn.finish()
            raise ServerSilent("the server did not answer in time") from error

    @classmethod
    def _connect_gen(cls, conninfo: str = "") -> Any:
        """psycopg raises any `connect_timeout` below 2 seconds to 2; a citizen should have the 503 by then."""
        return _until(monotonic() + CONNECT_SECONDS, super()._connect_gen(conninfo))


def make_patient(connection: Any) -> None:
    """Let a connection wait up to ten minutes for an answer."""
    connection.answer_seconds = _PATIENCE_SECONDS


def _until(deadline: float, steps: Any) -> Generator[Any, Any, Any]:
    waits = next(steps)
    while True:
        ready = yield waits
        if monotonic() > deadline:
            steps.close()
            raise psycopg.errors.ConnectionTimeout("connection timeout expired")
        try:
            waits = steps.send(ready)
        except StopIteration as end:
            return end.value


def hung_up(connection: psycopg.Connection[Any]) -> bool:
    """Whether the server closed an idle connection: only then is there something to read on it. Costs no round trip."""
    if connection.closed:
        return True
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))
