"""A new session beside what the one before it was told: nothing more than that, for nobody else, not longer, not surer (A-29, UP-13)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.core.claim import HeldClaim
from broker.core.session import BrokerSession
from broker.core.trust import TrustLevel
from tests.support.makers import NOW, session

NAMES = ("name", "email", "bp_age_over")
LEVELS = st.sampled_from(TrustLevel)


def held(value: str, trust: TrustLevel = TrustLevel.HIGH) -> HeldClaim:
    return HeldClaim(value, trust)


def signed_in(asked: tuple[str, ...] | None, claims: dict[str, HeldClaim], **fields: object) -> BrokerSession:
    return session(asked_claims=asked, claims=claims, **fields)


def test_what_only_the_old_one_was_asked_for_is_kept() -> None:
    old = signed_in(("name",), {"name": held("ERIKA"), "locale": held("de")})
    new = signed_in(("email",), {"email": held("e@x.example"), "locale": held("en")}).continuing(old)
    assert new.claims == {"name": held("ERIKA"), "email": held("e@x.example"), "locale": held("en")}
    assert new.asked_claims == ("email", "name")


def test_what_was_asked_anew_is_answered_by_the_new_one_alone() -> None:
    old = signed_in(("name", "email"), {"name": held("ERIKA"), "email": held("e@x.example")})
    assert signed_in(("name", "email"), {"name": held("HEIDI")}).continuing(old).claims == {"name": held("HEIDI")}


@pytest.mark.parametrize("fields", [{"subject_id": "heidi"}, {"provider_alias": "sh"}])
def test_nothing_passes_to_another_account_or_citizen_id(fields: dict[str, str]) -> None:
    old = signed_in(("name",), {"name": held("ERIKA")}, **fields)
    new = signed_in(("email",), {})
    assert new.continuing(old) == new


@pytest.mark.parametrize(("old", "new"), [(None, ("name",)), (("name",), None)])
def test_nothing_passes_where_it_is_not_known_what_was_asked(old: tuple[str, ...] | None, new: tuple[str, ...] | None) -> None:
    after = signed_in(new, {})
    assert after.continuing(signed_in(old, {"name": held("ERIKA")})) == after


def test_what_is_kept_does_not_outlive_the_session_it_came_from() -> None:
    old = signed_in(("name",), {"name": held("ERIKA")}, expires_at=NOW + timedelta(hours=1))
    assert signed_in(("email",), {}).continuing(old).expires_at == old.expires_at
    empty = signed_in(("name",), {}, expires_at=NOW + timedelta(hours=1))
    assert signed_in(("email",), {}).continuing(empty).expires_at > empty.expires_at


@pytest.mark.parametrize(
    ("asked", "level", "kept"),
    [(("email",), TrustLevel.HIGH, "erika"), (("email",), TrustLevel.LOW, None), (("family_name",), TrustLevel.HIGH, None)],
)
def test_who_the_person_is_stays_known_unless_asked_anew_or_signed_in_weakly(
    asked: tuple[str, ...], level: TrustLevel, kept: str | None
) -> None:
    old = signed_in(("family_name",), {}, person_key="erika")
    assert signed_in(asked, {}, trust=level).continuing(old).person_key == kept


@given(LEVELS, st.dictionaries(st.sampled_from(NAMES), LEVELS), st.sets(st.sampled_from(NAMES)), st.sets(st.sampled_from(NAMES)))
def test_nothing_kept_is_vouched_for_more_than_before_or_than_this_sign_in(
    level: TrustLevel, before: dict[str, TrustLevel], old_asked: set[str], new_asked: set[str]
) -> None:
    old = signed_in(tuple(sorted(old_asked)), {name: held("old", trust) for name, trust in before.items()})
    new = signed_in(tuple(sorted(new_asked)), {}, trust=level).continuing(old)
    assert new.trust is level
    for name, claim in new.claims.items():
        assert name in old_asked - new_asked
        assert claim.trust <= min(level, before[name])
