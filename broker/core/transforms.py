"""From what a citizen ID says to a canonical claim: named pure functions, one per transform of the claim table.

Every one fails closed: a value that is missing, doubled or not exactly of the expected form makes no claim. Text keeps its letters as
they came, capital sharp s included, in NFC.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

from broker.core.claim import ClaimData
from broker.core.trust import TrustLevel
from broker.core.vouching import ORGANISATION, PERSON

GERMANY = ZoneInfo("Europe/Berlin")
_LONGEST_TEXT = 200
_PERSONS = frozenset({"citizen", "person", "naturalperson", "natural_person", "natural"})
_LONGEST_LIFE = 130
_BIRTH_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_COMMUNITY_ID = re.compile(r"0276([0-9]{2})0([0-9])([0-9]{2})0([0-9]{3})")  # TR-03127 DG18 as eID cards carry it
_LOCAL_PART = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}")
_DOMAIN = re.compile(r"(?=.{4,253}$)(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}")


@dataclass(frozen=True, slots=True)
class Asserted:
    """What a transform gets: the values of the mapping's sources in order, the lowest trust among them, the time of the sign-in."""

    values: tuple[str | None, ...]
    trust: TrustLevel
    at: datetime
    age_thresholds: tuple[int, ...]


Transform = Callable[[Asserted], ClaimData | None]


def german_day(at: datetime) -> date:
    """The calendar day in Germany at a moment."""
    return at.astimezone(GERMANY).date()


def text(asserted: Asserted) -> str | None:
    """The value without surrounding space, in NFC; None for anything with control characters or of absurd length."""
    return _clean(asserted.values[0])


def joined_name(asserted: Asserted) -> str | None:
    """Given and family name with one space; for a person with one name, that name."""
    names = [name for name in map(_clean, asserted.values) if name]
    return " ".join(names) or None


def email(asserted: Asserted) -> str | None:
    """A plain address `local@domain` in ASCII, domain in lower case; quoted and internationalised forms make no claim (AL-03)."""
    address = _clean(asserted.values[0]) or ""
    local, at, domain = address.partition("@")
    if not at or not _LOCAL_PART.fullmatch(local) or not _DOMAIN.fullmatch(domain):
        return None
    return f"{local}@{domain.lower()}"


def ages_reached(asserted: Asserted) -> list[int] | None:
    """The thresholds of the table that the person has reached by the calendar day in Germany; None for a partial or odd birth date.

    A year of life is completed at the end of the day before the birthday (§ 187(2) sentence 2, § 188(2) BGB), so an age counts from
    the first moment of the birthday. Whoever was born on 29 February completes it, in a common year, with the end of 28 February: the
    age counts from 1 March.
    """
    born = _birth_date(_clean(asserted.values[0]))
    if born is None:
        return None
    today = german_day(asserted.at)
    age = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    if not 0 <= age <= _LONGEST_LIFE:
        return None
    return [threshold for threshold in asserted.age_thresholds if threshold <= age]


def ags_from_community_id(asserted: Asserted) -> list[str] | None:
    """The official municipality key (AGS, 8 digits) out of an eID card's community id (14 digits), as a list of one."""
    match = _COMMUNITY_ID.fullmatch(_clean(asserted.values[0]) or "")
    return ["".join(match.groups())] if match else None


def residence_evidence_from_community_id(asserted: Asserted) -> str | None:
    """`eid_ags` where the card's own key was vouched for, `self` where somebody merely typed it in."""
    if ags_from_community_id(asserted) is None:
        return None
    return "eid_ags" if asserted.trust >= TrustLevel.SUBSTANTIAL else "self"


def subject_type(asserted: Asserted) -> str | None:
    """`person` or `organisation`, by the kind of principal and an organisation's name. An unknown kind is no person: it must not vote."""
    kind, organisation = map(_clean, asserted.values)
    if kind is None and organisation is None:
        return None
    return PERSON if organisation is None and (kind or "").casefold() in _PERSONS else ORGANISATION


TRANSFORMS: Mapping[str, Transform] = MappingProxyType(
    {
        transform.__name__: transform
        for transform in (text, email, joined_name, ags_from_community_id, ages_reached, residence_evidence_from_community_id, subject_type)
    }
)
"""Every transform by the name the claim table uses."""


def _clean(value: str | None) -> str | None:
    if value is None:
        return None
    cleaned = unicodedata.normalize("NFC", value).strip()
    if len(cleaned) > _LONGEST_TEXT or any(unicodedata.category(sign).startswith("C") for sign in cleaned):
        return None
    return cleaned or None


def _birth_date(value: str | None) -> date | None:
    match = _BIRTH_DATE.fullmatch(value or "")
    if match is None:
        return None
    try:
        return date(*map(int, match.groups()))
    except ValueError:  # a partial date: 1964-00-00 and the like
        return None
