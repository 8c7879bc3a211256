"""Posting to addresses that tools registered, without letting such an address reach into our own network (A-46, OP-01 to OP-04, LO-06).

A name is resolved once, what it means is judged, and the connection goes to that very address; redirects are not followed, the answer's
body is not read, and everything is over after five seconds.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import SplitResult, urlencode, urlsplit

CONNECT_SECONDS, TOTAL_SECONDS = 2.0, 5.0
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_HEADERS = {
    "Content-Type": "application/x-www-form-urlencoded",
    "Accept": "*/*",
    "Connection": "close",
    "User-Agent": "participation-broker",
}


class PostFailed(Exception):
    """There was no answer; the text is one word that says why: `address`, `timeout`, `tls` or `connection`."""


@dataclass(frozen=True, slots=True)
class Posting:
    """Sends forms. `private_hosts` are names of tools that may stand in a private network, e.g. the town hall's own."""

    private_hosts: tuple[str, ...] = ()
    connect_seconds: float = CONNECT_SECONDS
    total_seconds: float = TOTAL_SECONDS

    def post(self, url: str, form: Mapping[str, str]) -> int:
        """The status of the answer. Raises PostFailed."""
        target = urlsplit(url)
        try:
            with self._connected(target, self._address(target)) as wire:
                return _exchange(wire, target, urlencode(form))
        except TimeoutError:
            raise PostFailed("timeout") from None
        except ssl.SSLError:
            raise PostFailed("tls") from None
        except (OSError, http.client.HTTPException, ValueError):
            raise PostFailed("connection") from None

    def _address(self, target: SplitResult) -> tuple[str, int]:
        """The network address to connect to, if this URL may be posted to at all."""
        host, trusted = target.hostname or "", (target.hostname or "") in (*self.private_hosts, *_LOOPBACK)
        if target.username is not None or not (target.scheme == "https" or (target.scheme == "http" and trusted)):
            raise PostFailed("address")
        port = target.port or (443 if target.scheme == "https" else 80)
        found = [str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
        if not found or not (trusted or all(map(_is_public, found))):
            raise PostFailed("address")
        # `localhost` may name both loopback addresses while a tool listens on one: the older one first.
        return min(found, key=lambda address: ":" in address), port

    @contextmanager
    def _connected(self, target: SplitResult, address: tuple[str, int]) -> Iterator[socket.socket]:
        """A connection that is cut when the time is over, whatever the other side does."""
        plain, expired = socket.create_connection(address, self.connect_seconds), threading.Event()
        deadline = threading.Timer(self.total_seconds, _cut, (plain, expired))
        deadline.daemon = True
        deadline.start()
        try:
            plain.settimeout(self.total_seconds)
            yield _secured(plain, target.hostname or "") if target.scheme == "https" else plain
            if expired.is_set():  # half an answer may look like a whole one
                raise TimeoutError
        except (OSError, http.client.HTTPException):
            if expired.is_set():
                raise TimeoutError from None
            raise
        finally:
            deadline.cancel()
            plain.close()


def _exchange(wire: socket.socket, target: SplitResult, body: str) -> int:
    connection = http.client.HTTPConnection(target.hostname or "")
    connection.sock = wire
    path = (target.path or "/") + (f"?{target.query}" if target.query else "")
    connection.request("POST", path, body, {**_HEADERS, "Host": target.netloc})
    return connection.getresponse().status


def _secured(plain: socket.socket, host: str) -> socket.socket:
    return ssl.create_default_context().wrap_socket(plain, server_hostname=host)


def _cut(plain: socket.socket, expired: threading.Event) -> None:
    expired.set()
    try:
        plain.shutdown(socket.SHUT_RDWR)
    except OSError:  # it was closed a moment ago
        return


def _is_public(address: str) -> bool:
    """Whether an address is out in the internet, also when it is wrapped in an IPv6 form."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ipaddress.ip_address(int(ip) & 0xFFFFFFFF) if ip in _NAT64 else None)
        if inner is not None or ip.teredo is not None:
            return inner is not None and _is_public(str(inner))
    return ip.is_global and not ip.is_multicast
