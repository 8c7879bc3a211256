"""What the simulated BundID inside the hub offers and answers: means, test citizens, and the note the broker reads."""

import datetime as dt
import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from deploy.demo.bundid.identity import Login, level_of, release
from deploy.demo.bundid.vocabulary import MEANS, Attribute, Means
from deploy.demo.hub.settings import HubSettings
from deploy.demo.hub.sign_ins import AuthenticationRequest
from deploy.demo.persons import Person
from deploy.demo.saml.answer import Value

OFFERED = (Means.EID, Means.ELSTER, Means.PASSWORD, Means.EIDAS)  # as realm-config asks BundID for


def means_for(minimum_level: int) -> list[Means]:
    """The means that can reach a level."""
    return [means for means in OFFERED if MEANS[means].ceiling >= minimum_level]


def logins_for(minimum_level: int, means: Means, persons: tuple[Person, ...]) -> list[Login]:
    """The test citizens who own the means and reach the level with it."""
    owned = (login for login in _logins(means, persons) if login.means.value in login.account.means)
    return [login for login in owned if level_of(login.account, means) >= minimum_level]


def _logins(means: Means, persons: tuple[Person, ...]) -> Iterator[Login]:
    return (Login(person, account, means) for person in persons for account in person.accounts_at("bundid"))


def released(login: Login, request: AuthenticationRequest, settings: HubSettings, now: dt.datetime) -> Mapping[Attribute, Value]:
    """What leaves for the broker: the asked attributes that this login has."""
    salt = hashlib.sha256(settings.client_secret.encode()).digest()  # stable for one demo, different for another
    values = release(login, settings.sp_entity_id, salt, now)
    return {name: value for name, value in values.items() if name.value in request.attributes and value.trust}


def upstream_note(values: Mapping[Attribute, Value], login: Login, settings: HubSettings, at: dt.datetime) -> dict[str, Any]:
    """The note our Keycloak provider writes: issuer, level, time, and each attribute with its trust word."""
    return {
        "issuer": f"{settings.base_url}/simulated-bundid",
        "authn_context": login.level.wire,
        "authn_instant": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "attributes": {name.value: {"t": str(value.trust), "v": [value.text]} for name, value in values.items()},
    }
