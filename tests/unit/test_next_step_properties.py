"""The judge's promises over all combinations (house 6): it ends, it is silent when told to, it never gives away too much."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from broker.core.client import ClientStatus
from broker.core.client_policy import LogoutPolicy
from broker.core.next_step import AskConsent, ChooseProvider, Issue, Refuse, SignIn, Situation, Step, StepUp, next_step, required_trust
from broker.core.request import STEP_UP_DECLINED, Prompt, Setback, SetbackKind
from broker.core.session import BrokerSession
from broker.core.trust import TrustLevel
from tests.support.makers import NOW, client, consent, provider, request, session, standing

LEVELS = st.sampled_from(TrustLevel)
ALIASES = st.sampled_from(["bundid", "sh"])
SIGNED_IN = st.sampled_from([None, NOW - timedelta(seconds=30)])
AGES = st.sampled_from([timedelta(0), timedelta(minutes=4), timedelta(minutes=20), timedelta(hours=1), timedelta(hours=3)])

PROMPTS = st.one_of(
    st.just(frozenset({Prompt.NONE})), st.frozensets(st.sampled_from([Prompt.LOGIN, Prompt.CONSENT, Prompt.SELECT_ACCOUNT]))
)
PROVIDERS = st.lists(
    st.builds(provider, ALIASES, trust_ceiling=LEVELS, enabled=st.booleans()), max_size=2, unique_by=lambda one: one.alias
).map(tuple)
CLIENTS = st.builds(
    client,
    status=st.sampled_from(ClientStatus),
    minimum_trust=LEVELS,
    first_party=st.booleans(),
    allowed_providers=st.sampled_from([(), ("bundid",), ("sh",)]),
    logout=st.builds(LogoutPolicy, isolated_session=st.booleans()),
)
REQUESTS = st.builds(
    request,
    prompts=PROMPTS,
    max_age=st.sampled_from([None, 0, 60, 3600]),
    wanted_trust=LEVELS,
    required_trust=LEVELS,
    hinted_subs=st.sampled_from([(), ("sub-of-erika",), ("somebody-else",), ("somebody-else", "sub-of-erika")]),
    provider_hint=st.sampled_from([None, "bundid", "sh", "unknown"]),
    signed_in_at=SIGNED_IN,
    consented_at=SIGNED_IN,
    denied_by=st.sampled_from([None, None, None, "citizen", STEP_UP_DECLINED]),
    setback=st.sampled_from([None, *(Setback("bundid", kind) for kind in SetbackKind)]),
)
SESSIONS = st.builds(
    lambda trust, alias, age, idle, asked, only_for: session(
        trust=trust,
        asked_claims=asked,
        only_for=only_for,
        provider_alias=alias,
        authenticated_at=NOW - age,
        last_seen_at=NOW - min(age, idle),
        expires_at=NOW - age + timedelta(hours=12),
    ),
    LEVELS,
    ALIASES,
    AGES,
    AGES,
    st.sampled_from([None, (), ("name",), ("name", "email")]),
    st.sampled_from(["", "", "karte", "forum"]),
)
CONSENTS = st.one_of(
    st.none(),
    st.builds(
        lambda claims, version, withdrawn: consent(*claims, text_version=version, withdrawn_at=withdrawn),
        st.sampled_from([(), ("name",), ("name", "email")]),
        st.sampled_from(["v0", "v1"]),
        st.sampled_from([None, NOW]),
    ),
)
STANDINGS = st.builds(standing, subject_active=st.booleans(), consent=CONSENTS, sub=st.sampled_from([None, "sub-of-erika"]))


@st.composite
def situations(draw: st.DrawFn) -> Situation:
    known = draw(st.one_of(st.none(), SESSIONS))
    claims = draw(st.sampled_from([(), ("name",), ("name", "email")]))
    one = draw(STANDINGS) if known else None
    needed = draw(st.sampled_from([(), claims]))
    return Situation(draw(REQUESTS), draw(st.one_of(st.none(), CLIENTS)), draw(PROVIDERS), known, one, claims, "v1", NOW, needed)


def signs_in(case: Situation, draw: st.DataObject) -> Situation:
    """Somebody signs in, with whatever result: any citizen ID, level or person may come back."""
    came = replace(draw.draw(SESSIONS), authenticated_at=NOW, last_seen_at=NOW)
    return replace(case, request=replace(case.request, signed_in_at=NOW), session=came, standing=draw.draw(STANDINGS))


def agrees(case: Situation, draw: st.DataObject) -> Situation:
    """The citizen agrees; the record may or may not be there when it is looked for."""
    kept = draw.draw(st.one_of(CONSENTS, st.just(consent(*case.claims))))
    assert case.standing is not None
    return replace(case, request=replace(case.request, consented_at=NOW), standing=replace(case.standing, consent=kept))


def told(step: Step) -> object:
    """A step as it can be compared: two refusals are the same if they say the same."""
    return (type(step.error), step.error.detail) if isinstance(step, Refuse) else step


@given(situations(), st.data())
@settings(max_examples=300, deadline=None)
def test_it_ends_after_at_most_two_questions_whatever_the_answers(case: Situation, data: st.DataObject) -> None:
    for _ in range(3):
        step = next_step(case)
        if isinstance(step, Issue | Refuse):
            return
        case = agrees(case, data) if isinstance(step, AskConsent) else signs_in(case, data)
    raise AssertionError(f"a third question: {step}")


@given(situations())
@settings(max_examples=300, deadline=None)
def test_prompt_none_never_shows_a_page(case: Situation) -> None:
    silent = replace(case, request=replace(case.request, prompts=frozenset({Prompt.NONE})))
    assert isinstance(next_step(silent), Issue | Refuse)


@given(situations())
@settings(max_examples=300, deadline=None)
def test_it_never_issues_without_what_it_needs(case: Situation) -> None:
    step = next_step(case)
    if not isinstance(step, Issue):
        return
    assert case.client is not None
    assert case.client.status is ClientStatus.LIVE
    assert case.session is not None
    assert case.session.live(NOW)
    assert case.session.only_for == case.client.only_for
    assert case.standing is not None
    assert case.standing.subject_active
    assert case.request.denied_by is None
    assert step.trust >= required_trust(case.request, case.client)
    assert step.trust <= case.session.trust_at(NOW)
    assert case.session.provider_alias in {one.alias for one in case.providers if one.enabled and case.client.allows_provider(one)}
    assert not case.request.hinted_subs or case.standing.sub in case.request.hinted_subs
    if not case.client.first_party:
        agreed = case.standing.consent
        assert agreed is not None
        assert agreed.valid(NOW)
        assert set(step.claims) <= agreed.claims


@given(situations(), SESSIONS)
@settings(max_examples=300, deadline=None)
def test_a35_the_session_of_another_kind_changes_nothing_that_is_done(case: Situation, other: BrokerSession) -> None:
    """A tool that keeps to itself sees of the common session, and others see of its own, no more than of none at all."""
    known = replace(case, session=other, standing=case.standing or standing())
    if case.client is None or case.request.links_to or other.only_for == case.client.only_for:
        return
    assert told(next_step(known)) == told(next_step(replace(case, session=None, standing=None)))


@given(situations())
@settings(max_examples=300, deadline=None)
def test_only_usable_citizen_ids_are_offered(case: Situation) -> None:
    step = next_step(case)
    offered = {step.alias} if isinstance(step, SignIn) else set(step.aliases) if isinstance(step, ChooseProvider | StepUp) else set()
    if offered:
        assert case.client is not None
        needed = required_trust(case.request, case.client)
        able = {one.alias for one in case.providers if one.enabled and case.client.allows_provider(one) and one.trust_ceiling >= needed}
        assert offered <= able


@given(situations())
@settings(max_examples=300, deadline=None)
def test_up13_a_step_up_offers_what_reaches_it_and_may_be_left_only_where_the_present_level_will_do(case: Situation) -> None:
    step = next_step(case)
    if not isinstance(step, StepUp):
        return
    assert case.client is not None
    assert case.session is not None
    ceilings = {one.alias: one.trust_ceiling for one in case.providers}
    assert all(ceilings[alias] >= step.trust for alias in step.aliases)
    reached = case.session.trust_at(NOW)
    assert reached < step.trust
    assert step.required == (reached < required_trust(case.request, case.client))


@given(situations())
@settings(max_examples=300, deadline=None)
def test_nobody_is_sent_anywhere_unasked_after_a_try_that_failed(case: Situation) -> None:
    failed = replace(case, request=replace(case.request, setback=Setback("bundid", SetbackKind.UNAVAILABLE)))
    assert not isinstance(next_step(failed), SignIn)
