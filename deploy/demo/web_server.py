"""Serves the demo's small sites: threads, loopback unless told otherwise, a log without query strings (they carry codes)."""

import logging
import sys
from typing import TYPE_CHECKING

from werkzeug.serving import WSGIRequestHandler, make_server

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

log = logging.getLogger("deploy.demo.web")


class PathOnlyHandler(WSGIRequestHandler):
    """Logs method, path and status of each request and nothing more."""

    protocol_version = "HTTP/1.1"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        log.info("%s %s %s", self.command, getattr(self, "path", "").partition("?")[0], code)

    def log(self, level: str, message: str, *args: object) -> None:
        getattr(log, level)(message.rstrip(), *args)


def serve(application: "WSGIApplication", port: int, host: str = "127.0.0.1") -> None:
    """Serves the application until the process is ended; another host than loopback is for containers only."""
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    make_server(host, port, application, threaded=True, request_handler=PathOnlyHandler).serve_forever()
