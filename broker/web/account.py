"""The account's first page, and where its citizen is signed in: each session with device, place and tools, and the way to end it.

Ending needs no fresh sign-in: it only makes things safer. It is a POST with the form's token (SE-11). Forms name sessions by handles,
looked for among the account's own: another account's is not told apart from none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flask import Blueprint, Response, render_template, request, url_for

from broker.core.network import Networks
from broker.core.provider import IdentityProvider
from broker.core.session import BrokerSession, EndedBy
from broker.flows.overseeing import Overseeing
from broker.flows.signing_out import SignedOut
from broker.web.account_door import AccountDoor
from broker.web.answering import see_other
from broker.web.presentation import provider_name
from broker.web.shown_sessions import shown_sessions

Answer = str | Response


@dataclass(frozen=True, slots=True)
class AccountViews:
    """The views, with what they need. `goodbye` answers with the end of the session that was signed in here."""

    door: AccountDoor
    overseeing: Overseeing
    list_providers: Callable[[], Sequence[IdentityProvider]]
    networks: Networks
    goodbye: Callable[[BrokerSession, SignedOut], Response]

    def show(self) -> Answer:
        """What there is to see of an account."""
        session = self.door.session()
        name = provider_name(self.list_providers(), session.provider_alias) if session else ""
        until = session.public_until if session else None
        return render_template("citizen/account.html", signed_in_with=name, sign_out_url="/logout", public_until=until)

    def sign_in(self) -> Answer:
        """Sign in for the first page."""
        return self.door.sign_in(url_for(".show"))

    def sessions(self) -> Answer:
        """Where the account is signed in; for somebody who is not signed in, the way to that."""
        session = self.door.session()
        if session is None:
            return render_template("citizen/account_sessions.html", sessions=(), signed_in=False)
        here = self.overseeing.network_hash(session.subject_id, request.remote_addr or "")
        listed = self.overseeing.list(session.subject_id)
        shown = shown_sessions(listed, self.list_providers(), self.networks, session.id, here)
        return render_template(
            "citizen/account_sessions.html",
            sessions=shown,
            signed_in=True,
            public_until=session.public_until,
            outlasting=self.overseeing.outlasting(session) if session.public_computer else (),
        )

    def sign_in_for_sessions(self) -> Answer:
        """Sign in for the page of sessions."""
        return self.door.sign_in(url_for(".sessions"))

    def share(self) -> Answer:
        """Others use this computer too: what the choice page asks, for whoever did not come by it or forgot."""
        session, response = self.door.session(), see_other(url_for(".sessions"))
        if session:
            self.overseeing.share(session)
            self.door.cookies.forget_choice(response)
        return response

    def end(self) -> Answer:
        """End the session that the form names. The one of this very browser ends like any sign-out."""
        session, handle = self.door.session(), request.form.get("session", "")
        found = self.overseeing.find(session.subject_id, handle) if session else None
        done = self.overseeing.end(found.subject_id, found.session_id) if found else None
        if session and found and done and found.session_id == session.id:
            return self.goodbye(session, done)
        return see_other(url_for(".sessions"))

    def end_others(self) -> Answer:
        """End all but the one of this browser."""
        session = self.door.session()
        if session:
            self.overseeing.end_all(session.subject_id, EndedBy.CITIZEN, but=session.id)
        return see_other(url_for(".sessions"))

    def end_all(self) -> Answer:
        """End all: the others first, so that whoever is interrupted is still signed in and can press again."""
        session = self.door.session()
        if session is None:
            return see_other(url_for(".sessions"))
        others = self.overseeing.end_all(session.subject_id, EndedBy.CITIZEN, but=session.id)
        return self.goodbye(session, self.overseeing.signing_out.end(session).along_with(others))


def account_blueprint(views: AccountViews) -> Blueprint:
    """`/account` and `/account/sessions`. Citizen IDs are `web/account_links.py`'s."""
    blueprint = Blueprint("account", __name__, url_prefix="/account")
    blueprint.get("")(views.show)
    blueprint.post("/sign-in")(views.sign_in)
    blueprint.get("/sessions")(views.sessions)
    blueprint.post("/sessions/sign-in")(views.sign_in_for_sessions)
    blueprint.post("/sessions/public-computer")(views.share)
    blueprint.post("/sessions/end")(views.end)
    blueprint.post("/sessions/end-others")(views.end_others)
    blueprint.post("/sessions/end-all")(views.end_all)
    return blueprint
