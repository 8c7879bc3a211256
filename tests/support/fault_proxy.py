"""A wire that can be disturbed: a TCP proxy in front of a server, as the fault catalogue asks for (reference/security.md, part C).

It needs no rights and touches nothing but its own sockets.
"""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import Enum

GARBAGE = b"\x00\xff<html>502 Bad Gateway</html>\r\n"
_LATENCY = 0.02
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: hang up by RST, what was sent is lost


class Wire(Enum):
    """What becomes of bytes on the way."""

    WELL = "well"
    SLOW = "slow"
    """Each piece takes a little longer."""
    SILENT = "silent"
    """Nothing passes, in either direction."""
    UNANSWERED = "unanswered"
    """Requests arrive and are obeyed; no answer comes back."""
    GARBLED = "garbled"
    """Requests arrive; what comes back is not what was said."""
    RESET = "reset"
    """Whoever says something is cut off."""


class FaultProxy:
    """Stands at `port` in front of the server at `target`. `hit` says whether a fault that waits for certain words has begun."""

    def __init__(self, target: int) -> None:
        self._target, self._wire, self._next, self._words = target, Wire.WELL, Wire.WELL, b""
        self._door = socket.create_server(("127.0.0.1", 0))
        self._open: set[socket.socket] = set()
        self.port: int = self._door.getsockname()[1]
        self.hit = False
        self._porter = threading.Thread(target=self._welcome, daemon=True)
        self._porter.start()

    @contextmanager
    def disturbed(self, wire: Wire, words: bytes = b"") -> Iterator[None]:
        """The fault, for a block; where there are `words`, from the first request on that has them. Connections are new after it."""
        self._next, self._words, self.hit = wire, words, not words
        if not words:
            self._wire = wire
        try:
            yield
        finally:
            self._wire, self._words = Wire.WELL, b""
            if wire is not Wire.SLOW:
                self._hang_up_all()

    def close(self) -> None:
        """Nobody gets through any more."""
        self._door.shutdown(socket.SHUT_RDWR)  # wakes the porter
        self._door.close()
        self._porter.join(10)
        self._hang_up_all()

    def _welcome(self) -> None:
        while True:
            try:
                client, _ = self._door.accept()
                server = socket.create_connection(("127.0.0.1", self._target), 5)
            except OSError:
                return
            server.settimeout(None)
            self._open |= {client, server}
            threading.Thread(target=self._carry, args=(client, server, True), daemon=True).start()
            threading.Thread(target=self._carry, args=(server, client, False), daemon=True).start()

    def _carry(self, source: socket.socket, sink: socket.socket, is_request: bool) -> None:
        with suppress(OSError):
            while piece := source.recv(65536):
                if is_request and self._words and self._words in piece:
                    self._wire, self.hit = self._next, True
                for carried in self._disturbed(piece, is_request, source, sink):
                    sink.sendall(carried)
        self._hang_up(source, sink)

    def _disturbed(self, piece: bytes, is_request: bool, *ends: socket.socket) -> list[bytes]:
        match self._wire:
            case Wire.SLOW:
                time.sleep(_LATENCY)
            case Wire.SILENT:
                return []
            case Wire.UNANSWERED if not is_request:
                return []
            case Wire.GARBLED if not is_request:
                return [GARBAGE]
            case Wire.RESET:
                self._hang_up(*ends, abruptly=True)
                return []
        return [piece]

    def _hang_up_all(self) -> None:
        self._hang_up(*tuple(self._open))

    def _hang_up(self, *ends: socket.socket, abruptly: bool = False) -> None:
        for end in ends:
            self._open.discard(end)
            with suppress(OSError):
                if abruptly:
                    end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
                end.shutdown(socket.SHUT_RD if abruptly else socket.SHUT_RDWR)  # wakes who reads from it: else it would stay open
            end.close()


@contextmanager
def in_front_of(target: int) -> Iterator[FaultProxy]:
    """A proxy for a block."""
    proxy = FaultProxy(target)
    try:
        yield proxy
    finally:
        proxy.close()
