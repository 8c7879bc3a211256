"""Who stands at the door: whoever is signed in, by the judge's word, and the requests on their way in this browser; and the sign-in that
leads back to the page of the account it began at."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Response, url_for

from broker.core.request import AuthorizationRequest
from broker.core.session import BrokerSession
from broker.flows.managing_links import ManagingLinks
from broker.flows.signing_in import SigningIn
from broker.web.answering import see_other
from broker.web.cookies import Cookies
from broker.web.device_words import present_device


@dataclass(frozen=True, slots=True)
class AccountDoor:
    """What every page of the account begins with, and others that speak of who is signed in."""

    signing_in: SigningIn
    managing: ManagingLinks
    cookies: Cookies

    def session(self) -> BrokerSession | None:
        """Whoever is signed in, if that still counts."""
        session_id = self.cookies.session_id()
        session = self.signing_in.sessions.find(session_id) if session_id else None
        standing = self.managing.standing(session, self.cookies.known_browser_id() or "") if session else None
        return self.signing_in.opening.overseeing.seen_on(standing, present_device()) if standing else None

    def sign_in(self, page: str) -> Response:
        """Sign in, also somebody who is, and come back to this page of ours (a path)."""
        return self.send(self.managing.request(self.cookies.browser_id(), page, anew=self.session() is not None))

    def send(self, pending: AuthorizationRequest) -> Response:
        """Begin with a request of these pages."""
        self.signing_in.begin(pending)
        return onward(pending.id)

    def pending(self, request_id: str) -> AuthorizationRequest:
        """A request under way in this browser. Raises RequestExpired, ForeignBrowser."""
        return self.signing_in.resume(request_id, self.cookies.known_browser_id() or "")

    def in_progress(self, request_id: str) -> tuple[AuthorizationRequest, BrokerSession | None]:
        """A request under way in this browser, and who is signed in for it by now. Raises RequestExpired, ForeignBrowser."""
        pending = self.pending(request_id)
        return pending, self.signing_in.session_for(pending, self.cookies.session_id())


def onward(request_id: str) -> Response:
    """On to whatever is next."""
    return see_other(url_for("oidc.proceed", request_id=request_id))
