"""Command line: ``python -m deploy.demo.bundid --state-dir DIR --sp-metadata ADDRESS-OR-FILE``."""

from __future__ import annotations

import argparse
import datetime as dt
import logging
import signal
import sys
from pathlib import Path
from types import FrameType

from werkzeug.serving import WSGIRequestHandler, make_server

from deploy.demo.bundid.app import create_app
from deploy.demo.bundid.keys import load_or_make
from deploy.demo.bundid.simulator import CancelStatus, Settings, Simulator
from deploy.demo.persons import load_persons


class QuietHandler(WSGIRequestHandler):
    """Logs method, path and status only: no query, no address, no form."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        logging.getLogger("bundid").info("%s %s %s", self.command, self.path.partition("?")[0], code)


def parse_arguments(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m deploy.demo.bundid", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=8082)
    parser.add_argument("--base-url", help="public address, default http://localhost:<port>")
    parser.add_argument("--entity-id", help="default <base-url>/idp")
    parser.add_argument("--state-dir", type=Path, required=True, help="folder for keys; made if absent")
    parser.add_argument("--sp-metadata", action="append", default=[], metavar="ADDRESS-OR-FILE", help="may be repeated")
    parser.add_argument("--cancel-status", type=CancelStatus, default=CancelStatus.AUTHN_FAILED, choices=list(CancelStatus))
    parser.add_argument("--faults", action="store_true", help="offer faulty answers on the page")
    parser.add_argument("--any-level", action="store_true", help="offer means below the asked minimum level")
    parser.add_argument("--without-berca", action="store_true", help="refuse requests for the eID")
    parser.add_argument("--two-certificates", action="store_true", help="publish the next signing key as well")
    return parser.parse_args(arguments)


def make_settings(options: argparse.Namespace) -> Settings:
    base_url = (options.base_url or f"http://localhost:{options.port}").rstrip("/")
    return Settings(
        entity_id=options.entity_id or f"{base_url}/idp",
        base_url=base_url,
        sp_metadata=tuple(options.sp_metadata),
        cancel_status=options.cancel_status,
        show_faults=options.faults,
        any_level=options.any_level,
        has_berca=not options.without_berca,
        publish_next_key=options.two_certificates,
    )


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def main(arguments: list[str]) -> int:
    """Serves until SIGTERM or Ctrl-C."""
    options = parse_arguments(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    # signxml writes the signed text, with all a citizen's data, to its debug log
    logging.getLogger("signxml").setLevel(logging.WARNING)
    settings = make_settings(options)
    simulator = Simulator(settings, load_or_make(options.state_dir, _now()), load_persons(), _now)
    try:
        server = make_server(options.host, options.port, create_app(simulator), threaded=True, request_handler=QuietHandler)
    except (OSError, SystemExit):
        print(f"Port {options.port} is in use; stop what uses it or choose another with --port.", file=sys.stderr)
        return 1
    signal.signal(signal.SIGTERM, _interrupt)
    print(f"BundID simulation: metadata at {settings.base_url}/idp, sign-in at {settings.sso_url}", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        server.server_close()
    return 0


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
