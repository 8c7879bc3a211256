"""What a login tells about a citizen or an organisation: always the whole set, whatever was asked for."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from deploy.demo.bundid.identity import ACCOUNT_NAMESPACE, BERLIN
from deploy.demo.osi.vocabulary import LEGAL_ENTITY, LEVEL_OF, NATURAL_PERSON, PROFILE_OF, STRUCTURES, Attribute, Level, Means
from deploy.demo.persons import Account, Person
from deploy.demo.saml.answer import Structure, Tree, Value

ALIAS = "sh"
_PLAIN = {
    Attribute.FAMILY_NAMES: "surname",
    Attribute.GIVEN_NAMES: "givenName",
    Attribute.BIRTH_NAME: "birthName",
    Attribute.DATE_OF_BIRTH: "birthdate",
    Attribute.ACADEMIC_TITLE: "personalTitle",
}
_CONTACT = {Attribute.EMAIL_ADDRESS: "mail", Attribute.TELEPHONE: "telephoneNumber"}
_ADDRESS = {"StreetAddress": "postalAddress", "ZipCode": "postalCode", "City": "localityName", "Country": "country"}


@dataclass(frozen=True, slots=True)
class Login:
    """Somebody who has signed in at an account."""

    person: Person
    account: Account
    means: Means

    @property
    def level(self) -> Level:
        return LEVEL_OF[self.means]


def attributes_of(login: Login, now: dt.datetime) -> Mapping[Attribute, Value]:
    """Every attribute the account has; what was checked for a Servicekonto Plus is shown at a sign-in by password, too."""
    record = _record(login, now)
    texts = {name: record.get(source) for name, source in _PLAIN.items()}
    texts |= {name: login.account.contact.get(source) for name, source in _CONTACT.items()}
    texts |= {
        Attribute.TITLE: "Keine Angabe",
        Attribute.LANGUAGE: "de",
        Attribute.INBOX_REFERENCE: str(uuid.uuid5(ACCOUNT_NAMESPACE, f"inbox:{login.account.uuid}")),
        Attribute.ASSURANCE_LEVEL: login.level.wire,
        Attribute.PRINCIPAL_TYPE: LEGAL_ENTITY if "organizationName" in record else NATURAL_PERSON,
        Attribute.CITIZEN_PROFILE_TYPE: PROFILE_OF[login.means],
    }
    return {name: Value(text) for name, text in texts.items() if text} | _structures(record, login.account)


def structured(type_name: str, parts: Tree) -> Value:
    """A value made of elements; its text is for pages."""
    return Value(", ".join(part for part in parts.values() if isinstance(part, str)), structure=Structure(STRUCTURES, type_name, parts))


def _record(login: Login, now: dt.datetime) -> Mapping[str, str]:
    record = login.person.records.get("osi") or login.person.records["self"]
    return record.on(now.astimezone(BERLIN).date())


def _structures(record: Mapping[str, str], account: Account) -> dict[Attribute, Value]:
    address = {name: record[source] for name, source in _ADDRESS.items() if source in record}
    if "organizationName" in record:
        entity: Tree = {"OrganizationName": record["organizationName"], "Address": address, "EmailAddress": account.contact.get("mail", "")}
        return {Attribute.LEGAL_ENTITY: structured("LegalEntityType", entity)}
    found = {Attribute.PLACE_OF_RESIDENCE: structured("PlaceOfResidenceType", address)} if address else {}
    if "placeOfBirth" in record:
        found[Attribute.PLACE_OF_BIRTH] = structured("PlaceOfBirthType", {"Freetext": record["placeOfBirth"]})
    return found
