"""German municipalities: their official keys (AGS), what became of them, and where an address lies.

A key out of an identity card is exact. An address is only taken for a municipality that a list names with its postal codes, for a
postal code is shared by neighbours and a name by places far apart (citizen IDs 7): whatever is not exactly one of them is none.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

# TR-03127 DG18 as eID cards carry it: 0276 for Germany, then Land, district and municipality with zeros between.
_COMMUNITY_ID = re.compile(r"0276(0[1-9]|1[0-6])0([0-9])([0-9]{2})0([0-9]{3})")
_AGS = re.compile(r"(?:0[1-9]|1[0-6])[0-9]{6}")
_BRACKETS = re.compile(r"\([^)]*\)")
_AT_THE_RIVER = re.compile(r"\ba\. ?d\. .*")
_WORD = re.compile(r"[^\W\d_]+")
_SPELT_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})
_STYLES = frozenset({"stadt", "hansestadt", "landeshauptstadt", "universitaetsstadt"})


@dataclass(frozen=True, slots=True)
class Municipality:
    """One municipality of the list: its name, other ways to write it, and every postal code that is surely one of its own."""

    name: str
    postal_codes: tuple[str, ...]
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class KeyChange:
    """An AGS that went into another one. `since` is the first day (ISO 8601) on which the old one was none any more."""

    old: str
    new: str
    since: str


@dataclass(frozen=True, slots=True)
class Municipalities:
    """The list of `realm-config/municipalities.yaml`, by AGS, and the changes of keys."""

    places: Mapping[str, Municipality] = field(default_factory=dict)
    changes: tuple[KeyChange, ...] = ()

    def current(self, ags: str, day: date) -> str:
        """The key that stands for a municipality on a day; cards keep an old one until they are renewed."""
        for _ in self.changes:  # a key may change more than once, but never in a circle longer than the list
            change = next((one for one in self.changes if one.old == ags and one.since <= day.isoformat()), None)
            if change is None:
                break
            ags = change.new
        return ags

    def at(self, postal_code: str, place: str) -> str | None:
        """The AGS of an address; None unless exactly one municipality of the list has this postal code and this name."""
        wanted = normalised_place(place)
        found = [ags for ags, one in self.places.items() if postal_code in one.postal_codes and wanted in _names(one)]
        return found[0] if wanted and len(found) == 1 else None


def ags_of_community_id(community_id: str) -> str | None:
    """The AGS (8 digits) in an eID card's community id (14 digits); None for anything else, foreign ones included."""
    match = _COMMUNITY_ID.fullmatch(community_id)
    return "".join(match.groups()) if match else None


def is_ags(key: str) -> bool:
    """Whether this has the form of a German municipality's key."""
    return bool(_AGS.fullmatch(key))


def normalised_place(name: str) -> str:
    """A place's name as it is compared: small letters, `ß` as `ss`, umlauts spelt out, without titles, rivers and what is in brackets."""
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFKC", name).casefold())
    bare = _AT_THE_RIVER.sub("", _BRACKETS.sub(" ", folded)).translate(_SPELT_OUT)
    return " ".join(word for word in _WORD.findall(bare) if word not in _STYLES)


def _names(municipality: Municipality) -> set[str]:
    return {normalised_place(name) for name in (municipality.name, *municipality.also)}
