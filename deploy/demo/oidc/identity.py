"""What the account knows of a citizen: every claim it could release, by OpenID Connect's names."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from deploy.demo.bundid.identity import BERLIN, Login, level_of
from deploy.demo.bundid.vocabulary import Level, Means
from deploy.demo.oidc.vocabulary import AMR, SECOND_FACTOR, Shape
from deploy.demo.persons import Person

_NAMESPACE = uuid.UUID("0f9d6c1e-6e0c-4a52-8f0a-3b1f4f2f7c21")
_ADDRESS = {"postalAddress": "street_address", "postalCode": "postal_code", "localityName": "locality", "country": "country"}


def logins(persons: tuple[Person, ...], means: Means, minimum: int) -> list[Login]:
    """The test citizens with an account here who own the means and reach the level with it."""
    owned = (Login(person, account, means) for person in persons for account in person.accounts_at("oidc") if means.value in account.means)
    return [login for login in owned if level_of(login.account, means) >= minimum]


def subject_of(login: Login, client_id: str) -> str:
    """The pairwise `sub` (OpenID Connect Core 8.1): stable for account and client, of no meaning elsewhere."""
    return str(uuid.uuid5(_NAMESPACE, f"{login.account.uuid}:{client_id}"))


def amr_of(login: Login) -> list[str]:
    second = SECOND_FACTOR if login.means is Means.PASSWORD and login.account.mfa else ()
    return [*AMR[login.means], *second]


def known_claims(login: Login, shape: Shape, now: dt.datetime) -> dict[str, Any]:
    """All claims of this login; which of them leave is the request's business."""
    record = login.person.record_for(login.account, login.means.value).on(now.astimezone(BERLIN).date())
    claims: dict[str, Any] = {**_names(record, shape), "birthdate": record.get("birthdate"), "email": login.account.contact.get("mail")}
    # The account says so of an address that nobody but the citizen typed in: what it is worth, the relying party must know.
    claims["email_verified"] = True if claims["email"] else None
    address = {name: record[source] for source, name in _ADDRESS.items() if source in record}
    claims["address"] = address if address and shape.has_address else None
    claims["ags"] = login.person.ags if login.level is Level.HIGH else None
    return {name: value for name, value in claims.items() if value is not None}


def _names(record: dict[str, str], shape: Shape) -> dict[str, str | None]:
    given = record.get("givenName")
    first, _, further = (given or "").partition(" ")
    split = shape.splits_names and further
    return {"given_name": first if split else given, "middle_name": further if split else None, "family_name": record.get("surname")}
