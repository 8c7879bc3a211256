"""Vote keys: one person, one key in one procedure, no joining of two; strength says no more than was proven (citizen IDs 6)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broker.core.procedure import VoteStrength, named_procedures, person_key, procedure_of, shown_strength, table_scopes, vote_key
from broker.core.session import BrokerSession
from broker.core.subject import UpstreamIdentity
from broker.core.trust import TrustLevel
from tests.support.makers import NOW, session

KEYS = st.binary(min_size=32, max_size=32)
TEXTS = st.text(min_size=1, max_size=40)
WHOSE = st.builds(
    lambda person, link, account: session(person_key=person, upstream_hash=link, subject_id=account), st.none() | TEXTS, TEXTS, TEXTS
)


def identity(**fields: object) -> UpstreamIdentity:
    usual = UpstreamIdentity("bundid", "bpk2", TrustLevel.HIGH, (), {}, NOW, person="ERIKA|MUSTERMANN|1964-08-12")
    return replace(usual, **fields)  # type: ignore[arg-type]


@settings(deadline=None)
@given(KEYS, KEYS, WHOSE, WHOSE)
def test_keys_of_two_procedures_have_nothing_in_common(one: bytes, other: bytes, erika: BrokerSession, paul: BrokerSession) -> None:
    """Neither a person's own two keys nor those of anybody else are alike: what two procedures hold cannot be matched."""
    if one == other:
        return
    first = {vote_key(one, erika), vote_key(one, paul)}
    second = {vote_key(other, erika), vote_key(other, paul)}
    assert {kept.key for kept in first if kept}.isdisjoint({kept.key for kept in second if kept})


@settings(deadline=None)
@given(KEYS, WHOSE, WHOSE)
def test_in_one_procedure_the_same_person_alone_has_the_same_key(key: bytes, erika: BrokerSession, paul: BrokerSession) -> None:
    same_voice = erika.person_key == paul.person_key if erika.person_key or paul.person_key else erika.upstream_hash == paul.upstream_hash
    assert (vote_key(key, erika) == vote_key(key, paul)) is same_voice


@settings(deadline=None)
@given(KEYS, TEXTS)
def test_a_person_key_and_a_link_of_the_same_letters_are_not_the_same_voice(key: bytes, letters: str) -> None:
    person, link = vote_key(key, session(person_key=letters)), vote_key(key, session(upstream_hash=letters))
    assert person is not None
    assert link is not None
    assert person.key != link.key
    assert (person.strength, link.strength) == (VoteStrength.PERSON, VoteStrength.ACCOUNT)


def test_an_organisation_has_no_voice() -> None:
    assert vote_key(bytes(32), session(subject_type="organisation", person_key="k", upstream_hash="h")) is None
    assert person_key(bytes(32), identity(subject_type="organisation")) is None


def test_a_session_that_does_not_say_whose_it_is_has_none() -> None:
    assert vote_key(bytes(32), session()) is None


@pytest.mark.parametrize("trust", [TrustLevel.NONE, TrustLevel.BASIC, TrustLevel.LOW])
def test_below_substantial_nobody_is_a_proven_person(trust: TrustLevel) -> None:
    assert person_key(bytes(32), identity(trust=trust)) is None
    assert person_key(bytes(32), identity(trust=TrustLevel.SUBSTANTIAL)) == person_key(bytes(32), identity())


def test_who_a_person_is_cannot_be_read_or_guessed_without_our_key() -> None:
    known = person_key(bytes(32), identity())
    assert known is not None
    assert "ERIKA" not in known
    assert known != person_key(b"k" * 32, identity())
    assert "MUSTERMANN" not in repr(identity())


@pytest.mark.parametrize(
    ("kept", "known", "trust", "told"),
    [
        (VoteStrength.PERSON, "p", TrustLevel.HIGH, VoteStrength.PERSON),
        (VoteStrength.PERSON, "p", TrustLevel.LOW, VoteStrength.ACCOUNT),
        (VoteStrength.PERSON, None, TrustLevel.HIGH, VoteStrength.ACCOUNT),
        (VoteStrength.ACCOUNT, "p", TrustLevel.HIGH, VoteStrength.ACCOUNT),
    ],
)
def test_the_strength_told_is_never_more_than_key_and_sign_in_prove(
    kept: VoteStrength, known: str | None, trust: TrustLevel, told: VoteStrength
) -> None:
    assert shown_strength(kept, session(person_key=known, trust=trust)) is told


def test_scopes_name_a_procedure_and_are_one_row_of_the_table() -> None:
    scopes = ("openid", "voting:haushalt-2027", "profile")
    assert procedure_of(scopes) == "haushalt-2027"
    assert named_procedures(("voting", "openid")) == ()
    assert procedure_of(("voting",)) is None
    assert table_scopes(scopes) == ("openid", "voting", "profile")
