"""The simulator without its web pages: accept a request, offer logins, answer, end sessions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from signxml.algorithms import SignatureMethod

from deploy.demo.osi.faults import FAULTS
from deploy.demo.osi.identity import ALIAS, Login, attributes_of
from deploy.demo.osi.vocabulary import LEVEL_OF, Level, Means
from deploy.demo.persons import Person
from deploy.demo.saml.answer import AnswerPlan, ErrorPlan, Sealing, blank_plan
from deploy.demo.saml.faults import bend
from deploy.demo.saml.journey import Finished
from deploy.demo.saml.keys import Keys
from deploy.demo.saml.logins import PendingLogin, PendingLogins
from deploy.demo.saml.logout import SingleLogout
from deploy.demo.saml.metadata import build_metadata
from deploy.demo.saml.name_id import persistent_name_id
from deploy.demo.saml.receiving import Asked, Receiver, acs_url, minimum_level
from deploy.demo.saml.refusal import LoginExpired, RequestRefused
from deploy.demo.saml.response import PostedForm, ResponseWriter, to_form
from deploy.demo.saml.sp_metadata import ServiceProviders
from deploy.demo.saml.vocabulary import NAMEFORMAT_BASIC, NAMEID_PERSISTENT, NAMEID_TRANSIENT
from deploy.demo.saml.xml_reading import find

SSO_PATH = "/webidp/SamlWebSso/AuthnRequestPostBinding"
SLO_PATH = "/webidp/SingleLogOut/SingleLogoutServiceViaPost"
METADATA_PATH = "/webidp/metadata/metadata"
ENTITY_ID = "urn:dataport:osi:servicekonto:idp:demo:sh"
SEALING = Sealing(signature_method=SignatureMethod.RSA_SHA256, encrypt=False)
LEVELS = {level.wire: level for level in Level}


@dataclass(frozen=True, slots=True)
class AuthnRequest(Asked):
    """An accepted request."""

    minimum_level: Level


Pending = PendingLogin[AuthnRequest, Login]


@dataclass(frozen=True, slots=True)
class Settings:
    """What one simulator is: its name and address, whom it serves, and how it deviates on purpose."""

    base_url: str
    entity_id: str = ENTITY_ID
    sp_metadata: tuple[str, ...] = ()
    show_faults: bool = False
    any_level: bool = False
    publish_next_key: bool = False

    @property
    def sso_url(self) -> str:
        return self.base_url + SSO_PATH

    @property
    def slo_url(self) -> str:
        return self.base_url + SLO_PATH


@dataclass
class Simulator:
    """One Servicekonto. ``clock`` returns aware UTC; ``always_faults`` bend every answer."""

    settings: Settings
    keys: Keys
    persons: tuple[Person, ...]
    clock: Callable[[], dt.datetime]
    always_faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        providers = ServiceProviders(self.settings.sp_metadata)
        self.receiver = Receiver("AuthnRequest", self.settings.sso_url, providers)
        self.pending: PendingLogins[AuthnRequest, Login] = PendingLogins()
        self.writer = ResponseWriter(self.keys)
        self.logout = SingleLogout(self.settings.entity_id, self.settings.slo_url, providers, self.keys, SEALING.signature_method)

    @property
    def show_faults(self) -> bool:
        return self.settings.show_faults

    @property
    def faults(self) -> list[str]:
        return list(FAULTS)

    @property
    def cancel_words(self) -> list[str]:
        return ["AuthnFailed", "RequestDenied", "NoAuthnContext"]

    @property
    def known_means(self) -> list[str]:
        return [means.value for means in Means]

    def metadata(self) -> bytes:
        pairs = [self.keys.signing] + ([self.keys.next_signing] if self.settings.publish_next_key else [])
        return build_metadata(self.settings.entity_id, self.settings.sso_url, pairs, NAMEID_PERSISTENT, self.settings.slo_url)

    def begin(self, saml_request: str, relay_state: str) -> str:
        """Accepts a posted AuthnRequest and returns the id of the login; RequestRefused or MetadataUnavailable otherwise."""
        now = self.clock()
        received = self.receiver.accept(saml_request, now)
        policy = find(received.signed, "saml2p:NameIDPolicy")
        if policy is not None and policy.get("Format") not in (None, NAMEID_PERSISTENT):
            raise RequestRefused("name-id-policy-not-supported", "Only persistent name identifiers are given.")
        request = AuthnRequest(
            request_id=received.signed.get("ID", ""),
            provider=received.provider,
            acs_url=acs_url(received),
            relay_state=relay_state,
            minimum_level=minimum_level(received.signed, LEVELS, Level.LOW),
        )
        return self.pending.add(request, now)

    def login(self, login_id: str) -> Pending:
        return self.pending.get(login_id, self.clock())

    def means(self, request: AuthnRequest) -> list[str]:
        """The means that reach the asked level."""
        return [means.value for means in Means if self.settings.any_level or LEVEL_OF[means] >= request.minimum_level]

    def choices(self, request: AuthnRequest, means: str) -> list[Login]:
        """Who can sign in by a means; nobody by one that is not offered."""
        if means not in self.means(request):
            return []
        accounts = ((person, account) for person in self.persons for account in person.accounts_at(ALIAS))
        return [Login(person, account, Means(means)) for person, account in accounts if means in account.means]

    def review(self, _request: AuthnRequest, login: Login) -> Mapping[str, object]:
        """What will be sent: always all there is."""
        return {"released": attributes_of(login, self.clock())}

    def finish(self, login_id: str, address: str, fault_names: list[str]) -> Finished:
        """Answers with the chosen person, and begins their session; the login is over. LoginExpired if nobody was chosen."""
        pending, now = self.pending.take(login_id, self.clock()), self.clock()
        if pending.chosen is None:
            raise LoginExpired
        plan = bend(self._plan(pending.request, pending.chosen, address), self.always_faults + fault_names, FAULTS)
        form = to_form(pending.request, self.writer.success(plan, pending.request.provider.encryption_certificate))
        session = self.logout.begin(plan, pending.request.provider, pending.chosen.person.summary, now)
        return Finished(form, session.session_index)

    def cancel(self, login_id: str, status: str) -> PostedForm:
        """Answers that nobody wants to sign in, or can with that level; the login is over."""
        asked = self.pending.take(login_id, self.clock()).request
        plan = ErrorPlan(
            issuer=self.settings.entity_id,
            destination=asked.acs_url,
            in_response_to=asked.request_id,
            issued_at=self.clock(),
            sub_status=status,
            message="Die Anmeldung wurde abgebrochen.",
            signature_method=SEALING.signature_method,
        )
        return to_form(asked, self.writer.error(plan))

    def _plan(self, asked: AuthnRequest, login: Login, address: str) -> AnswerPlan:
        plan = replace(
            blank_plan(asked, self.settings.entity_id, self.clock()),
            address=address,
            authn_context=login.level.wire,
            attributes={name.value: value for name, value in attributes_of(login, self.clock()).items()},
            attribute_name_format=NAMEFORMAT_BASIC,
            sealing=SEALING,
        )
        if login.means is Means.TEMPORARY:
            return replace(plan, name_id_format=NAMEID_TRANSIENT)
        name_id = persistent_name_id(login.account, asked.provider.entity_id, self.keys.salt)
        return replace(plan, name_id=name_id, name_id_format=NAMEID_PERSISTENT)
