"""A citizen's browser that a test can look into and interrupt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import requests

from deploy.demo.citizen_browser import CitizenBrowser, Fields


@dataclass(slots=True)
class ObservedBrowser(CitizenBrowser):
    """Remembers the value of every cookie it was given, and stops before the first address that begins with `stops_before`."""

    cookies_seen: set[str] = field(default_factory=set, repr=False)
    stops_before: str = ""
    stopped_at: str = ""

    def _answer(self, method: str, address: str, values: Fields) -> requests.Response:
        answer = CitizenBrowser._answer(self, method, address, values)
        self.cookies_seen |= {cookie.value for cookie in self._session.kept if cookie.value}
        return answer

    def _next_step(self) -> tuple[str, str, Sequence[tuple[str, str]]] | None:
        step = CitizenBrowser._next_step(self)
        if step and self.stops_before and step[1].startswith(self.stops_before):
            self.stopped_at = step[1]
            return None
        return step
