"""Reads `realm-config/municipalities.yaml`: which addresses lie in which municipality, and which keys went into another one."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

from broker.core.municipality import KeyChange, Municipalities, Municipality, is_ags
from broker.yaml_document import Section, read_yaml

_POSTAL_CODE = re.compile(r"[0-9]{5}")


def read_municipalities(path: Path) -> Municipalities:
    """The list of a file. Raises ConfigurationError with file and line."""
    top = read_yaml(path).top.only("municipalities", "changes")
    places = {}
    for ags, entry in top.section("municipalities").named_sections():
        if not is_ags(ags):
            raise entry.document.wrong(entry.at, f"{ags!r} is no municipality key (AGS): eight digits, in quotes")
        places[ags] = _municipality(entry)
    return Municipalities(places, tuple(map(_change, top.sections("changes"))) if top.has("changes") else ())


def _municipality(entry: Section) -> Municipality:
    entry.only("name", "also", "postal_codes")
    codes = tuple(entry.items("postal_codes", str))
    if odd := [code for code in codes if not _POSTAL_CODE.fullmatch(code)]:
        raise entry.wrong("postal_codes", f"{odd[0]!r} is no postal code: five digits, in quotes")
    return Municipality(entry.text("name"), codes, tuple(entry.items("also", str)) if entry.has("also") else ())


def _change(entry: Section) -> KeyChange:
    entry.only("old", "new", "since")
    for key in ("old", "new"):
        if not is_ags(entry.text(key)):
            raise entry.wrong(key, f"{entry.text(key)!r} is no municipality key (AGS): eight digits, in quotes")
    try:
        since = date.fromisoformat(entry.text("since")).isoformat()
    except ValueError:
        raise entry.wrong("since", "'since' must be a day such as \"2008-03-01\", in quotes") from None
    return KeyChange(entry.text("old"), entry.text("new"), since)
