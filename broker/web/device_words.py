"""Which device this is, in words a citizen knows it by: "Firefox, Windows". Coarse on purpose: no version, no model, never the header.

Every answer is made of the words below, whatever the header says. It may lie; the words are for recognising one's own devices, and to
notice that a session moved to another (SE-13). They prove nothing.
"""

from __future__ import annotations

from functools import lru_cache

from flask import request

_LONGEST = 512
"""Characters of a User-Agent that are looked at. Those of real browsers have at most half as many."""

# Found first wins: most browsers also claim to be Chrome and Safari, and Chrome to be Safari.
_BROWSERS = (
    ("SamsungBrowser/", "Samsung Internet"),
    ("HuaweiBrowser/", "Huawei Browser"),
    ("MiuiBrowser/", "Mi Browser"),
    ("UCBrowser/", "UC Browser"),
    ("YaBrowser/", "Yandex"),
    ("DuckDuckGo/", "DuckDuckGo"),
    ("Ddg/", "DuckDuckGo"),
    ("Ecosia", "Ecosia"),
    ("Vivaldi/", "Vivaldi"),
    ("Brave/", "Brave"),
    ("OPR/", "Opera"),
    ("OPT/", "Opera"),
    ("OPiOS/", "Opera"),
    ("Opera", "Opera"),
    ("Edg/", "Edge"),
    ("EdgA/", "Edge"),
    ("EdgiOS/", "Edge"),
    ("Edge/", "Edge"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("; wv)", "App"),
    ("Electron/", "App"),
    ("Chrome/", "Chrome"),
    ("Chromium/", "Chrome"),
    ("Trident/", "Internet Explorer"),
    ("Safari/", "Safari"),
    (" Mobile/", "App"),
)
# An iPad that asks for the desktop's pages, as they do from the start, calls itself a Mac; a telephone that does so, Linux or Mac.
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("OpenHarmony", "HarmonyOS"),
    ("HarmonyOS", "HarmonyOS"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Macintosh", "Mac"),
    ("Linux", "Linux"),
)


@lru_cache(maxsize=1024)
def device_words(user_agent: str) -> str:
    """Browser and system of a User-Agent, `Safari, iPhone`, or the one that is known, or nothing."""
    looked_at = user_agent[:_LONGEST]
    return ", ".join(filter(None, (_first(_BROWSERS, looked_at), _first(_SYSTEMS, looked_at))))


def present_device() -> str:
    """The device that the request at hand comes from; empty for one that does not say."""
    return device_words(request.environ.get("HTTP_USER_AGENT", "")[:_LONGEST])


def _first(words: tuple[tuple[str, str], ...], text: str) -> str:
    return next((name for mark, name in words if mark in text), "")
