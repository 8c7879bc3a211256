"""What a login tells about a citizen: every attribute the account could release, each with its trust (SB 6.2.9)."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from deploy.demo.bundid.vocabulary import BY_FRIENDLY_NAME, MEANS, TRUST_OF_LEVEL, Attribute, Level, Means, Trust
from deploy.demo.persons import Account, Person, Record
from deploy.demo.saml.answer import Value

BERLIN = ZoneInfo("Europe/Berlin")
VERSION = "2025.2.1"
ACCOUNT_NAMESPACE = uuid.UUID("5b5b2c9e-5a6d-4c7e-9d0b-1f1a6e0f7a10")
SOURCE_LEVEL = {"self": Level.BASIC, "elster": Level.SUBSTANTIAL, "authega": Level.SUBSTANTIAL, "eid": Level.HIGH}


@dataclass(frozen=True, slots=True)
class Login:
    """A citizen who has identified themselves at an account."""

    person: Person
    account: Account
    means: Means

    @property
    def level(self) -> Level:
        return level_of(self.account, self.means)


def level_of(account: Account, means: Means) -> Level:
    """The level a login by ``means`` at ``account`` reaches."""
    return Level(account.levels.get(means.value, MEANS[means].ceiling))


def bpk2(account: Account, entity_id: str, salt: bytes) -> str:
    """The citizen's pseudonym at one service provider: it depends on the account and the host of the entityID (SB 6.2.2)."""
    return account.bpk2_prefix + _pseudonym("bpk2", account, entity_id, salt)


def _pseudonym(kind: str, account: Account, entity_id: str, salt: bytes) -> str:
    host = urlsplit(entity_id).hostname or entity_id
    digest = hashlib.sha256(b"\0".join((kind.encode(), account.uuid.encode(), host.encode(), salt))).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def release(login: Login, entity_id: str, salt: bytes, now: dt.datetime) -> Mapping[Attribute, Value]:
    """All attributes of this login for the service provider ``entity_id``; which of them leave is the request's business."""
    values = _record_values(login, now)
    if login.means is not Means.GUEST:
        values |= _account_values(login, entity_id, salt, now)
    return values | _login_values(login)


def _record_values(login: Login, now: dt.datetime) -> dict[Attribute, Value]:
    """Data of the source the citizen was identified with carry the trust of that source, not of this login."""
    record = _record(login)
    trust = TRUST_OF_LEVEL[SOURCE_LEVEL.get(record.source, login.level)]
    today = now.astimezone(BERLIN).date()
    return {BY_FRIENDLY_NAME[name]: Value(text, trust) for name, text in record.on(today).items()}


def _record(login: Login) -> Record:
    source = login.means.value
    if login.means is Means.GUEST:
        source = "eid" if "eid" in login.account.means else "eidas"
    return login.person.record_for(login.account, source)


def _account_values(login: Login, entity_id: str, salt: bytes, now: dt.datetime) -> dict[Attribute, Value]:
    """What belongs to the account rather than to the means: NORMAL even in an eID login, never more than the login's own."""
    trust = Trust.UNTERGEORDNET if login.level is Level.BASIC else Trust.NORMAL
    pseudonym = bpk2(login.account, entity_id, salt)
    values = {BY_FRIENDLY_NAME[name]: Value(text, trust) for name, text in login.account.contact.items()}
    values[Attribute.BPK2] = Value(pseudonym, trust)
    values[Attribute.BPK] = Value(_old_bpk(pseudonym, entity_id, now), trust)
    values[Attribute.GENDER] = Value("0", Trust.UNTERGEORDNET)
    if login.means is not Means.FINK:  # accounts of another Land have no mailbox here
        values[Attribute.LEGACY_POSTKORB_HANDLE] = Value(_handle("mailbox", login.account), trust)
        values[Attribute.APPLICATION_ID] = Value(_handle("application", login.account), trust)
    if login.means is Means.EID:
        values[Attribute.PSEUDONYM] = Value(_pseudonym("card", login.account, entity_id, salt), Trust.HOCH)
    return values


def _login_values(login: Login) -> dict[Attribute, Value]:
    """Statements about the login itself; they carry the login's trust."""
    trust = TRUST_OF_LEVEL[login.level]
    proved_by = "eIDAS" if _record(login).source == "eidas" else MEANS[login.means].proved_by
    values = {
        Attribute.QAA_LEVEL: Value(login.level.wire, trust),
        Attribute.ASSERTION_PROVED_BY: Value(proved_by, trust),
        Attribute.VERSION: Value(VERSION, trust),
    }
    if login.means is Means.PASSWORD:  # the optional second factor exists for password logins only
        values[Attribute.MFA] = Value("true" if login.account.mfa else "false", trust)
    return values


def _old_bpk(pseudonym: str, entity_id: str, now: dt.datetime) -> str:
    """The deprecated bPK: base64 of version::issuer@sector::pseudonym::local time."""
    time = now.astimezone(BERLIN).strftime("%Y-%m-%dT%H:%M:%S")
    return base64.b64encode(f"1::bundid@{entity_id}::{pseudonym}::{time}".encode()).decode()


def _handle(kind: str, account: Account) -> str:
    return str(uuid.uuid5(ACCOUNT_NAMESPACE, f"{kind}:{account.uuid}"))
