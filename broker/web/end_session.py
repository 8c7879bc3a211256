"""Signing out: `/logout` as tools call it (RP-Initiated Logout 1.0), the question where nobody proved whom it is about or how far it goes.

Owns when a citizen is asked first (A-20, LO-01). What a sign-out does is `flows/signing_out.py`'s, its last page `signed_out.py`'s.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import Blueprint, Response, g, make_response, render_template, request, url_for

from broker.core.client import Client
from broker.core.delivery import ToolSession
from broker.core.session import BrokerSession, EndedBy
from broker.core.sign_out_ticket import LeftTool, SignOutTicket
from broker.flows.overseeing import Overseeing
from broker.flows.signing_out import SignedInTool, SignedOut, SigningOut, ToolsOfSession
from broker.oidc.end_session import LIMITS, EndSession, EndSessionReader
from broker.oidc.frontchannel import frontchannel_address
from broker.oidc.parameters import Parameters
from broker.web.answering import see_other
from broker.web.cookies import Cookies
from broker.web.headers import allow_form_action, allow_frame, allow_scripts
from broker.web.presentation import WayBack
from broker.web.reading import must_come_again, sent_parameters
from broker.web.signed_out import SignedOutViews, bare_page

_ONLY = "only"
"""The word of the button by which a citizen signs out of the asking tool alone."""

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
    last_page: SignedOutViews
    cookies: Cookies

    def logout(self) -> Response:
        """`GET` or `POST /logout`: at once when the hint is about whoever is signed in and leaves no choice, else after a question."""
        parameters = sent_parameters(LIMITS)
        asked = self.reader.read(parameters)
        if must_come_again(self.cookies.session_id()):
            return see_other(f"{url_for('end_session.logout')}?{urlencode(parameters.values)}")
        session = self._session(asked)
        if session is None:
            return self._nobody(asked)
        if self._is_about(asked, session) and not self._may_stay(asked, session):
            return self._end(asked, session, EndedBy.TOOL)
        return self._ask(asked, session, parameters)

    def confirm(self) -> Response:
        """`POST /logout/confirm`: the citizen pressed a button (the form's token was checked before). Which buttons there are is decided
        anew here: the form's word for one that is not offered only gets the question again."""
        parameters = sent_parameters(LIMITS)
        asked = self.reader.read(parameters)
        session = self._session(asked)
        if session is None:
            return self._again(asked)
        if request.form.get("decision") != _ONLY:
            return self._end(asked, session, EndedBy.CITIZEN)
        if asked.client and self._offers_choice(asked.client, session):
            return self._leave(asked, asked.client, session)
        return self._ask(asked, session, parameters)

    def goodbye(self, session: BrokerSession, done: SignedOut) -> Response:
        """The end of this browser's session, which was ended on a page of the account."""
        return self._goodbye(EndSession(None, None, None), session, done)

    def _session(self, asked: EndSession) -> BrokerSession | None:
        """The session to end, also one that is over by time or that Redis has lost: the common one, if this browser is still the one that
        began it, or the own one of a tool that has such."""
        session_id, browser_id = self.cookies.session_id(), self.cookies.known_browser_id()
        if asked.client and asked.client.only_for:
            return self._own_session(asked, asked.client, browser_id or "")
        if session_id is None:
            return None
        session = self.signing_out.sessions.find_even_over(session_id) or self.overseeing.remnant(session_id, browser_id or "")
        if session is None or session.browser_id != browser_id:
            return None
        return None if self.overseeing.end_left_alone(session.id) else session  # whoever asks need not be who signed in, and learns nothing

    def _lives(self, session: BrokerSession) -> bool:
        return session.live(self.last_page.following_up.clock())

    def _own_session(self, asked: EndSession, client: Client, browser_id: str) -> BrokerSession | None:
        hint = asked.hint
        named = ToolSession(client.client_id, hint.sub, hint.sid) if hint and hint.sid else None
        return self.overseeing.own_session(client, named, browser_id)

    def _is_about(self, asked: EndSession, session: BrokerSession) -> bool:
        return asked.hint is not None and asked.client is not None and self.subject_at(session, asked.client) == asked.hint.sub

    def _may_stay(self, asked: EndSession, session: BrokerSession) -> bool:
        """Whether the citizen may choose to sign out of the asking tool alone: its record says so, and they are signed in there."""
        client = asked.client
        if client is None or not self._offers_choice(client, session):
            return False
        return self._is_about(asked, session) or self.signing_out.tools_of(session.id).include(client)

    def _offers_choice(self, client: Client, session: BrokerSession) -> bool:
        """Whether citizens may sign out of this tool alone; one with sessions of its own is alone anyway. Never at a public computer, nor
        where no session is left to go on."""
        return client.logout.may_stay_elsewhere and not client.only_for and not session.public_computer and self._lives(session)

    def _ask(self, asked: EndSession, session: BrokerSession, parameters: Parameters) -> Response:
        """A hint goes along only where it is about the citizen: it tells that the tool has ended its own session."""
        tools, is_about = self.signing_out.tools_of(session.id), self._is_about(asked, session)
        hidden = {name: value for name, value in parameters.values.items() if name != "id_token_hint" or is_about}
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
            may_stay=self._may_stay(asked, session),
        )
        return make_response(page)

    def _end(self, asked: EndSession, session: BrokerSession, by: EndedBy) -> Response:
        """Everywhere. The tool whose hint is about this citizen has ended its own session before."""
        asked_by = asked.client if self._is_about(asked, session) else None
        return self._goodbye(asked, session, self.overseeing.sign_out(session, asked_by, by), asked_by)

    def _goodbye(self, asked: EndSession, session: BrokerSession, done: SignedOut, asked_by: Client | None = None) -> Response:
        left = [self._left(tool, asked_by) for tool in done.tools.entered]
        ticket = self.last_page.following_up.ticket(session, done, left, asked.client)
        return self._without_session(asked, self._farewell(asked, ticket))

    def _left(self, tool: SignedInTool, asked_by: Client | None) -> LeftTool:
        client, asked = tool.client, asked_by is not None and tool.client.client_id == asked_by.client_id
        return LeftTool(client.client_id, tool.sid, client.name, asked, frontchannel_address(self.issuer, tool))

    def _farewell(self, asked: EndSession, ticket: SignOutTicket) -> Response:
        """On to the tool, or to the last page: where there is nowhere to go, or tools are told by the browser first."""
        following_up = self.last_page.following_up
        if asked.return_to is None:
            secret = following_up.give_out(ticket)
            return see_other(url_for("signed_out.show", ticket=secret) if secret else url_for("signed_out.bare"))
        following_up.forget(ticket.browser_id)
        if not ticket.frames:
            return see_other(asked.return_to)
        g.shown_once = True  # asked for again, in another language, there would be nothing left to tell
        onward = WayBack(asked.client.name if asked.client else "", asked.return_to)
        return self.last_page.page(ticket, following_up.progress(ticket), ticket.frames, onward)

    def _again(self, asked: EndSession) -> Response:
        """A button that was pressed before: the answer to the first press, which the browser threw away, is given again."""
        secret = self.last_page.following_up.pressed_twice(self.cookies.known_browser_id() or "")
        return see_other(url_for("signed_out.show", ticket=secret)) if secret and not asked.return_to else self._nobody(asked)

    def _nobody(self, asked: EndSession) -> Response:
        """Nobody is signed in here (any more)."""
        if asked.return_to:
            return self._without_session(asked, see_other(asked.return_to))
        if asked.client and asked.client.only_for:
            return _nothing_here(asked.client)
        return self._without_session(asked, bare_page(_way_back(asked.client)))

    def _without_session(self, asked: EndSession, response: Response) -> Response:
        """The answer with which the session's cookie goes; of a tool's own session no cookie knows."""
        if asked.client is None or not asked.client.only_for:
            self.cookies.end_session(response)
        return response

    def _leave(self, asked: EndSession, client: Client, session: BrokerSession) -> Response:
        """Signed out of one tool; the session goes on. A tool that has ended its own session needs no telling."""
        ended_itself = self._is_about(asked, session)
        left = self.signing_out.leave(session, client, told=not ended_itself)
        addresses = () if ended_itself else self._addresses(left)
        if asked.return_to and not addresses:
            return see_other(asked.return_to)
        g.shown_once = True
        for address in addresses:
            allow_frame(address)
        if asked.return_to:
            allow_scripts()
        page = render_template(
            "citizen/left_tool.html",
            tool=client,
            way=_way(client, ended_itself, addresses),
            frames=addresses,
            onward=WayBack(client.name, asked.return_to) if asked.return_to else None,
        )
        return make_response(page)

    def _addresses(self, left: ToolsOfSession) -> tuple[str, ...]:
        found = (frontchannel_address(self.issuer, tool) for tool in left.entered)
        return tuple(dict.fromkeys(address for address in found if address))


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


def _way(client: Client, ended_itself: bool, addresses: tuple[str, ...]) -> str:
    """How a tool knows that the citizen is signed out of it."""
    if ended_itself:
        return "itself"
    if client.backchannel_logout_uri:
        return "server"
    return "browser" if addresses else "none"
