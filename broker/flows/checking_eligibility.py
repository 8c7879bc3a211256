"""What a tool's file may say about whom it wants to recognise: municipalities, ages, groups of ages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from broker.core.claim import ClaimTable
from broker.core.client import Client
from broker.core.eligibility import band_edges

_AGS = re.compile(r"[0-9]{5}|[0-9]{8}")

Fault = tuple[tuple[str | int, ...], str]


def eligibility_faults(client: Client, table: ClaimTable) -> Iterator[Fault]:
    """Where and why the file asks for what the broker would not tell, or does not say what it asks for."""
    for index, key in enumerate(client.municipalities):
        if not _AGS.fullmatch(key):
            yield ("municipalities", index), f"{key!r} is no AGS: 8 digits for a municipality, 5 for a district"
    for index, age in enumerate(client.age_thresholds):
        if age not in table.age_thresholds:
            yield ("age_thresholds", index), f"{age} is not offered; choose from {', '.join(map(str, table.age_thresholds))}"
    if "bp_resident_of" in client.registered_claims and not client.municipalities:
        yield ("municipalities",), "name the municipalities or districts whose residents the tool wants to recognise"
    if "bp_age_over" in client.registered_claims and not client.age_thresholds:
        yield ("age_thresholds",), "name the ages the tool wants to ask about"
    if "bp_age_band" in client.registered_claims and not client.claim_policy.age_bands:
        yield ("age_bands",), "name the age groups the tool wants to tell apart"
    if client.claim_policy.age_bands and client.age_thresholds:
        yield ("age_bands",), "cannot stand beside age_thresholds: together they would tell more of an age than either"
    yield from _band_faults(client.claim_policy.age_bands, table.age_thresholds)


def _band_faults(bands: tuple[str, ...], thresholds: tuple[int, ...]) -> Iterator[Fault]:
    ranges: list[tuple[int, int]] = []
    for index, band in enumerate(bands):
        try:
            first, last = band_edges(band)
        except ValueError as odd:
            yield ("age_bands", index), str(odd)
            continue
        edges = [edge for edge in (first, None if last is None else last + 1) if edge]
        if unknown := [edge for edge in edges if edge not in thresholds]:
            known = ", ".join(map(str, thresholds))
            yield ("age_bands", index), f"{band!r} would need the age {unknown[0]}, which is not offered; a group begins at one of {known}"
        ranges.append((first, 999 if last is None else last))
    if any(later[0] <= earlier[1] for earlier, later in pairwise(sorted(ranges))):
        yield ("age_bands",), "groups must not overlap: a citizen belongs to one"
