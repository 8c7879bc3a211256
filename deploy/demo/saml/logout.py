"""Single Logout by HTTP-POST in both directions (SAML 2.0 profiles 4.4): a service provider ends a session, or is told that it ended."""

from __future__ import annotations

import base64
import datetime as dt
from dataclasses import dataclass, field

from lxml import etree
from signxml.algorithms import SignatureMethod

from deploy.demo.saml.answer import VALID_FOR, AnswerPlan, new_id
from deploy.demo.saml.assertion import instant
from deploy.demo.saml.keys import Keys
from deploy.demo.saml.receiving import Received, Receiver
from deploy.demo.saml.refusal import RequestRefused
from deploy.demo.saml.response import PostedForm
from deploy.demo.saml.signature import sign
from deploy.demo.saml.sp_metadata import ServiceProvider, ServiceProviders
from deploy.demo.saml.vocabulary import SAML, SAMLP, STATUS
from deploy.demo.saml.xml_reading import find, find_all, text_of

LIFETIME = dt.timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody signed in at one service provider; ``who`` is for the simulator's own page."""

    name_id: str
    name_id_format: str
    session_index: str
    provider: ServiceProvider
    who: str
    begun_at: dt.datetime


@dataclass
class SingleLogout:
    """The sessions of one simulator and the messages that end them; all messages are signed."""

    entity_id: str
    slo_url: str
    providers: ServiceProviders
    keys: Keys
    method: SignatureMethod
    _sessions: dict[str, Session] = field(default_factory=dict)

    def begin(self, plan: AnswerPlan, provider: ServiceProvider, who: str, now: dt.datetime) -> Session:
        """Remembers the session that an answer has just begun."""
        session = Session(plan.name_id, plan.name_id_format, plan.session_index, provider, who, now)
        kept = {index: one for index, one in self._sessions.items() if one.begun_at > now - LIFETIME}
        self._sessions = kept | {session.session_index: session}
        return session

    def find(self, session_index: str | None, now: dt.datetime) -> Session | None:
        session = self._sessions.get(session_index or "")
        return session if session and session.begun_at > now - LIFETIME else None

    def receive(self, encoded: str, relay_state: str, now: dt.datetime) -> PostedForm:
        """Ends what a LogoutRequest names; the LogoutResponse. RequestRefused if nobody may ask so."""
        received = Receiver("LogoutRequest", self.slo_url, self.providers).accept(encoded, now)
        ended = self._named(received)
        for session in ended:
            self._sessions.pop(session.session_index, None)
        target = _logout_url(received.provider)
        response = self._message("LogoutResponse", target, now)
        response.set("InResponseTo", received.signed.get("ID", ""))
        status = etree.SubElement(response, f"{{{SAMLP}}}Status")
        code = etree.SubElement(status, f"{{{SAMLP}}}StatusCode", Value=STATUS + ("Success" if ended else "Requester"))
        if not ended:
            etree.SubElement(code, f"{{{SAMLP}}}StatusCode", Value=STATUS + "UnknownPrincipal")
        return self._form(response, target, relay_state, "SAMLResponse")

    def ask(self, session_index: str | None, now: dt.datetime) -> PostedForm | None:
        """Ends a session here; the LogoutRequest for its service provider, None if there is no such session."""
        session = self.find(session_index, now)
        if session is None:
            return None
        del self._sessions[session.session_index]
        target = _logout_url(session.provider)
        request = self._message("LogoutRequest", target, now)
        request.set("NotOnOrAfter", instant(now + VALID_FOR))
        principal = etree.SubElement(request, f"{{{SAML}}}NameID", Format=session.name_id_format, NameQualifier=self.entity_id)
        principal.set("SPNameQualifier", session.provider.entity_id)
        principal.text = session.name_id
        etree.SubElement(request, f"{{{SAMLP}}}SessionIndex").text = session.session_index
        return self._form(request, target, "", "SAMLRequest")

    def is_done(self, encoded: str, now: dt.datetime) -> bool:
        """Whether a LogoutResponse says that the service provider ended its session; RequestRefused if it is not theirs."""
        received = Receiver("LogoutResponse", self.slo_url, self.providers).accept(encoded, now)
        code = find(received.signed, "saml2p:Status/saml2p:StatusCode")
        return code is not None and code.get("Value") == STATUS + "Success"

    def _named(self, received: Received) -> list[Session]:
        """The sessions of the NameID at the asking provider; with SessionIndex only those (SAML core 3.7.1)."""
        name_id = text_of(find(received.signed, "saml2:NameID"))
        indexes = {text_of(element) for element in find_all(received.signed, "saml2p:SessionIndex")}
        of_principal = [
            one for one in self._sessions.values() if one.name_id == name_id and one.provider.entity_id == received.provider.entity_id
        ]
        return [one for one in of_principal if not indexes or one.session_index in indexes]

    def _message(self, kind: str, target: str, now: dt.datetime) -> etree._Element:
        message = etree.Element(f"{{{SAMLP}}}{kind}", nsmap={"saml2p": SAMLP, "saml2": SAML})
        for name, value in {"ID": new_id(), "Version": "2.0", "IssueInstant": instant(now), "Destination": target}.items():
            message.set(name, value)
        etree.SubElement(message, f"{{{SAML}}}Issuer").text = self.entity_id
        return message

    def _form(self, message: etree._Element, target: str, relay_state: str, form_field: str) -> PostedForm:
        signed = sign(message, self.keys.signing, self.method)
        return PostedForm(target, base64.b64encode(signed.encode()).decode(), relay_state, form_field)


def _logout_url(provider: ServiceProvider) -> str:
    if not provider.logout_urls:
        raise RequestRefused("logout-url-missing", "The registered metadata has no SingleLogoutService for HTTP-POST.")
    return provider.logout_urls[0]
