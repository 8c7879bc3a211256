"""Codes on a screen or on paper that somebody types: whatever case, blanks and hyphens they come with, they are the same letters."""

from __future__ import annotations

_HYPHENS = "-\u2010\u2011\u2012\u2013\u2014\u2212"


def letters_of(typed: str) -> str:
    """What was typed, in capitals and without blanks and hyphens."""
    return "".join(mark for mark in typed.upper() if not mark.isspace() and mark not in _HYPHENS)


def grouped(letters: str, size: int) -> str:
    """The letters as they are shown: groups of this size with hyphens between."""
    return "-".join(letters[start : start + size] for start in range(0, len(letters), size))
