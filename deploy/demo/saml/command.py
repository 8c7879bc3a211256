"""What the command lines of all simulators share: where to listen, whom to serve, how to deviate on purpose."""

from __future__ import annotations

import argparse
import datetime as dt
import logging
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from werkzeug.serving import make_server

from deploy.demo.web_server import PathOnlyHandler

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


def parser(program: str, description: str | None, port: int) -> argparse.ArgumentParser:
    """The common options; a dialect adds its own."""
    found = argparse.ArgumentParser(prog=f"python -m {program}", description=description)
    found.add_argument("--host", default="127.0.0.1", help="address to listen on")
    found.add_argument("--port", type=int, default=port)
    found.add_argument("--base-url", help="public address, default http://localhost:<port>")
    found.add_argument("--entity-id", help="instead of the usual one")
    found.add_argument("--state-dir", type=Path, required=True, help="folder for keys; made if absent")
    found.add_argument("--sp-metadata", action="append", default=[], metavar="ADDRESS-OR-FILE", help="may be repeated")
    found.add_argument("--faults", action="store_true", help="offer faulty answers on the page")
    found.add_argument("--any-level", action="store_true", help="offer what is below the asked minimum level")
    found.add_argument("--two-certificates", action="store_true", help="publish the next signing key as well")
    return found


def base_url(options: argparse.Namespace) -> str:
    """The public address, without a slash at its end."""
    given: str = options.base_url or f"http://localhost:{options.port}"
    return given.rstrip("/")


def now() -> dt.datetime:
    """The clock of a running simulator: aware UTC."""
    return dt.datetime.now(dt.UTC)


def run(application: WSGIApplication, options: argparse.Namespace, greeting: str) -> int:
    """Serves until SIGTERM or Ctrl-C; returns the exit status."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    # signxml writes the signed text, with all a citizen's data, to its debug log
    logging.getLogger("signxml").setLevel(logging.WARNING)
    try:
        server = make_server(options.host, options.port, application, threaded=True, request_handler=PathOnlyHandler)
    except (OSError, SystemExit):
        print(f"Port {options.port} is in use; stop what uses it or choose another with --port.", file=sys.stderr)
        return 1
    signal.signal(signal.SIGTERM, _interrupt)
    print(greeting, flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        server.server_close()
    return 0


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
