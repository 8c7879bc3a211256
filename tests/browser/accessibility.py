"""Looks at a page as those do who check it: axe, nothing off the side, on phone and desktop, light and dark."""

from __future__ import annotations

from typing import Any, Literal

from playwright.sync_api import Page, ViewportSize

_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]
_RUN_AXE = "rules => axe.run(document, {runOnly: rules, resultTypes: ['violations']})"
_SCREENS: dict[str, ViewportSize] = {"phone": {"width": 360, "height": 740}, "desktop": {"width": 1100, "height": 800}}
_SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


def troubles_of(page: Page) -> list[str]:
    """What is wrong with the page shown (WCAG 2.0 to 2.2 A and AA, best practice); axe must be in it already (`page.evaluate(axe)`)."""
    found: list[str] = []
    for screen, size in _SCREENS.items():
        page.set_viewport_size(size)
        for scheme in _SCHEMES:
            page.emulate_media(color_scheme=scheme)
            found += [f"{screen} {scheme}: {one}" for one in findings(page) + _too_wide(page)]
    return found


def findings(page: Page) -> list[str]:
    """What axe finds on the page as it is shown now."""
    result: dict[str, Any] = page.evaluate(_RUN_AXE, _RULES)
    return [f"{one['id']}: {node['html'][:160]}" for one in result["violations"] for node in one["nodes"]]


def _too_wide(page: Page) -> list[str]:
    wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    return ["wider than the screen"] if wide else []
