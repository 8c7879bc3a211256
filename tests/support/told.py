"""Tools as far as a worker meets them: one WSGI application that counts who was told of which session, and answers when it is let."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import jwt
from werkzeug.wrappers import Request, Response

from tests.support.servers import until

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


@dataclass
class Told:
    """Listens at `/<tool>`. `hold` stands in the way of each answer until it is set; `status` is what is answered then."""

    status: int = 200
    hold: threading.Event = field(default_factory=threading.Event)
    waiting: int = 0
    sids: Counter[str] = field(default_factory=Counter)
    tokens: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.hold.set()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        token = Request(environ).form["logout_token"]
        claims = jwt.decode(token, options={"verify_signature": False})  # whether it is sound is tests/interop's matter
        with self.lock:
            self.waiting += 1
        assert self.hold.wait(30)
        with self.lock:
            self.waiting -= 1
            if self.status in (200, 204):
                self.sids[claims["sid"]] += 1
            self.tokens[claims["jti"]] += 1
        return Response("", self.status)(environ, start_response)

    def until_waiting(self, many: int) -> None:
        """So many requests stand here at once."""
        until(lambda: self.waiting >= many, 20, f"{many} deliveries to be on their way")

    def until_told(self, many: int, seconds: float = 30) -> None:
        """So many sessions have ended here."""
        until(lambda: len(self.sids) >= many, seconds, f"{many} sessions to have ended")

    @property
    def told_once(self) -> bool:
        """Nobody was told twice of the same session, or with the same token."""
        return set(self.sids.values()) <= {1} and set(self.tokens.values()) <= {1}
