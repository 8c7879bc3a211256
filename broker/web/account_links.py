"""The account's own page of citizen IDs: which ones lead to it, adding another, removing one, and what has changed since last time.

Looking changes nothing; every change is a POST with the form's token (AL-07, SE-11) and needs a recent sign-in. What is linked stands in
the stored request and in the account, never in the form (AL-04, AL-09).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flask import Blueprint, Response, g, render_template, request, url_for

from broker.core.errors import BadRequest
from broker.core.linking import ConfirmLink, TellNews
from broker.core.provider import IdentityProvider
from broker.flows.managing_links import ManagingLinks
from broker.web.account_door import AccountDoor, onward
from broker.web.answering import see_other
from broker.web.presentation import provider_name, shown_links

Answer = str | Response


@dataclass(frozen=True, slots=True)
class AccountLinksViews:
    """The views, with what they need."""

    door: AccountDoor
    managing: ManagingLinks
    list_providers: Callable[[], Sequence[IdentityProvider]]

    def show(self) -> Answer:
        """All citizen IDs of the account; for somebody who is not signed in, the way to that."""
        session = self.door.session()
        if session is None:
            return render_template("citizen/account_links.html", links=(), fresh=False, signed_in=False)
        overview = self.managing.overview(session)
        links = shown_links(overview, self.list_providers())
        return render_template(
            "citizen/account_links.html", links=links, fresh=overview.fresh, signed_in=True, public_until=session.public_until
        )

    def sign_in(self) -> Answer:
        """Sign in for this page, also anew: changes need a recent sign-in."""
        return self.door.sign_in(url_for(".show"))

    def add(self) -> Answer:
        """Sign in with another citizen ID, to be linked. With an old sign-in nothing happens but the page that says so."""
        session = self.door.session()
        if session is None or not self.managing.overview(session).fresh:
            return see_other(url_for(".show"))
        return self.door.send(self.managing.request(session.browser_id, url_for(".show"), links_to=session.subject_id))

    def confirm(self, request_id: str) -> Answer:
        """Both citizen IDs, and the question."""
        pending, session = self.door.pending(request_id), self.door.session()
        if session is None or pending.proposed is None or not isinstance(self.door.signing_in.judge(pending, session), ConfirmLink):
            return onward(request_id)
        g.shown_once = True
        return render_template(
            "citizen/account_link_confirm.html",
            request_id=request_id,
            outlook=self.managing.outlook(pending.proposed, session).value,
            present=provider_name(self.list_providers(), session.provider_alias),
            present_at=session.authenticated_at,
            other=provider_name(self.list_providers(), pending.proposed.provider_alias),
            other_at=pending.proposed.proven_at,
        )

    def decide(self, request_id: str) -> Answer:
        """Yes or no."""
        pending, decision = self.door.pending(request_id), request.form.get("decision")
        if decision not in ("confirm", "cancel"):
            raise BadRequest("decision is neither confirm nor cancel")
        if decision == "confirm":
            self.managing.link(pending, self.door.session())
        else:
            self.managing.drop(pending)
        return onward(request_id)

    def ask_to_remove(self, handle: str) -> Answer:
        """What would end with this citizen ID, and the question."""
        session = self.door.session()
        overview = self.managing.overview(session) if session else None
        link = overview.find(handle) if overview else None
        if overview is None or link is None or len(overview.links) < 2:
            return see_other(url_for(".show"))
        (shown,) = [one for one in shown_links(overview, self.list_providers()) if one.handle == link.handle]
        return render_template("citizen/account_link_remove.html", link=shown, may=overview.fresh or shown.new)

    def remove(self, handle: str) -> Answer:
        """Remove it. Whoever was signed in by it is signed out."""
        session = self.door.session()
        if session is not None and not self.managing.remove(session, handle):
            return see_other(url_for(".ask_to_remove", handle=handle))
        return see_other(url_for(".show"))

    def news(self, request_id: str) -> Answer:
        """Which citizen IDs lead to the account, because that has changed since this one was here last."""
        pending, session = self.door.in_progress(request_id)
        if session is None or not isinstance(self.door.signing_in.judge(pending, session), TellNews):
            return onward(request_id)
        links = shown_links(self.managing.overview(session), self.list_providers())
        return render_template("citizen/account_news.html", request_id=request_id, links=links)

    def heard(self, request_id: str) -> Answer:
        """Read; on with what the citizen came for."""
        self.managing.tell(*self.door.in_progress(request_id))
        return onward(request_id)


def account_links_blueprint(views: AccountLinksViews) -> Blueprint:
    """Everything under `/account/links`."""
    blueprint = Blueprint("account_links", __name__, url_prefix="/account/links")
    blueprint.get("")(views.show)
    blueprint.post("/sign-in")(views.sign_in)
    blueprint.post("/add")(views.add)
    blueprint.get("/confirm/<request_id>")(views.confirm)
    blueprint.post("/confirm/<request_id>")(views.decide)
    blueprint.get("/remove/<handle>")(views.ask_to_remove)
    blueprint.post("/remove/<handle>")(views.remove)
    blueprint.get("/news/<request_id>")(views.news)
    blueprint.post("/news/<request_id>")(views.heard)
    return blueprint
