"""What a login tells about an organisation and the person who acts for it.

Assumed where nothing is published: one certificate, and so one NameID, per acting person; a sole trader acts for a business of
their own (`PersTyp` NatPers); code lists are given as the persons file has them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from deploy.demo.bundid.identity import BERLIN
from deploy.demo.muk.vocabulary import EKONA, SUBSTANTIAL, Attribute
from deploy.demo.persons import Account, Person
from deploy.demo.saml.answer import Structure, Value

ALIAS = "muk"
_PLAIN = {
    Attribute.KIND_OF_DATA: "dataKind",
    Attribute.KIND_OF_PERSON: "personKind",
    Attribute.ORGANISATION_KEY: "organisationId",
    Attribute.NAME: "organisation",
    Attribute.LEGAL_FORM: "legalFormCode",
    Attribute.LEGAL_FORM_TEXT: "legalForm",
    Attribute.REGISTER: "register",
    Attribute.REGISTER_COURT: "registerCourt",
    Attribute.REGISTER_NUMBER: "registerNumber",
    Attribute.ACTIVITY: "activityCode",
    Attribute.ACTIVITY_TEXT: "activity",
    Attribute.TEST_ACCOUNT: "testAccount",
}
_ADDRESS = {"Strasse": "street", "Hausnummer": "houseNumber", "PLZ": "postalCode", "Ort": "localityName", "Land": "country"}
_PERSON = {"Vorname": "givenName", "Nachname": "surname", "AkademischerGrad": "personalTitle"}


@dataclass(frozen=True, slots=True)
class Login:
    """Somebody who has shown the certificate of an organisation."""

    person: Person
    account: Account


def logins(persons: tuple[Person, ...]) -> list[Login]:
    """Everybody who has a certificate."""
    return [Login(person, account) for person in persons for account in person.accounts_at(ALIAS)]


def attributes_of(login: Login, now: dt.datetime) -> Mapping[Attribute, Value]:
    """The fixed set: every attribute the account has."""
    record = login.person.records[ALIAS].on(now.astimezone(BERLIN).date())
    known = {name: Value(record[source]) for name, source in _PLAIN.items() if source in record}
    for level in (Attribute.IDENTIFICATION, Attribute.AUTHENTICATION):
        known[level] = Value(SUBSTANTIAL)
    address = {"Typ": "Inland" if record.get("country") == "DE" else "Ausland", **_parts(record, _ADDRESS)}
    person = {**_parts(record, _PERSON), **({"Geburtsdatum": _german(record["birthdate"])} if "birthdate" in record else {})}
    known[Attribute.ADDRESS] = structured("AdresseType", address)
    known[Attribute.ACTING_PERSON] = structured("HandelndePersonType", person)
    return known


def structured(type_name: str, parts: Mapping[str, str]) -> Value:
    """A value made of elements of ELSTER's namespace; its text is for pages."""
    return Value(", ".join(parts.values()), structure=Structure(EKONA, type_name, dict(parts)))


def _parts(record: Mapping[str, str], names: Mapping[str, str]) -> dict[str, str]:
    return {name: record[source] for name, source in names.items() if record.get(source)}


def _german(date: str) -> str:
    """YYYY-MM-DD as DD.MM.YYYY."""
    return ".".join(reversed(date.split("-")))
