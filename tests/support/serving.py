"""An application served at a port of its own: from this process, or by one that is started for it."""

from __future__ import annotations

import os
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from werkzeug.serving import WSGIRequestHandler, make_server

from broker.config import ROOT
from tests.support.servers import until

_NOTICES_ITS_END = 0.02
"""Seconds; by default a server is half a second slow to stop."""


class Quiet(WSGIRequestHandler):
    """Serves without a line per request."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


@contextmanager
def serving(app: Callable[..., object], port: int = 0) -> Iterator[int]:
    """The application answers for a block, at this port or at a free one, which is given."""
    server = make_server("127.0.0.1", port, app, threaded=True, request_handler=Quiet)  # type: ignore[arg-type]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": _NOTICES_ITS_END}, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def process_at(
    command: list[str], port: int, prepare: Callable[[], None] | None = None, **environment: str
) -> Iterator[subprocess.Popen[bytes]]:
    """A server at this port for a block; `prepare` runs in its process before it does."""
    silent = subprocess.DEVNULL
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **environment}, preexec_fn=prepare, stdout=silent, stderr=silent)
    try:
        until(lambda: process.poll() is not None or _listens(port), 90, f"{command[0]} to listen")
        assert process.poll() is None, f"{command} did not start"
        yield process
    finally:
        process.terminate()
        process.wait(20)


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 2).close()
    except OSError:
        return False
    return True
