"""Calling addresses that tools registered, without letting such an address reach into our own network (A-46, OP-01 to OP-04, LO-06).

A name is resolved, what it means is judged, and the connection goes to that very address; redirects are not followed, no more is
read than was asked for, and everything is over at the deadline. `posting.py` and `fetching.py` stand on this.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from time import monotonic
from urllib.parse import SplitResult, urlsplit

from broker.flows.deadlines import Deadlines

CONNECT_SECONDS, TOTAL_SECONDS = 2.0, 5.0
LOOPBACK = ("localhost", "127.0.0.1", "::1")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_KNOWN_SECONDS, _MOST_KNOWN = 10.0, 1_000
_DEADLINES = Deadlines()
_HEADERS = {"Connection": "close", "User-Agent": "participation-broker"}


Addresses = Callable[[str, int, float], list[str]]
"""Returns what a name means; host, port, seconds to find out."""


class OutboundFailed(Exception):
    """There was no answer; the text is one word that says why: `address`, `timeout`, `tls`, `connection` or `size`."""


@dataclass(frozen=True, slots=True)
class OutboundCall:
    """One request. Of the answer's body at most `largest_bytes` are read: 0 reads nothing, a longer body is a failure."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    largest_bytes: int = 0


@dataclass(frozen=True, slots=True)
class OutboundAnswer:
    """What came back."""

    status: int
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Outbound:
    """Who may be called: public addresses by https; `private_hosts` also in a private network, `plain_hosts` also without TLS."""

    private_hosts: tuple[str, ...] = ()
    plain_hosts: tuple[str, ...] = ()
    connect_seconds: float = CONNECT_SECONDS
    total_seconds: float = TOTAL_SECONDS
    addresses: Addresses = field(default_factory=lambda: look_up)

    def ask(self, call: OutboundCall) -> OutboundAnswer:
        """The answer, whatever its status. Raises OutboundFailed."""
        ends_at = monotonic() + self.total_seconds
        with _told():
            target = urlsplit(call.url)
            with self._connected(target, self._address(target), ends_at) as wire:
                return _exchange(wire, target, call)

    def check(self, url: str) -> None:
        """Raises OutboundFailed for an address that would not be called, as far as can be seen today; nothing is sent (OP-01)."""
        with _told():
            self._address(urlsplit(url))

    def _address(self, target: SplitResult) -> tuple[str, int]:
        """The network address to connect to, if this URL may be called at all."""
        host = target.hostname or ""
        if target.username is not None or not (target.scheme == "https" or (target.scheme == "http" and host in self.plain_hosts)):
            raise OutboundFailed("address")
        port = target.port or (443 if target.scheme == "https" else 80)
        found = self.addresses(host, port, self.connect_seconds)
        if not found or not (host in self.private_hosts or all(map(_is_public, found))):
            raise OutboundFailed("address")
        # `localhost` may name both loopback addresses while a tool listens on one: the older one first.
        return min(found, key=lambda address: ":" in address), port

    @contextmanager
    def _connected(self, target: SplitResult, address: tuple[str, int], ends_at: float) -> Iterator[socket.socket]:
        """A connection that is cut when the time is over, whatever the other side does."""
        plain = socket.create_connection(address, max(0.01, min(self.connect_seconds, ends_at - monotonic())))
        line = _Line(plain, ends_at)
        try:
            if target.scheme == "https":
                line.secure(target.hostname or "")
            yield line.wire
            if line.is_cut:  # half an answer may look like a whole one
                raise TimeoutError
        except (OSError, http.client.HTTPException):
            if line.is_cut:
                raise TimeoutError from None
            raise
        finally:
            line.close()


class _Line:
    """A socket and the deadline that cuts it. Wrapping a socket in TLS leaves the old object empty: the deadline must find the new one."""

    def __init__(self, plain: socket.socket, ends_at: float) -> None:
        self.wire, self.is_cut = plain, False
        self._deadline = _DEADLINES.add(ends_at, self._cut)
        plain.settimeout(max(0.01, ends_at - monotonic()))

    def secure(self, host: str) -> None:
        """Start TLS; the certificate has to be good for this host."""
        secured = ssl.create_default_context().wrap_socket(self.wire, server_hostname=host, do_handshake_on_connect=False)
        self.wire = secured
        secured.do_handshake()

    def close(self) -> None:
        """End it, and the deadline."""
        self._deadline.call_off()
        self.wire.close()

    def _cut(self) -> None:
        self.is_cut = True
        try:
            socket.socket.shutdown(self.wire, socket.SHUT_RDWR)  # below TLS: its own farewell would wait for the other side
        except OSError:  # it was closed a moment ago
            return


@contextmanager
def _told() -> Iterator[None]:
    """Every failure in one word."""
    try:
        yield
    except TimeoutError:
        raise OutboundFailed("timeout") from None
    except ssl.SSLError:
        raise OutboundFailed("tls") from None
    except (OSError, http.client.HTTPException, ValueError):
        raise OutboundFailed("connection") from None


def _exchange(wire: socket.socket, target: SplitResult, call: OutboundCall) -> OutboundAnswer:
    connection = http.client.HTTPConnection(target.hostname or "")
    connection.sock = wire
    path = (target.path or "/") + (f"?{target.query}" if target.query else "")
    connection.request(call.method, path, call.body or None, {**_HEADERS, **call.headers, "Host": target.netloc})
    with closing(connection.getresponse()) as answer:  # it keeps the socket open for as long as it lives
        return OutboundAnswer(answer.status, _body(answer, call.largest_bytes) if call.largest_bytes else b"")


def _body(answer: http.client.HTTPResponse, largest_bytes: int) -> bytes:
    if (answer.length or 0) > largest_bytes:
        raise OutboundFailed("size")
    body = answer.read(largest_bytes + 1)
    if len(body) > largest_bytes:
        raise OutboundFailed("size")
    if answer.length:  # less came than was announced
        raise ConnectionError
    return body


def look_up(host: str, port: int, seconds: float) -> list[str]:
    """What a name means today. Raises OSError, ValueError, or TimeoutError when that takes too long.

    The system's resolver knows no deadline, so it is asked in a thread that may be left behind.
    """
    answers: SimpleQueue[list[str] | OSError | ValueError] = SimpleQueue()

    def look() -> None:
        try:
            answers.put([str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)])
        except (OSError, ValueError) as error:
            answers.put(error)

    threading.Thread(target=look, daemon=True).start()
    try:
        answer = answers.get(timeout=seconds)
    except Empty:
        raise TimeoutError from None
    if isinstance(answer, list):
        return answer
    raise answer


@dataclass(frozen=True, slots=True)
class RememberedNames:
    """What names meant a moment ago, for those who call the same few all the time. What is connected to is still judged at each call."""

    _known: dict[tuple[str, int], tuple[float, list[str]]] = field(default_factory=dict, repr=False)

    def addresses(self, host: str, port: int, seconds: float) -> list[str]:
        """As `look_up`, anew after ten seconds."""
        until, found = self._known.get((host, port), (0.0, []))
        if monotonic() >= until:
            found = look_up(host, port, seconds)
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            self._known[host, port] = (monotonic() + _KNOWN_SECONDS, found)
        return found


def _is_public(address: str) -> bool:
    """Whether an address is out in the internet, also when it is wrapped in an IPv6 form."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ipaddress.ip_address(int(ip) & 0xFFFFFFFF) if ip in _NAT64 else None)
        if inner is not None or ip.teredo is not None:
            return inner is not None and _is_public(str(inner))
    return ip.is_global and not ip.is_multicast
