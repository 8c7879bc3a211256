"""Who a person is by name and birth date, written so that the same person comes out the same whichever citizen ID tells it."""

from __future__ import annotations

import unicodedata
from datetime import date

_DOT_ABOVE = "\u0307"


def person_text(family_name: str, given_name: str, born: date) -> str | None:
    """Family name, given names and birth date on three lines; None where a name has no letters.

    Capitals, capital sharp s, decomposed letters, hyphens, spaces and the many apostrophes make no difference; umlauts and accents do.
    """
    names = [_letters(name) for name in (family_name, given_name)]
    return "\n".join([*names, born.isoformat()]) if all(names) else None


def _letters(name: str) -> str:
    """Small letters only. A capital I with a dot leaves its dot behind when it becomes small: it goes."""
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", name).casefold()).replace(_DOT_ABOVE, "")
    composed = unicodedata.normalize("NFC", folded)
    return "".join(sign for sign in composed if unicodedata.category(sign).startswith("L"))
