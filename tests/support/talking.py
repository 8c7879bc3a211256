"""Servers of a few lines on loopback that say whatever a test wants, also slowly, wrongly, or over TLS."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

Talk = Callable[[socket.socket], None]


@contextmanager
def listening(talk: Talk, tls: ssl.SSLContext | None = None) -> Iterator[tuple[int, list[bytes]]]:
    """A server of one connection after the other; its port, and the request of each."""
    heard: list[bytes] = []
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with suppress(OSError), _secured(connection, tls) as wire:
                heard.append(_request(wire))
                talk(wire)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield server.getsockname()[1], heard
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join(10)


def _secured(connection: socket.socket, tls: ssl.SSLContext | None) -> socket.socket:
    connection.settimeout(10)
    return tls.wrap_socket(connection, server_side=True) if tls else connection


def _request(connection: socket.socket) -> bytes:
    """All of a request: head, and a body of the length it names."""
    with connection.makefile("rb") as stream:
        head = b"".join(iter(stream.readline, b"\r\n"))
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0)
        return head + b"\r\n" + stream.read(length)


def says(answer: bytes) -> Talk:
    """This answer, byte for byte."""
    return lambda connection: connection.sendall(answer)


def document(body: bytes, status: str = "200 OK", **headers: str) -> bytes:
    """An answer with a body."""
    lines = [
        f"HTTP/1.1 {status}",
        f"Content-Length: {len(body)}",
        *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items()),
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body


def silence(connection: socket.socket) -> None:
    """Nothing, until the other side hangs up."""
    connection.settimeout(10)
    connection.recv(1)


def trickle(connection: socket.socket) -> None:
    """An answer that comes so slowly that each byte is in time and the whole is not."""
    for sign in b"HTTP/1.1 200 OK" + b"x" * 1000:
        connection.sendall(bytes([sign]))
        time.sleep(0.02)


def flood(connection: socket.socket) -> None:
    """A gigabyte without an end in sight, as long as somebody reads."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _ in range(16_384):
        connection.sendall(b"10000\r\n" + b"x" * 65_536 + b"\r\n")
