"""Reads the test citizens of ``persons.yaml``: invented people, the accounts they own and what each source knows of them.

Shared by all citizen-ID simulators; it knows no protocol.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).with_name("persons.yaml")
SOURCES = ("eid", "elster", "authega", "eidas", "fink", "self", "osi", "muk")
ELSEWHERE = ("bayernid", "sh", "muk", "oidc")
STORED_SOURCES = ("self", "eid", "elster", "authega", "eidas", "fink")


@dataclass(frozen=True, slots=True)
class RelativeBirthdate:
    """A birth date that depends on the day it is looked at, so that "turns 16 tomorrow" stays true."""

    turns: int
    in_days: int = 0
    leap_day: bool = False

    def on(self, today: dt.date) -> dt.date:
        return self._leap_day(today) if self.leap_day else self._birthday(today)

    def _birthday(self, today: dt.date) -> dt.date:
        birthday = today + dt.timedelta(days=self.in_days)
        try:
            return birthday.replace(year=birthday.year - self.turns)
        except ValueError:  # 29 February, and the year of birth has none
            return dt.date(birthday.year - self.turns, 3, 1)

    def _leap_day(self, today: dt.date) -> dt.date:
        year = today.year - self.turns
        while True:
            if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) and dt.date(year, 2, 29) <= self._years_back(today):
                return dt.date(year, 2, 29)
            year -= 1

    def _years_back(self, today: dt.date) -> dt.date:
        return RelativeBirthdate(self.turns).on(today)


@dataclass(frozen=True, slots=True)
class Record:
    """What one source knows of a person, by BundID's attribute names."""

    source: str
    values: Mapping[str, str | RelativeBirthdate]

    def on(self, today: dt.date) -> dict[str, str]:
        """The values as of ``today``; dates as YYYY-MM-DD."""
        return {name: value.on(today).isoformat() if isinstance(value, RelativeBirthdate) else value for name, value in self.values.items()}


@dataclass(frozen=True, slots=True)
class Account:
    """An account at a citizen ID; one person may own several, there and elsewhere."""

    key: str
    uuid: str
    means: tuple[str, ...]
    contact: Mapping[str, str]
    levels: Mapping[str, int] = field(default_factory=dict)
    mfa: bool = False
    bpk2_prefix: str = ""
    summary: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """A test citizen (or organisation); ``instead`` says how somebody without an account takes part.

    ``accounts`` are those at BundID, ``elsewhere`` those at other citizen IDs, by alias.
    """

    key: str
    summary: str
    ags: str | None
    records: Mapping[str, Record]
    accounts: tuple[Account, ...]
    instead: str | None = None
    elsewhere: Mapping[str, tuple[Account, ...]] = field(default_factory=dict)

    def accounts_at(self, alias: str) -> tuple[Account, ...]:
        """The person's accounts at one citizen ID."""
        return self.accounts if alias == "bundid" else self.elsewhere.get(alias, ())

    def record_for(self, account: Account, means: str) -> Record:
        """What a login at ``account`` by ``means`` can show; by password: what was typed in or a stronger login stored."""
        if means in self.records:
            return self.records[means]
        stored = [source for source in STORED_SOURCES if source == "self" or source in account.means]
        return next(self.records[source] for source in stored if source in self.records)


@cache
def load_persons(file: Path = FILE) -> tuple[Person, ...]:
    """All test persons in the order of the file; ValueError names what does not belong there."""
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    return tuple(_person(key, entry) for key, entry in content["persons"].items())


def find_account(persons: tuple[Person, ...], account_key: str, alias: str = "bundid") -> tuple[Person, Account]:
    """The account at one citizen ID and its owner; KeyError if there is none."""
    for person in persons:
        for account in person.accounts_at(alias):
            if account.key == account_key:
                return person, account
    raise KeyError(account_key)


def _person(key: str, entry: dict[str, Any]) -> Person:
    _only_known(key, entry, {"summary", "ags", "records", "accounts", "instead", *ELSEWHERE})
    _only_known(key, entry["records"], set(SOURCES))
    return Person(
        key=key,
        summary=entry["summary"],
        ags=entry["ags"],
        records={source: _record(key, source, values) for source, values in entry["records"].items()},
        accounts=tuple(_account(key, account) for account in entry["accounts"]),
        instead=entry.get("instead"),
        elsewhere={alias: tuple(_account(key, account) for account in entry[alias]) for alias in ELSEWHERE if alias in entry},
    )


def _record(key: str, source: str, values: dict[str, Any]) -> Record:
    read = {name: _value(value) for name, value in values.items()}
    for name, value in read.items():
        if not isinstance(value, str | RelativeBirthdate):
            raise ValueError(f"persons.yaml: {key}: {source}: {name} must be text (quote numbers and dates)")
    return Record(source, read)


def _value(value: Any) -> Any:
    if isinstance(value, dict) and "leap_day" in value:
        return RelativeBirthdate(turns=value["leap_day"], leap_day=True)
    return RelativeBirthdate(**value) if isinstance(value, dict) else value


def _account(key: str, entry: dict[str, Any]) -> Account:
    _only_known(key, entry, {"key", "uuid", "means", "contact", "levels", "mfa", "bpk2_prefix", "summary"})
    return Account(**{**entry, "means": tuple(entry["means"])})


def _only_known(key: str, entry: dict[str, Any], known: set[str]) -> None:
    unknown = sorted(set(entry) - known)
    if unknown:
        raise ValueError(f"persons.yaml: {key}: unknown {', '.join(unknown)}")
