"""Which port each part of the demo listens on, and who is in the way when one is taken."""

import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Self

from deploy.demo.setup_error import SetupError


@dataclass(frozen=True, slots=True)
class Ports:
    """One port per listening part; all on the loopback address."""

    broker: int = 8000
    metrics: int = 9100
    keycloak: int = 8080
    keycloak_management: int = 9000
    bundid: int = 8082
    bayernid: int = 8083
    sh: int = 8084
    muk: int = 8085
    oidc: int = 8086
    karte: int = 8091
    haushalt: int = 8092
    redis: int = 6390
    mailbox: int = 8087
    mailbox_smtp: int = 8088

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """The usual ports, each replaced by `<NAME>_PORT` where that is set. Raises SetupError."""
        chosen = {field.name: environment.get(variable(field.name), "") for field in fields(cls)}
        return cls(**{name: _number(name, text) for name, text in chosen.items() if text})

    @classmethod
    def any_free(cls) -> Self:
        """Ports nobody listens on at this moment, all different."""
        with ExitStack() as held:
            probes = [held.enter_context(socket.socket()) for _ in fields(cls)]
            for probe in probes:
                probe.bind(("127.0.0.1", 0))
            return cls(*(probe.getsockname()[1] for probe in probes))

    def check_free(self, *names: str) -> None:
        """Raises SetupError for the first of the named parts whose port is taken or given twice."""
        seen: dict[int, str] = {}
        for name in names:
            port: int = getattr(self, name)
            if port in seen:
                raise SetupError(f"{variable(name)} and {variable(seen[port])} are both {port}: give them different ports.")
            seen[port] = name
            if not is_free(port):
                raise SetupError(
                    f"Port {port} ({name}) is in use{_by(port)}: stop that program, or choose another port with "
                    f"`make demo {variable(name)}={port + 1}`."
                )


def variable(name: str) -> str:
    """The environment variable that sets the port of a part."""
    return f"{name.upper()}_PORT"


def is_free(port: int) -> bool:
    """Whether a server could listen here and be reached as `localhost`, which browsers try over IPv6 first."""
    return _can_bind(socket.AF_INET, "127.0.0.1", port) and _can_bind(socket.AF_INET6, "::1", port)


def _can_bind(family: socket.AddressFamily, address: str, port: int) -> bool:
    try:
        probe = socket.socket(family, socket.SOCK_STREAM)
    except OSError:  # a machine without IPv6
        return True
    with probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as refused:
            return family == socket.AF_INET6 and refused.errno not in _IN_USE
    return True


_IN_USE = {98, 48}  # EADDRINUSE on Linux and macOS; everything else means that ::1 does not exist here


def _number(name: str, text: str) -> int:
    if not text.isdigit() or not 1024 <= int(text) <= 65535:
        raise SetupError(f"{variable(name)} is {text!r}: give a port number between 1024 and 65535.")
    return int(text)


def _by(port: int) -> str:
    """` by name (process n)` where the system tells, else nothing."""
    with suppress(OSError):
        for process in _listeners(port):
            return f" by {(process / 'comm').read_text().strip()} (process {process.name})"
    return ""


def _listeners(port: int) -> Iterator[Path]:
    sockets = {f"socket:[{inode}]" for inode in _listening_inodes(port)}
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it ended meanwhile, or belongs to somebody else
            if any(os.readlink(descriptor) in sockets for descriptor in (process / "fd").iterdir()):
                yield process


def _listening_inodes(port: int) -> Iterator[str]:
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with suppress(OSError):
            for line in Path(table).read_text().splitlines()[1:]:
                columns = line.split()
                if columns[3] == "0A" and int(columns[1].rpartition(":")[2], 16) == port:
                    yield columns[9]
