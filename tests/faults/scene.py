"""A citizen at a tool, with the question of the sign-out in front of them, while something is about to go wrong."""

from __future__ import annotations

import time
from dataclasses import dataclass

from broker.core.client_policy import GrantType, TokenPolicy
from broker.store.hub_logouts import HEAD_START
from tests.support.app import Broker
from tests.support.browser import Browser, Stop
from tests.support.outbox import takes_all
from tests.support.tool import Tool

SESSION = "__Host-bp-session"
REFRESHING = TokenPolicy(grant_types=(GrantType.AUTHORIZATION_CODE, GrantType.REFRESH_TOKEN), refresh_with_session=True)
ANSWERED_WITHIN = 4.0


@dataclass
class SignedIn:
    """A citizen at a tool, with the question of the sign-out in front of them."""

    broker: Broker
    tool: Tool
    browser: Browser
    tokens: dict[str, str]
    code: str
    question: Stop

    def signs_out(self) -> Stop:
        """Press the button."""
        return self.browser.presses(self.question, "logout-confirm")

    def is_signed_in(self) -> bool:
        return "code" in self.browser.opens(self.tool.url(prompt="none")).answer

    def is_told_of_an_outage(self) -> None:
        """On a page, soon, and the cookie stays."""
        cookie, began = self.browser.cookies()[SESSION], time.monotonic()
        stop = self.signs_out()
        assert time.monotonic() - began < ANSWERED_WITHIN
        assert (stop.response.status_code, stop.error_code) == (503, "BP-503-STORE")
        assert self.browser.cookies()[SESSION] == cookie

    def is_out_everywhere(self) -> None:
        """After another press, where there is still something to press: the session, the refresh token, and one word to the tool."""
        page = self.browser.opens("/logout")
        if 'id="signed-out"' not in page.text:
            page = self.browser.presses(page, "logout-confirm")
        assert 'id="signed-out"' in page.text
        assert SESSION not in self.browser.cookies()
        assert not self.is_signed_in()
        assert self.tool.refreshes(self.tokens["refresh_token"]).status_code == 400
        assert [one.client_id for one in takes_all(self.broker.parts.stores.outbox)] == ["karte"]

    def is_out_at_the_hub(self) -> None:
        """It was told, at the latest by the worker, a little later."""
        self.broker.clock.advance(seconds=HEAD_START.total_seconds() + 1)
        self.broker.parts.signing_out.at_hub.run_once()
        assert set(self.broker.hub.ended) == {"hub-token-of-erika"}


def signed_in(broker: Broker) -> SignedIn:
    """A citizen at a tool of this broker."""
    tool, browser = broker.tool(tokens=REFRESHING), broker.browser()
    code = browser.arrives(tool).code
    tokens = tool.redeems(code).get_json()
    return SignedIn(broker, tool, browser, tokens, code, browser.opens("/logout"))
