"""The rules of a session at a public computer: never longer, never more, never back, and nothing of it goes on after it (moonshot 15)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from broker.core.grant import OFFLINE_ACCESS
from broker.core.next_step import AskConsent, Issue, next_step
from broker.core.request import Prompt
from broker.core.session import PUBLIC_COMPUTER_IDLE, PUBLIC_COMPUTER_LIFETIME, BrokerSession
from broker.core.trust import TrustLevel
from tests.support.makers import NOW, client, consent, request, session, situation, standing

LEVELS = st.sampled_from([level for level in TrustLevel if level])
SPANS = st.timedeltas(timedelta(0), timedelta(hours=13))


def own(trust: TrustLevel) -> BrokerSession:
    """A session that begins now, at one's own computer."""
    return session(trust=trust, authenticated_at=NOW, last_seen_at=NOW, expires_at=NOW + timedelta(hours=12))


@given(LEVELS, SPANS, SPANS)
def test_it_never_lives_longer_and_never_says_more_than_at_ones_own(trust: TrustLevel, age: timedelta, since_seen: timedelta) -> None:
    at_home = replace(own(trust), last_seen_at=NOW + max(timedelta(0), age - since_seen))
    shared, now = at_home.at_public_computer(NOW), NOW + age
    assert shared.trust_at(now) in (at_home.trust_at(now), TrustLevel.NONE)
    assert not shared.live(now) or at_home.live(now)


@given(LEVELS, SPANS)
def test_it_ends_after_its_time_however_busy(trust: TrustLevel, age: timedelta) -> None:
    shared = replace(own(trust).at_public_computer(NOW), last_seen_at=NOW + age)
    assert shared.live(NOW + age) is (age < PUBLIC_COMPUTER_LIFETIME)


@given(LEVELS, st.timedeltas(timedelta(0), PUBLIC_COMPUTER_LIFETIME - timedelta(microseconds=1)))
def test_it_ends_when_nobody_uses_it(trust: TrustLevel, idle: timedelta) -> None:
    shared = own(trust).at_public_computer(NOW)
    assert shared.live(NOW + idle) is (idle <= PUBLIC_COMPUTER_IDLE)


@given(LEVELS, st.lists(st.timedeltas(timedelta(0), timedelta(minutes=7)), max_size=6), SPANS)
def test_once_over_by_idleness_no_touch_brings_it_back(trust: TrustLevel, pauses: list[timedelta], later: timedelta) -> None:
    shared, now, over = own(trust).at_public_computer(NOW), NOW, False
    for pause in pauses:
        now += pause
        over = over or not shared.live(now)
        shared = shared.touched(now)
    assert not over or not shared.live(now + later)


@given(LEVELS, SPANS)
def test_saying_it_twice_or_late_makes_it_no_longer(trust: TrustLevel, later: timedelta) -> None:
    once = own(trust).at_public_computer(NOW)
    assert once.at_public_computer(NOW + later).expires_at == once.expires_at
    assert own(trust).at_public_computer(NOW + later).expires_at <= own(trust).expires_at


def test_only_there_a_page_says_until_when() -> None:
    assert own(TrustLevel.HIGH).public_until is None
    assert own(TrustLevel.HIGH).at_public_computer(NOW).public_until == NOW + PUBLIC_COMPUTER_LIFETIME


@given(st.frozensets(st.sampled_from([Prompt.LOGIN, Prompt.CONSENT])), st.booleans(), st.booleans())
def test_nothing_offline_is_asked_about_or_granted_there(prompts: frozenset[Prompt], agreed: bool, first_party: bool) -> None:
    scopes = ("openid", OFFLINE_ACCESS)
    judged = situation(
        request=request(scopes=scopes, prompts=prompts, signed_in_at=NOW),
        client=client(first_party=first_party),
        session=own(TrustLevel.HIGH).at_public_computer(NOW),
        standing=standing(consent=consent("name", scopes=frozenset(scopes)) if agreed else None),
    )
    step = next_step(judged)
    assert isinstance(step, Issue | AskConsent)
    assert step.scopes == ("openid",)
