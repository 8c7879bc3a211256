"""The simulator without its web pages: accept a request, offer logins, answer."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from deploy.demo.bundid.answer import missing_required, plan_answer
from deploy.demo.bundid.authn_request import AuthnRequest, Door
from deploy.demo.bundid.faults import FAULTS
from deploy.demo.bundid.identity import Login, release
from deploy.demo.bundid.offer import Offer
from deploy.demo.bundid.product import VARIANTS, CitizenId, Variant
from deploy.demo.bundid.vocabulary import Attribute, Means
from deploy.demo.persons import Person
from deploy.demo.saml.answer import ErrorPlan, Value
from deploy.demo.saml.faults import bend
from deploy.demo.saml.journey import Finished
from deploy.demo.saml.keys import Keys
from deploy.demo.saml.logins import PendingLogin, PendingLogins
from deploy.demo.saml.metadata import build_metadata
from deploy.demo.saml.receiving import Receiver
from deploy.demo.saml.response import PostedForm, ResponseWriter, to_form
from deploy.demo.saml.sp_metadata import ServiceProviders

SSO_PATH = "/idp/profile/SAML2/POST/SSO"
Pending = PendingLogin[AuthnRequest, Login]


class CancelStatus(StrEnum):
    """The two spellings of a cancelled login that are reported of BundID; relying parties must accept both."""

    AUTHN_FAILED = "AuthnFailed"
    REQUEST_DENIED = "RequestDenied"


@dataclass(frozen=True, slots=True)
class Settings:
    """What one simulator is: its name and address, whom it serves, and how it deviates on purpose."""

    entity_id: str
    base_url: str
    sp_metadata: tuple[str, ...] = ()
    cancel_status: CancelStatus = CancelStatus.AUTHN_FAILED
    show_faults: bool = False
    any_level: bool = False
    has_berca: bool = True
    publish_next_key: bool = False
    citizen_id: CitizenId = CitizenId.BUNDID

    @property
    def sso_url(self) -> str:
        return self.base_url + SSO_PATH


@dataclass
class Simulator:
    """One BundID or BayernID. ``clock`` returns aware UTC; ``always_faults`` bend every answer."""

    settings: Settings
    keys: Keys
    persons: tuple[Person, ...]
    clock: Callable[[], dt.datetime]
    always_faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        providers = ServiceProviders(self.settings.sp_metadata)
        self.door = Door(Receiver("AuthnRequest", self.settings.sso_url, providers), self.variant, self.settings.has_berca)
        self.pending: PendingLogins[AuthnRequest, Login] = PendingLogins()
        self.writer = ResponseWriter(self.keys)

    @property
    def variant(self) -> Variant:
        return VARIANTS[self.settings.citizen_id]

    def metadata(self) -> bytes:
        pairs = [self.keys.signing] + ([self.keys.next_signing] if self.settings.publish_next_key else [])
        return build_metadata(self.settings.entity_id, self.settings.sso_url, pairs)

    def begin(self, saml_request: str, relay_state: str) -> str:
        """Accepts a posted AuthnRequest and returns the id of the login; RequestRefused or MetadataUnavailable otherwise."""
        now = self.clock()
        return self.pending.add(self.door.accept(saml_request, relay_state, now), now)

    def login(self, login_id: str) -> Pending:
        return self.pending.get(login_id, self.clock())

    @property
    def show_faults(self) -> bool:
        return self.settings.show_faults

    @property
    def faults(self) -> list[str]:
        return list(FAULTS)

    @property
    def cancel_words(self) -> list[str]:
        """Both spellings that are reported of BundID, the set one first."""
        return sorted((status.value for status in CancelStatus), key=lambda word: word != self.settings.cancel_status)

    @property
    def known_means(self) -> list[str]:
        return [means.value for means in Means]

    def means(self, request: AuthnRequest) -> list[str]:
        """The means that reach the asked level, as they are called in addresses."""
        return [means.value for means in self.offer(request).means()]

    def choices(self, request: AuthnRequest, means: str) -> list[Login]:
        """The test citizens for a means; nobody for one that is not offered."""
        return self.offer(request).logins(Means(means)) if means in set(Means) else []

    def review(self, request: AuthnRequest, login: Login) -> Mapping[str, object]:
        """What will be sent, and which required attributes will be missed."""
        released = self.released(request, login)
        missing = {attribute.name for attribute in missing_required(request, released)}
        return {"released": {attribute.value: value for attribute, value in released.items()}, "missing": missing}

    def offer(self, request: AuthnRequest) -> Offer:
        return Offer(request, self.persons, self.settings.citizen_id, self.settings.any_level)

    def released(self, request: AuthnRequest, login: Login) -> Mapping[Attribute, Value]:
        """All that this citizen ID knows for the login and service, asked for or not."""
        known = release(login, request.provider.entity_id, self.keys.salt, self.clock())
        return {name: value for name, value in known.items() if name in self.variant.attributes}

    def finish(self, login_id: str, address: str, fault_names: list[str]) -> Finished:
        """Answers with the chosen citizen, or with an error if a required attribute is missing; the login is over."""
        pending = self.pending.take(login_id, self.clock())
        request, login = pending.request, pending.chosen
        if login is None:
            return Finished(self._error(request, self.settings.cancel_status, "No citizen was chosen."))
        released = self.released(request, login)
        if missing := missing_required(request, released):
            return Finished(self._missing(request, missing[0].name))
        plan = plan_answer(request, login, released, self.clock(), self.settings.entity_id)
        plan = bend(replace(plan, address=address), self.always_faults + fault_names, FAULTS)
        return Finished(to_form(request, self.writer.success(plan, request.provider.encryption_certificate)))

    def cancel(self, login_id: str, status: str) -> PostedForm:
        """Answers that the citizen does not want to; the login is over."""
        pending = self.pending.take(login_id, self.clock())
        message = "Authentication was canceled by the user."
        return self._error(pending.request, CancelStatus(status), message)

    def _missing(self, request: AuthnRequest, name: str) -> PostedForm:
        message = f"Attribute {name} is required but not available in Nutzerkonto."
        error = {"code": "IDP_REQUIRED_ATTRIBUTES_MISSING", "message": message}
        detail = json.dumps({"version": "1.0", "errors": [error]}) if request.extension.status_detail else None
        return self._error(request, CancelStatus.REQUEST_DENIED, message, detail)

    def _error(self, request: AuthnRequest, status: CancelStatus, message: str, detail: str | None = None) -> PostedForm:
        plan = ErrorPlan(
            issuer=self.settings.entity_id,
            destination=request.acs_url,
            in_response_to=request.request_id,
            issued_at=self.clock(),
            sub_status=status,
            message=message,
            detail=detail,
        )
        return to_form(request, self.writer.error(plan))
