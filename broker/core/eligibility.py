"""Ages in groups, and how long a proof of residence lasts."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date, timedelta

RESIDENCE_LASTS = timedelta(days=90)
"""How long after the day of its proof a place of residence is told (canonical schema, `bp_residence_as_of`)."""

_BAND = re.compile(r"(0|[1-9][0-9]?)(?:-([1-9][0-9]?)|(\+))")


def band_edges(band: str) -> tuple[int, int | None]:
    """First and last age of a group such as `14-17`; no last one for `65+`. Raises ValueError for anything else."""
    match = _BAND.fullmatch(band)
    if match is None:
        raise ValueError(f"{band!r} is no age group: write 14-17 or 65+")
    first, last = int(match[1]), None if match[3] else int(match[2])
    if last is not None and last < first:
        raise ValueError(f"{band!r} ends before it begins")
    return first, last


def is_in_band(band: str, reached: Collection[int]) -> bool:
    """Whether somebody who has reached exactly these of the table's ages belongs to a group whose edges are among them."""
    first, last = band_edges(band)
    return (first == 0 or first in reached) and (last is None or last + 1 not in reached)


def residence_stands(as_of: str, signed_in: date) -> bool:
    """Whether a residence that was proven on a day (ISO 8601) may still be told at a sign-in; not if the day is odd or in the future."""
    try:
        age = signed_in - date.fromisoformat(as_of)
    except ValueError:
        return False
    return timedelta(0) <= age <= RESIDENCE_LASTS
