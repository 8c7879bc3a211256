"""The last page of a sign-out as tests read it, and the tools that answer the worker or do not."""

from __future__ import annotations

import re
from collections.abc import Mapping

from broker.flows.outbound import OutboundFailed
from tests.support.app import Broker
from tests.support.browser import Browser, Stop
from tests.support.outbox import worker_delivers
from tests.support.tool import Tool

_TOOL = re.compile(r'data-state="(\w+)">.*?<span class="kern-body">(?:<strong>)?([^<]+)<')


def enters(browser: Browser, *tools: Tool) -> str:
    """Into each of these tools; the last one's ID token."""
    return [tool.redeems(browser.arrives(tool).code).get_json()["id_token"] for tool in tools][-1]


def signs_out(browser: Browser, hint: str = "", language: str = "en") -> Stop:
    """To the last page, by a tool's hint or by the question."""
    query = {"ui_locales": language, **({"id_token_hint": hint} if hint else {})}
    stop = browser.opens("/logout", query_string=query)
    return stop if hint else browser.presses(stop, "logout-confirm")


def states(page: Stop) -> dict[str, str]:
    """What the page says of each tool."""
    return {name.strip(): state for state, name in _TOOL.findall(page.text)}


def place(page: Stop) -> str:
    """The page's own address."""
    return page.response.request.path


def is_bare(page: Stop) -> bool:
    """Signed out, and nothing about anybody."""
    return (
        'id="signed-out"' in page.text and "Tool " not in page.text and "BundID" not in page.text and "Refresh" not in page.response.headers
    )


def answers(broker: Broker, statuses: Mapping[str, int | None]) -> None:
    """The worker tells the tools; each answers as said here, by the host of its address; None: not at all."""

    def post(url: str, form: Mapping[str, str]) -> int:
        status = next(status for host, status in statuses.items() if f"//{host}." in url)
        if status is None:
            raise OutboundFailed("refused")
        return status

    worker_delivers(broker, post)


def tool_at(broker: Broker, name: str, **changes: object) -> Tool:
    """A tool that is told at an address of its own."""
    return broker.tool(name, **{"backchannel_logout_uri": f"https://{name}.test/backchannel", **changes})
