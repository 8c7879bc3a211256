"""Signing out: `/logout` as tools call it (RP-Initiated Logout 1.0), the question where nobody proved whom it is about, and the last page.

Owns when a citizen is asked first (A-20, LO-01), and the frames by which the browser tells tools (Front-Channel Logout 1.0). What a
sign-out does is `flows/signing_out.py`'s.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Blueprint, Response, g, make_response, render_template, url_for

from broker.core.client import Client
from broker.core.delivery import ToolSession
from broker.core.session import BrokerSession, EndedBy
from broker.flows.overseeing import Overseeing
from broker.flows.signing_out import SignedOut, SigningOut, ToolsOfSession
from broker.oidc.end_session import LIMITS, EndSession, EndSessionReader
from broker.oidc.frontchannel import frontchannel_addresses
from broker.oidc.parameters import Parameters
from broker.web.answering import see_other
from broker.web.cookies import Cookies
from broker.web.headers import allow_form_action, allow_frame, allow_scripts
from broker.web.presentation import WayBack
from broker.web.reading import must_come_again, sent_parameters

SubjectAt = Callable[[BrokerSession, Client], str | None]
"""Returns the subject by which a tool knows the signed-in citizen, or None."""


@dataclass(frozen=True, slots=True)
class EndSessionViews:
    """What signing out needs."""

    issuer: str
    reader: EndSessionReader
    signing_out: SigningOut
    overseeing: Overseeing
    subject_at: SubjectAt
    cookies: Cookies

    def logout(self) -> Response:
        """`GET` or `POST /logout`: at once when the hint is about whoever is signed in, else after a question."""
        parameters = sent_parameters(LIMITS)
        asked = self.reader.read(parameters)
        if must_come_again(self.cookies.session_id()):
            return see_other(f"{url_for('end_session.logout')}?{urlencode(parameters.values)}")
        session = self._session(asked)
        if session is None:
            return self._goodbye(asked, None)
        if self._is_about(asked, session):
            return self._goodbye(asked, self.signing_out.end(session, asked.client, EndedBy.TOOL))
        return self._ask(asked, session, parameters)

    def confirm(self) -> Response:
        """`POST /logout/confirm`: the citizen pressed the button (the form's token was checked before)."""
        asked = self.reader.read(sent_parameters(LIMITS))
        session = self._session(asked)
        return self._goodbye(asked, self.signing_out.end(session) if session else None)

    def goodbye(self, done: SignedOut) -> Response:
        """The end of a session that was ended on a page of the account."""
        return self._goodbye(EndSession(None, None, None), done)

    def _session(self, asked: EndSession) -> BrokerSession | None:
        """The session to end: the common one, if this browser is still the one that began it, or the own one of a tool that has such."""
        session_id, browser_id = self.cookies.session_id(), self.cookies.known_browser_id()
        if asked.client and asked.client.only_for:
            return self._own_session(asked, asked.client, browser_id or "")
        session = self.signing_out.sessions.find(session_id) if session_id else None
        return session if session and session.browser_id == browser_id else None

    def _own_session(self, asked: EndSession, client: Client, browser_id: str) -> BrokerSession | None:
        hint = asked.hint
        named = ToolSession(client.client_id, hint.sub, hint.sid) if hint and hint.sid else None
        return self.overseeing.own_session(client, named, browser_id)

    def _is_about(self, asked: EndSession, session: BrokerSession) -> bool:
        return asked.hint is not None and asked.client is not None and self.subject_at(session, asked.client) == asked.hint.sub

    def _ask(self, asked: EndSession, session: BrokerSession, parameters: Parameters) -> Response:
        tools = self.signing_out.tools_of(session.id)
        hidden = {name: value for name, value in parameters.values.items() if name != "id_token_hint"}
        if asked.client:
            hidden["client_id"] = asked.client.client_id
        if asked.return_to:
            allow_form_action(asked.return_to)
        page = render_template(
            "citizen/sign_out.html",
            action=url_for("end_session.confirm"),
            hidden=hidden,
            tools=tools.names,
            untold=tools.untold(asked.client),
            tool_name=asked.client.name if asked.client else "",
            own=bool(session.only_for),
        )
        return make_response(page)

    def _goodbye(self, asked: EndSession, done: SignedOut | None) -> Response:
        """On to the tool at once, or to the last page: where there is nowhere to go, or tools are told by the browser first."""
        frames = frontchannel_addresses(self.issuer, done.tools.entered) if done else ()
        if done is None and asked.client and asked.client.only_for and not asked.return_to:
            return _nothing_here(asked.client)
        response = see_other(asked.return_to) if asked.return_to and not frames else self._last_page(asked, done, frames)
        if asked.client is None or not asked.client.only_for:  # of a tool's own session no cookie knows
            self.cookies.end_session(response)
        return response

    def _last_page(self, asked: EndSession, done: SignedOut | None, frames: tuple[str, ...]) -> Response:
        tools = done.tools if done else ToolsOfSession()
        if done:
            g.shown_once = True  # asked for again, in another language, there would be nothing left to tell
        for address in frames:
            allow_frame(address)
        if asked.return_to:
            allow_scripts()
        page = render_template(
            "citizen/signed_out.html",
            told=tools.told,
            untold=tools.untold(asked.client),
            upstream_ended=done.upstream_ended if done else None,
            frames=frames,
            onward=WayBack(asked.client.name, asked.return_to) if asked.client and asked.return_to else None,
            back=_way_back(asked.client),
        )
        return make_response(page)


def end_session_blueprint(views: EndSessionViews) -> Blueprint:
    """`/logout` is exempt from form tokens (tools post here); `/logout/confirm` is not."""
    blueprint = Blueprint("end_session", __name__)
    blueprint.add_url_rule("/logout", "logout", views.logout, methods=["GET", "POST"], provide_automatic_options=False)
    blueprint.add_url_rule("/logout/confirm", "confirm", views.confirm, methods=["POST"], provide_automatic_options=False)
    return blueprint


def _nothing_here(client: Client) -> Response:
    """Of a tool's own sign-in there is nothing in this browser; the common one is none of its business."""
    return make_response(render_template("citizen/own_sign_in.html", tool_name=client.name, back=_way_back(client)))


def _way_back(client: Client | None) -> WayBack | None:
    return WayBack(client.name, client.base_url) if client and client.base_url else None
