"""From what a citizen ID says to a canonical claim: named pure functions, one per transform of the claim table.

Every one fails closed: a value that is missing, doubled or not exactly of the expected form makes no claim. Text keeps its letters as
they came, capital sharp s included, in NFC.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

from broker.core.claim import ClaimData
from broker.core.municipality import Municipalities, ags_of_community_id, is_ags
from broker.core.person import person_text
from broker.core.trust import TrustLevel
from broker.core.vouching import ORGANISATION, PERSON

GERMANY = ZoneInfo("Europe/Berlin")
_LONGEST_TEXT = 200
_PERSONS = frozenset({"citizen", "person", "naturalperson", "natural_person", "natural"})
_LONGEST_LIFE = 130
_BIRTH_DATES = (  # ISO 8601, and as German accounts write it
    re.compile(r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})"),
    re.compile(r"(?P<day>[0-9]{2})\.(?P<month>[0-9]{2})\.(?P<year>[0-9]{4})"),
)
_POSTAL_CODE = re.compile(r"[0-9]{5}")
_NOT_SAID = frozenset({"nicht zutreffend"})  # BundID says so where somebody registered without proof
_GERMAN_CARD = "ID"  # BundID FAQ: the identity card, which only Germans get
_UNION = frozenset(  # ICAO Doc 9303-3: Germany has one letter
    {"D", "AUT", "BEL", "BGR", "CYP", "CZE", "DNK", "ESP", "EST", "FIN", "FRA", "GRC", "HRV", "HUN", "IRL", "ITA", "LTU", "LUX", "LVA"}
    | {"MLT", "NLD", "POL", "PRT", "ROU", "SVK", "SVN", "SWE"}
)
_ELSEWHERE = re.compile(r"[A-WYZ][A-Z]{2}")  # codes with X are for people without, or with an unknown, nationality
_LOCAL_PART = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}")
_DOMAIN = re.compile(r"(?=.{4,253}$)(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}")


@dataclass(frozen=True, slots=True)
class Asserted:
    """What a transform gets: the values of the way's sources in order, the lowest trust among them, the time of the sign-in, and what
    the claim table says about ages and places."""

    values: tuple[str | None, ...]
    trust: TrustLevel
    at: datetime
    age_thresholds: tuple[int, ...]
    municipalities: Municipalities = field(default_factory=Municipalities)


Transform = Callable[[Asserted], ClaimData | None]


def german_day(at: datetime) -> date:
    """The calendar day in Germany at a moment."""
    return at.astimezone(GERMANY).date()


def text(asserted: Asserted) -> str | None:
    """The value without surrounding space, in NFC; None for anything with control characters or of absurd length."""
    return _clean(asserted.values[0])


def joined_name(asserted: Asserted) -> str | None:
    """Given and family name with one space; for a person with one name, that name."""
    names = [name for name in map(_clean, asserted.values[:2]) if name]
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
    """The municipality (AGS, 8 digits) that an eID card names by its community id (14 digits), as a list of one; its newest key."""
    key = ags_of_community_id(_clean(asserted.values[0]) or "")
    return None if key is None else [asserted.municipalities.current(key, german_day(asserted.at))]


def residence_evidence_from_community_id(asserted: Asserted) -> str | None:
    """`eid_ags` where the card's own key was vouched for, `self` where somebody merely typed it in."""
    return _evidence("eid_ags", asserted) if ags_from_community_id(asserted) else None


def ags_from_address(asserted: Asserted) -> list[str] | None:
    """The municipality (AGS) of a postal code and place name, as a list of one; None unless the list knows exactly one (citizen IDs 7)."""
    postal_code, place = map(_clean, asserted.values[:2])
    if postal_code is None or place is None or not _POSTAL_CODE.fullmatch(postal_code):
        return None
    key = asserted.municipalities.at(postal_code, place)
    return [key] if key else None


def residence_evidence_from_address(asserted: Asserted) -> str | None:
    """`address_match` where the address was vouched for, `self` where somebody merely typed it in."""
    return _evidence("address_match", asserted) if ags_from_address(asserted) else None


def ags(asserted: Asserted) -> list[str] | None:
    """The municipality (AGS, 8 digits) as an account names it, as a list of one; its newest key."""
    key = _clean(asserted.values[0]) or ""
    return [asserted.municipalities.current(key, german_day(asserted.at))] if is_ags(key) else None


def residence_evidence_unproven(asserted: Asserted) -> str | None:
    """`self` for a municipality that an account names without saying how it knows."""
    return "self" if ags(asserted) else None


def union_citizen(asserted: Asserted) -> bool | None:
    """Whether the nationality (ICAO code, `D`) is one of the European Union; None for a code that names no country."""
    nationality = (_clean(asserted.values[0]) or "").upper()
    if nationality in _UNION:
        return True
    return False if _ELSEWHERE.fullmatch(nationality) else None


def union_citizen_from_document(asserted: Asserted) -> bool | None:
    """True for a German identity card. Nothing else follows from a kind of document."""
    return True if _clean(asserted.values[0]) == _GERMAN_CARD else None


def person(asserted: Asserted) -> str | None:
    """Family name, given names and birth date, written the same by every citizen ID; None where one of the three is missing or odd."""
    family_name, given_name, born = map(_clean, asserted.values[:3])
    birth_date = _birth_date(born)
    return person_text(family_name, given_name, birth_date) if family_name and given_name and birth_date else None


def subject_type(asserted: Asserted) -> str | None:
    """`person` or `organisation`, by the kind of principal and an organisation's name. An unknown kind is no person: it must not vote."""
    kind, organisation = map(_clean, asserted.values[:2])
    if kind is None and organisation is None:
        return None
    return PERSON if organisation is None and (kind or "").casefold() in _PERSONS else ORGANISATION


TRANSFORMS: Mapping[str, Transform] = MappingProxyType(
    {
        transform.__name__: transform
        for transform in (
            *(text, joined_name, email, ages_reached, person, subject_type),
            *(ags_from_community_id, residence_evidence_from_community_id, ags_from_address, residence_evidence_from_address),
            *(ags, residence_evidence_unproven, union_citizen, union_citizen_from_document),
        )
    }
)
"""Every transform by the name the claim table uses."""

TAKES: Mapping[str, int] = MappingProxyType(
    {one.__name__: 2 for one in (joined_name, subject_type, ags_from_address, residence_evidence_from_address)} | {person.__name__: 3}
)
"""How many sources a transform needs, where it is more than one."""


def _evidence(proof: str, asserted: Asserted) -> str:
    return proof if asserted.trust >= TrustLevel.SUBSTANTIAL else "self"


def _clean(value: str | None) -> str | None:
    if value is None:
        return None
    cleaned = unicodedata.normalize("NFC", value).strip()
    if len(cleaned) > _LONGEST_TEXT or any(unicodedata.category(sign).startswith("C") for sign in cleaned):
        return None
    return None if cleaned.casefold() in _NOT_SAID else cleaned or None


def _birth_date(value: str | None) -> date | None:
    match = next(filter(None, (form.fullmatch(value or "") for form in _BIRTH_DATES)), None)
    if match is None:
        return None
    try:
        return date(*(int(match[part]) for part in ("year", "month", "day")))
    except ValueError:  # a partial date: 1964-00-00 and the like
        return None
