"""A citizen on the way from a relying party to the broker and back, stopped right before the relying party."""

from __future__ import annotations

from typing import Protocol

from deploy.demo.citizen import Citizen
from tests.support.observed_browser import ObservedBrowser


class Relying(Protocol):
    """What the citizen needs of a tool."""

    @property
    def redirect_uri(self) -> str: ...

    def begins(self, **more: str) -> str: ...


class Visitor(Citizen):
    """A citizen whose browser stops right before it comes back to the tool."""

    def __init__(self) -> None:
        self.stopping = ObservedBrowser()
        super().__init__(self.stopping)

    def answers(self, tool: Relying, **more: str) -> str:
        """From the tool's request through everything that is asked; the address with the broker's answer."""
        self.stopping.stops_before, self.stopping.stopped_at = tool.redirect_uri, ""
        self.browser.opens(tool.begins(**more))
        self.chooses_bundid()
        if self.browser.shows("means-eid"):
            self.identifies("eid", "hanne")
        if self.browser.shows("consent-allow"):
            self.browser.submits("consent-allow")
        return self.stopping.stopped_at
