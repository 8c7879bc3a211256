"""Counting what is sent to the stores."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any

import pytest
from redis.connection import AbstractConnection
from sqlalchemy import event

from broker.store.postgresql import PunctualConnection
from broker.store.sql import Database


class Statements(list[str]):
    """The SQL statements a block sent, transaction control included, and those that went past SQLAlchemy."""

    def __init__(self, database: Database) -> None:
        super().__init__()
        self._engine = database.engine

    def __enter__(self) -> Statements:
        event.listen(self._engine, "before_cursor_execute", self._note)
        self._patch = pytest.MonkeyPatch()
        original = PunctualConnection.first

        def first(connection: PunctualConnection, text: bytes, values: Any) -> Any:
            self._note(connection, None, text.decode())
            return original(connection, text, values)

        self._patch.setattr(PunctualConnection, "first", first)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        event.remove(self._engine, "before_cursor_execute", self._note)
        self._patch.undo()

    def _note(self, _connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        self.append(" ".join(statement.split()))


@contextmanager
def round_trips(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[list[str]]]:
    """What a block sent to Redis: one list of command names for each time something was written to the socket."""
    sent: list[list[str]] = []
    original = AbstractConnection.send_packed_command

    def send(self: AbstractConnection, command: Any, check_health: bool = True) -> None:
        sent.append(_names(b"".join([command] if isinstance(command, bytes) else list(command))))
        original(self, command, check_health=check_health)

    with monkeypatch.context() as patch:
        patch.setattr(AbstractConnection, "send_packed_command", send)
        yield sent


def _names(wire: bytes) -> list[str]:
    """The first word of each command in RESP: `*3 $3 SET ...`."""
    names, at = [], 0
    while at < len(wire):
        end = wire.index(b"\r\n", at)
        words, at = int(wire[at + 1 : end]), end + 2
        for number in range(words):
            end = wire.index(b"\r\n", at)
            length = int(wire[at + 1 : end])
            if number == 0:
                names.append(wire[end + 2 : end + 2 + length].decode())
            at = end + 2 + length + 2
    return names
