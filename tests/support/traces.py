"""Traces of a citizen: all a citizen ID knows of a person, in every spelling that a store or a log could have, and the search for it."""

from __future__ import annotations

import base64
import datetime as dt
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from urllib.parse import quote

from deploy.demo.persons import find_account, load_persons

SEARCHED = (
    *("givenName", "surname", "birthName", "birthdate", "placeOfBirth", "postalAddress", "localityName", "communityId"),
    *("organisation", "organisationId", "organizationName", "street"),
)
"""Left out: what many people share and what stands in any log by chance (country, kind of document, five digits of a postal code)."""
_BASE64_FROM = 9  # shorter ones would be found in any key or random id
_WORD_BELOW = 7  # short names count as words only: `paul` is also four letters of some base64


@dataclass(frozen=True)
class Traces:
    """What to look for: label and the values of one test citizen."""

    values: dict[str, str]
    _spellings: dict[str, tuple[bytes, ...]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        spellings = {label: tuple(sorted({one.lower() for one in _spellings(value)})) for label, value in self.values.items()}
        object.__setattr__(self, "_spellings", spellings)

    def found_in(self, content: bytes) -> list[str]:
        """The labels of what stands in some content, in whatever spelling; never the values, which would then stand in our own log."""
        lowered = content.lower()
        return [label for label, spellings in self._spellings.items() if any(_stands_in(lowered, spelling) for spelling in spellings)]


def traces_of(account_key: str, key: str, alias: str = "bundid") -> Traces:
    """Everything searched for about the owner of an account; `key` is what the citizen ID calls them towards a service provider."""
    person, account = find_account(load_persons(), account_key, alias)
    values = {f"{account_key}: {name}": value for name, value in account.contact.items()}
    values |= {f"{account_key}: key": key, f"{account_key}: account": account.uuid}
    today = dt.datetime.now(dt.UTC).date()
    for record in person.records.values():
        known = {name: value for name, value in record.on(today).items() if name in SEARCHED}
        values |= {f"{account_key}: {name} ({record.source})": value for name, value in known.items()}
    return Traces(values)


def _stands_in(lowered: bytes, spelling: bytes) -> bool:
    if spelling not in lowered:
        return False
    return len(spelling) >= _WORD_BELOW or bool(re.search(rb"(?<![\w+/-])" + re.escape(spelling) + rb"(?![\w+/-])", lowered))


def _spellings(value: str) -> Iterator[bytes]:
    for text in {form for one in (value, *_dates(value)) for form in _letters(one)}:
        utf8 = text.encode()
        yield from (utf8, text.encode("utf-16-le"), utf8.hex().encode(), escape(text).encode())
        yield from (json.dumps(text)[1:-1].encode(), quote(text).encode(), quote(text, safe="").replace("%20", "+").encode())
        if not text.isascii():
            yield text.encode("latin-1", "replace")
        if len(utf8) >= _BASE64_FROM:
            yield from _base64(utf8)


def _letters(text: str) -> set[str]:
    """In all cases, and with the two ways around a sharp s."""
    cases = {text, text.upper(), text.lower(), text.title()}
    sharp = str.maketrans({"ẞ": "SS", "ß": "ss"})
    return cases | {one.replace("ẞ", "ß") for one in cases} | {one.translate(sharp) for one in cases}


def _dates(text: str) -> tuple[str, ...]:
    """A birth date as Germans write it; nothing for other values."""
    try:
        date = dt.date.fromisoformat(text) if text.count("-") == 2 else None
    except ValueError:
        date = None
    return (f"{date:%d.%m.%Y}", f"{date.day}.{date.month}.{date.year}") if date else ()


def _base64(utf8: bytes) -> Iterator[bytes]:
    """What is the same wherever the value begins inside a longer encoded text; both alphabets."""
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + utf8)
        core = encoded[(0, 2, 3)[before] :].rstrip(b"=")[:-1]
        yield from (core, core.translate(bytes.maketrans(b"+/", b"-_")))
