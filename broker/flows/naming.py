"""Naming: the pseudonym a citizen goes by at a tool; made up by chance, never from a name, and theirs to change."""

from __future__ import annotations

import re
import secrets

PSEUDONYM = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{4,39}")
"""What every tool accepts as a user name: 5 to 40 characters, a letter or digit first (participation tools 3)."""

INVALID_PSEUDONYM = "consent.pseudonym_invalid"
"""Message key of the sentence for a pseudonym that does not fit."""

_PLACES = """
    auen berg bach birken buchen deich duenen eichen erlen fjord forst garten hafen hain heide hecken huegel insel klee kiefern
    linden marsch moor moos mohn mulden park quellen raps rain see seen sonnen stein strand teich ufer wald weiden wiesen wind wolken
"""
_CREATURES = """
    amsel biber biene dachs dohle eule falke falter fink forelle frosch fuchs grille hase hecht hirsch igel iltis kauz kiebitz
    kranich lachs lerche libelle luchs marder maus meise milan otter reh robbe salamander schwalbe specht star storch unke wiesel zander
"""


def new_pseudonym() -> str:
    """A friendly made-up name such as `heide-kranich-4821`: small letters, digits and hyphens, and nobody's in particular."""
    return f"{secrets.choice(_PLACES.split())}-{secrets.choice(_CREATURES.split())}-{secrets.randbelow(9000) + 1000}"


def pseudonym_fault(pseudonym: str) -> str | None:
    """The message key of what is wrong with a pseudonym a citizen typed, or None."""
    return None if PSEUDONYM.fullmatch(pseudonym) else INVALID_PSEUDONYM
