"""The simulator without its web pages: accept a request, offer certificates, answer, end sessions."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from deploy.demo.muk.faults import FAULTS
from deploy.demo.muk.identity import Login, attributes_of, logins
from deploy.demo.muk.vocabulary import AUTHN_CONTEXT, Attribute
from deploy.demo.persons import Person
from deploy.demo.saml.answer import AnswerPlan, ErrorPlan, Sealing, SignedBy, Value, blank_plan
from deploy.demo.saml.faults import bend
from deploy.demo.saml.journey import Finished
from deploy.demo.saml.keys import Keys
from deploy.demo.saml.logins import PendingLogin, PendingLogins
from deploy.demo.saml.logout import SingleLogout
from deploy.demo.saml.metadata import build_metadata
from deploy.demo.saml.name_id import persistent_name_id
from deploy.demo.saml.receiving import Asked, Receiver, acs_url
from deploy.demo.saml.refusal import LoginExpired, RequestRefused
from deploy.demo.saml.response import PostedForm, ResponseWriter, to_form
from deploy.demo.saml.sp_metadata import ServiceProviders
from deploy.demo.saml.vocabulary import NAMEFORMAT_BASIC, NAMEID_PERSISTENT

SSO_PATH, SLO_PATH, METADATA_PATH = "/ekona/sso", "/ekona/slo", "/ekona"
# The assertion is encrypted but carries no signature: what is signed is the response around it.
SEALING = Sealing(signed_by=SignedBy.NOBODY, response_signed_by=SignedBy.CURRENT)
Pending = PendingLogin[Asked, Login]
MEANS = "elster"


@dataclass(frozen=True, slots=True)
class Settings:
    """What one simulator is: its name and address, whom it serves, and how it deviates on purpose."""

    entity_id: str
    base_url: str
    sp_metadata: tuple[str, ...] = ()
    show_faults: bool = False
    publish_next_key: bool = False

    @property
    def sso_url(self) -> str:
        return self.base_url + SSO_PATH

    @property
    def slo_url(self) -> str:
        return self.base_url + SLO_PATH


@dataclass
class Simulator:
    """One Unternehmenskonto. ``clock`` returns aware UTC; ``always_faults`` bend every answer."""

    settings: Settings
    keys: Keys
    persons: tuple[Person, ...]
    clock: Callable[[], dt.datetime]
    always_faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.providers = ServiceProviders(self.settings.sp_metadata)
        self.receiver = Receiver("AuthnRequest", self.settings.sso_url, self.providers)
        self.pending: PendingLogins[Asked, Login] = PendingLogins()
        self.writer = ResponseWriter(self.keys)
        self.logout = SingleLogout(self.settings.entity_id, self.settings.slo_url, self.providers, self.keys, SEALING.signature_method)

    @property
    def show_faults(self) -> bool:
        return self.settings.show_faults

    @property
    def faults(self) -> list[str]:
        return list(FAULTS)

    @property
    def cancel_words(self) -> list[str]:
        return ["AuthnFailed"]

    @property
    def known_means(self) -> list[str]:
        return [MEANS]

    def metadata(self) -> bytes:
        pairs = [self.keys.signing] + ([self.keys.next_signing] if self.settings.publish_next_key else [])
        return build_metadata(self.settings.entity_id, self.settings.sso_url, pairs, NAMEID_PERSISTENT, self.settings.slo_url)

    def begin(self, saml_request: str, relay_state: str) -> str:
        """Accepts a posted AuthnRequest and returns the id of the login; RequestRefused or MetadataUnavailable otherwise."""
        now = self.clock()
        received = self.receiver.accept(saml_request, now)
        if received.provider.encryption_certificate is None:
            raise RequestRefused("encryption-certificate-missing", "The metadata has no key to encrypt the assertion for.")
        asked = Asked(received.signed.get("ID", ""), received.provider, acs_url(received), relay_state)
        return self.pending.add(asked, now)

    def login(self, login_id: str) -> Pending:
        return self.pending.get(login_id, self.clock())

    def means(self, _request: Asked) -> list[str]:
        return [MEANS]

    def choices(self, _request: Asked, _means: str) -> list[Login]:
        """Every certificate there is: a request can neither choose a means nor a level."""
        return self.offered()

    def review(self, _request: Asked, login: Login) -> Mapping[str, object]:
        """What will be sent: always all there is."""
        return {"released": self.released(login)}

    def offered(self) -> list[Login]:
        return logins(self.persons)

    def released(self, login: Login) -> Mapping[Attribute, Value]:
        """All that leaves: a fixed set, whatever was asked for."""
        return attributes_of(login, self.clock())

    def finish(self, login_id: str, address: str, fault_names: list[str]) -> Finished:
        """Answers with the chosen organisation, and begins its session; the login is over. LoginExpired if nothing was chosen."""
        pending, now = self.pending.take(login_id, self.clock()), self.clock()
        if pending.chosen is None:
            raise LoginExpired
        plan = bend(self._plan(pending.request, pending.chosen, address), self.always_faults + fault_names, FAULTS)
        form = to_form(pending.request, self.writer.success(plan, pending.request.provider.encryption_certificate))
        session = self.logout.begin(plan, pending.request.provider, pending.chosen.person.summary, now)
        return Finished(form, session.session_index)

    def cancel(self, login_id: str, status: str) -> PostedForm:
        """Answers that nobody wants to sign in; the login is over."""
        asked = self.pending.take(login_id, self.clock()).request
        plan = ErrorPlan(
            issuer=self.settings.entity_id,
            destination=asked.acs_url,
            in_response_to=asked.request_id,
            issued_at=self.clock(),
            sub_status=status,
            message="Die Anmeldung wurde abgebrochen.",
        )
        return to_form(asked, self.writer.error(plan))

    def _plan(self, asked: Asked, login: Login, address: str) -> AnswerPlan:
        return replace(
            blank_plan(asked, self.settings.entity_id, self.clock()),
            address=address,
            name_id=persistent_name_id(login.account, asked.provider.entity_id, self.keys.salt),
            name_id_format=NAMEID_PERSISTENT,
            authn_context=AUTHN_CONTEXT,
            attributes={name.value: value for name, value in self.released(login).items()},
            attribute_name_format=NAMEFORMAT_BASIC,
            sealing=SEALING,
        )
