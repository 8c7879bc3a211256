"""A library in tests: its network's list, browsers that sit there, and the switch for computers that others use too."""

from __future__ import annotations

import re
from pathlib import Path

from tests.support.app import Broker
from tests.support.browser import Browser, Stop
from tests.support.tool import Tool

AT_HOME, IN_LIBRARY, IN_TOWN_HALL = "203.0.113.7", "192.0.2.20", "2001:db8:7::20"
LIST = """networks:
  bibliothek:
    name: {de: Stadtbibliothek, en: City library, de-leicht: Stadt-Bibliothek}
    ranges: [192.0.2.16/28]
    public_computer: true
  gaeste:
    name: {de: "Rathaus, Gäste-WLAN", en: "Town hall, guest Wi-Fi", de-leicht: Rat-Haus}
    ranges: ["2001:db8:7::/48"]
    public_computer: false
"""


def listed(folder: Path, text: str = LIST) -> Path:
    """The list as a file."""
    path = folder / "networks.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def sits(browser: Browser, address: str, forwarded: str = "") -> Browser:
    """The browser, calling from this address from now on, or by a proxy there that says `forwarded`."""
    browser.client.environ_base["REMOTE_ADDR"] = address
    if forwarded:
        browser.client.environ_base["HTTP_X_FORWARDED_FOR"] = forwarded
    return browser


def ticks(browser: Browser, page: Stop, alias: str = "bundid") -> Stop:
    """Chooses a citizen ID and says that this is a public computer."""
    return browser.presses(page, f"provider-{alias}", **{"public-computer": "yes"})


def signs_in_publicly(browser: Browser, tool: Tool, alias: str = "bundid", **changes: str | None) -> Stop:
    """At a public computer by the citizen's word, all the way to the tool, or to a page that stops the way."""
    stop = browser.comes_back(ticks(browser, browser.opens(tool.url(**changes)), alias))
    return browser.presses(stop, "consent-allow") if 'id="consent-allow"' in stop.text else stop


def silent(browser: Browser, tool: Tool) -> dict[str, str]:
    """What the tool hears without anybody being asked."""
    return browser.opens(tool.url(prompt="none")).answer


def ends_at(page: Stop) -> str | None:
    """The time at which a page says that the sign-in ends."""
    found = re.search(r'id="public-until".*?<p class="kern-title">[^<]*?(\d\d:\d\d)', page.text, re.DOTALL)
    return found[1] if found else None


def is_public(broker: Broker, browser: Browser) -> bool:
    """Whether the browser's session is one at a public computer."""
    public: bool = broker.session_of(browser).public_computer
    return public
