"""The last page: signed out, and how far each tool is. It looks again by itself, without a script, for as long as its ticket lives.

Whoever has no ticket, another browser's or an old one reads that they are signed out, and nothing about anybody (LO-08).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from flask import Blueprint, Response, g, make_response, render_template, request
from flask_babel import format_timedelta

from broker.core.provider import IdentityProvider, ProviderLogout
from broker.core.sign_out_ticket import SignOutTicket, ToolOutcome, ToolState
from broker.flows.following_up import FollowingUp, Progress
from broker.web.cookies import Cookies
from broker.web.headers import allow_frame, allow_scripts
from broker.web.presentation import WayBack, provider_name

_FRAMES_NEED = timedelta(seconds=10)
"""A page that loads tools' pages gives them time before it asks for itself again."""

ListProviders = Callable[[], Sequence[IdentityProvider]]


@dataclass(frozen=True, slots=True)
class ShownTool:
    """A tool on the last page. `state` is a word of `ToolState`; `wait`, in words, is until the next try, empty when it is under way."""

    name: str
    state: str
    addresses: tuple[str, ...]
    attempts: int
    wait: str


@dataclass(frozen=True, slots=True)
class SignedOutViews:
    """The views, with what they need."""

    following_up: FollowingUp
    list_providers: ListProviders
    cookies: Cookies

    def bare(self) -> Response:
        """Signed out, and nothing more is known."""
        return bare_page()

    def show(self, ticket: str) -> Response:
        """What has become of the sign-out that this ticket stands for."""
        found = self.following_up.look(ticket, self.cookies.known_browser_id() or "")
        if found is None:
            return bare_page()
        known, progress = found
        if known.public_computer and not progress.pending:
            g.shown_once = True
        frames = () if known.frames_loaded else known.frames
        response = self.page(known, progress, frames)
        if progress.pause and not _wants_peace():
            pause = max(progress.pause, _FRAMES_NEED) if frames else progress.pause
            response.headers["Refresh"] = str(int(pause.total_seconds()))
        return response

    def page(self, ticket: SignOutTicket, progress: Progress, frames: tuple[str, ...], onward: WayBack | None = None) -> Response:
        """The page itself. `frames` are loaded by it, `onward` is where it leads on to afterwards."""
        for address in frames:
            allow_frame(address)
        if onward:
            allow_scripts()
        now, providers = self.following_up.clock(), self.list_providers()
        provider = next((one for one in providers if one.alias == ticket.provider_alias), None)
        page = render_template(
            "citizen/signed_out.html",
            tools=[_shown(tool, tool.next_attempt_at - now if tool.next_attempt_at else timedelta()) for tool in progress.tools],
            done=progress.done,
            pending=progress.tools_pending,
            renews=bool(progress.pause) and not onward,
            peace=_wants_peace(),
            hub_confirmed=ticket.hub_confirmed or bool(ticket.open_at_hub and not progress.open_at_hub),
            hub_pending=progress.open_at_hub,
            hub_kept=ticket.hub_kept,
            only_at=ticket.only_at,
            provider=provider_name(providers, ticket.provider_alias),
            provider_logout=(provider.logout if provider else ProviderLogout.NONE).value,
            public_computer=ticket.public_computer,
            frames=frames,
            onward=onward,
            back=WayBack(ticket.back_name, ticket.back_url) if ticket.back_url and not onward else None,
        )
        return make_response(page)


def bare_page(back: WayBack | None = None) -> Response:
    """Signed out, without anything about whom or from where; `back` is the tool that asked."""
    return make_response(render_template("citizen/signed_out.html", tools=(), hub_confirmed=True, provider_logout="", frames=(), back=back))


def _wants_peace() -> bool:
    """Whether the page shall keep still: what renews itself can be stopped (WCAG 2.2.2)."""
    return "still" in request.args


def _shown(tool: ToolOutcome, wait: timedelta) -> ShownTool:
    under_way = wait <= timedelta(seconds=1)
    words = "" if tool.state is not ToolState.PENDING or under_way else format_timedelta(wait, granularity="second")
    return ShownTool(tool.name, tool.state.value, tool.addresses, tool.attempts, words)


def signed_out_blueprint(views: SignedOutViews) -> Blueprint:
    """`/signed-out` alone is also where the hub's own pages lead after a sign-out there."""
    blueprint = Blueprint("signed_out", __name__)
    blueprint.get("/signed-out")(views.bare)
    blueprint.get("/signed-out/<ticket>")(views.show)
    return blueprint
