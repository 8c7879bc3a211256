"""The pages of a sign-out with realistic data, as `tests/support/pages.py` shows them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import Blueprint, render_template
from flask_babel import format_timedelta

from broker.core.client import Client
from broker.web import headers
from broker.web.presentation import WayBack
from broker.web.signed_out import ShownTool

Page = Callable[[], str]
FRAME = "https://karte.musterstadt.example/frontchannel?sid=s"
_NOBODY: dict[str, Any] = {"tools": [], "hub_confirmed": True, "provider_logout": "", "frames": [], "back": None}


def sign_out_stub() -> Blueprint:
    """The address that the pages name."""
    stub = Blueprint("end_session", __name__)
    stub.add_url_rule("/logout", "logout", lambda: "")
    return stub


def sign_out_pages(tool: Client, long_name: str) -> dict[str, Page]:
    """Each page by its name; `long_name` is a tool's that hardly fits."""
    back, bye = WayBack(tool.name, tool.base_url), WayBack(tool.name, f"{tool.base_url}bye")
    asking = {"action": "/logout", "hidden": {"state": "s"}, "tools": [tool.name, long_name], "tool_name": tool.name}
    return {
        "sign-out": _shows("sign_out", **asking, untold=[long_name], may_stay=False),
        "sign-out-choice": _shows("sign_out", **asking, untold=[], may_stay=True),
        "sign-out-own": _shows("sign_out", **{**asking, "tool_name": long_name}, untold=[], may_stay=False, own=True),
        "own-sign-in": _shows("own_sign_in", tool_name=long_name, back=back),
        "signed-out-own": _signed_out(
            lambda: [_tool(long_name, "done")], done=1, only_at=long_name, provider_logout="single", hub_kept=True, back=back
        ),
        "signed-out": _signed_out(lambda: [_tool(tool.name, "done"), _tool(long_name, "done")], done=2, back=back),
        "signed-out-pending": _signed_out(lambda: _on_the_way(tool.name, long_name), done=1, pending=True, renews=True, back=back),
        "signed-out-still": _signed_out(
            lambda: [_tool(tool.name, "pending")], pending=True, renews=True, peace=True, provider_logout="single"
        ),
        "signed-out-in-part": _signed_out(lambda: _in_part(tool.name, long_name), done=1, hub_confirmed=False, back=back),
        "signed-out-hub-away": _signed_out(
            lambda: [_tool(tool.name, "done"), _tool("Haushaltsforum", "done")],
            done=2,
            hub_confirmed=False,
            hub_pending=True,
            renews=True,
            provider_logout="single",
            public_computer=True,
            back=back,
        ),
        "signed-out-plain": _shows("signed_out", **_NOBODY),
        "signed-out-frames": lambda: _framed(
            _signed_out(lambda: [_tool(tool.name, "sent", FRAME)], frames=[FRAME], onward=bye), leads_on=True
        ),
        "left-tool": _shows("left_tool", tool=tool, way="server", frames=[], onward=None),
        "left-tool-by-hand": _shows("left_tool", tool=tool, way="none", frames=[], onward=None),
        "left-tool-frames": lambda: _framed(_shows("left_tool", tool=tool, way="browser", frames=[FRAME], onward=None)),
    }


def _on_the_way(name: str, long_name: str) -> list[ShownTool]:
    wait = format_timedelta(timedelta(seconds=14), granularity="second")
    return [
        _tool(name, "done"),
        _tool("Haushaltsforum", "pending"),
        ShownTool(long_name, "pending", (), 4, wait),
        ShownTool("Stadtteilbudget", "pending", (), 2, ""),
        _tool("Ratsinformation", "untold"),
    ]


def _in_part(name: str, long_name: str) -> list[ShownTool]:
    return [_tool(name, "done"), _tool(long_name, "failed"), _tool("Stadtforum", "sent", FRAME), _tool("Ratsinformation", "untold")]


def _tool(name: str, state: str, *addresses: str) -> ShownTool:
    return ShownTool(name, state, addresses, 0, "")


def _signed_out(tools: Callable[[], list[ShownTool]], **context: Any) -> Page:
    usual = {**_NOBODY, "provider": "BundID", "provider_logout": "none"}
    return lambda: _shows("signed_out", **{**usual, **context, "tools": tools()})()


def _framed(page: Page, *, leads_on: bool = False) -> str:
    headers.allow_frame(FRAME)
    if leads_on:
        headers.allow_scripts()
    return page()


def _shows(template: str, **context: Any) -> Page:
    return lambda: render_template(f"citizen/{template}.html", request_id="r3qu3st", **context)
