"""Pseudonyms fit wherever a product makes a user name of them (participation tools 3, `username claim`)."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from broker.flows.naming import PSEUDONYM, new_pseudonym, pseudonym_fault

ADHOCRACY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{4,}")  # at least five characters, a letter or digit first
SYNAPSE = re.compile(r"[a-z0-9._=/-]+")


def test_every_name_that_is_made_up_fits_everywhere() -> None:
    for _ in range(2000):
        name = new_pseudonym()
        assert ADHOCRACY.fullmatch(name)
        assert SYNAPSE.fullmatch(name)
        assert pseudonym_fault(name) is None


@given(st.from_regex(PSEUDONYM, fullmatch=True))
def test_every_name_that_a_citizen_may_choose_fits_adhocracy_and_in_small_letters_synapse(name: str) -> None:
    assert ADHOCRACY.fullmatch(name)
    assert SYNAPSE.fullmatch(name.lower())


@given(st.text(max_size=45))
def test_whatever_is_accepted_is_of_that_form(name: str) -> None:
    assert (pseudonym_fault(name) is None) == bool(PSEUDONYM.fullmatch(name))
