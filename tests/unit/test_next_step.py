"""The judge as a table: one row per rule (A-18, A-29, A-31, UP-10, UP-11, UP-13, CN-03, CN-04)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from broker.core.client import ClientStatus
from broker.core.errors import AccessDenied, AccountBlocked, BrokerError, ConsentRequired, LoginRequired, UnmetTrust
from broker.core.next_step import AskConsent, ChooseProvider, Issue, Refuse, SignIn, StepUp, next_step
from broker.core.request import Prompt
from broker.core.trust import TrustLevel
from tests.support.makers import NOW, client, consent, provider, request, session, situation, standing

BASIC, LOW, SUBSTANTIAL, HIGH = TrustLevel.BASIC, TrustLevel.LOW, TrustLevel.SUBSTANTIAL, TrustLevel.HIGH
SILENT = frozenset({Prompt.NONE})
NOBODY: dict[str, Any] = {"session": None, "standing": None}
TWO = (provider("bundid"), provider("sh", trust_ceiling=SUBSTANTIAL))
JUST_NOW = NOW - timedelta(seconds=30)


def fresh(**fields: Any) -> dict[str, Any]:
    """Signed in during this request."""
    return {"request": request(signed_in_at=JUST_NOW, **fields), "session": session(authenticated_at=JUST_NOW)}


def steps(**fields: Any) -> object:
    return next_step(situation(**fields))


def refusal(**fields: Any) -> type[BrokerError]:
    step = steps(**fields)
    assert isinstance(step, Refuse), step
    return type(step.error)


def test_with_session_and_agreement_the_tool_gets_its_code() -> None:
    assert steps() == Issue(HIGH, ("name",), ("openid", "profile"), standing())


@pytest.mark.parametrize("status", [status for status in ClientStatus if status is not ClientStatus.LIVE])
def test_a_tool_that_is_not_live_gets_nothing_a_31(status: ClientStatus) -> None:
    assert refusal(client=client(status=status)) is AccessDenied


def test_an_unknown_tool_gets_nothing() -> None:
    assert refusal(client=None) is AccessDenied


def test_a_denied_request_stays_denied() -> None:
    assert refusal(request=request(denied_by="citizen")) is AccessDenied


def test_a_blocked_account_gets_no_code_up_11() -> None:
    assert refusal(standing=standing(subject_active=False)) is AccountBlocked


class TestWhatTheCitizenIdWasNotAskedFor:
    """Single sign-on at a tool that cannot do without more than the citizen ID was asked for (UP-13, A-39)."""

    SHORT: dict[str, Any] = {"session": session(asked_claims=("name",)), "needed": ("bp_resident_of",)}  # noqa: RUF012

    def test_it_means_one_new_sign_in_for_that(self) -> None:
        assert steps(**self.SHORT) == ChooseProvider(("bundid",), BASIC, ("bp_resident_of",))
        since = {"request": request(signed_in_at=JUST_NOW)}
        assert isinstance(steps(**self.SHORT, **since), Issue)

    def test_the_present_citizen_id_comes_first(self) -> None:
        there = session(asked_claims=(), provider_alias="sh")
        assert steps(session=there, providers=TWO, needed=("name",)) == ChooseProvider(("sh", "bundid"), BASIC, ("name",))

    @pytest.mark.parametrize("asked", [None, ("bp_resident_of",), ("name", "bp_resident_of")])
    def test_what_was_asked_and_not_given_is_not_asked_again(self, asked: tuple[str, ...] | None) -> None:
        assert isinstance(steps(session=session(asked_claims=asked), needed=("bp_resident_of",)), Issue)

    def test_a_tool_that_can_do_without_does_not_nag(self) -> None:
        assert isinstance(steps(session=session(asked_claims=()), needed=()), Issue)

    def test_silently_it_goes_on_with_what_is_there(self) -> None:
        assert isinstance(steps(**self.SHORT, request=request(prompts=SILENT)), Issue)

    def test_a_step_up_goes_first_and_asks_for_it_too(self) -> None:
        low = session(asked_claims=(), trust=LOW)
        assert isinstance(steps(session=low, needed=("name",), client=client(minimum_trust=HIGH)), StepUp)


class TestSigningIn:
    def test_one_citizen_id_is_named_before_the_citizen_is_sent_there(self) -> None:
        assert steps(**NOBODY) == ChooseProvider(("bundid",), BASIC)

    def test_several_are_a_choice(self) -> None:
        assert steps(**NOBODY, providers=TWO) == ChooseProvider(("bundid", "sh"), BASIC)

    def test_a_hint_spares_the_choice(self) -> None:
        assert steps(**NOBODY, providers=TWO, request=request(provider_hint="sh")) == SignIn("sh", BASIC)

    def test_a_hint_the_tool_must_not_use_counts_for_nothing_up_10(self) -> None:
        only = client(allowed_providers=("bundid",))
        assert steps(**NOBODY, providers=TWO, client=only, request=request(provider_hint="sh")) == ChooseProvider(("bundid",), BASIC)

    def test_select_account_always_asks(self) -> None:
        chosen = frozenset({Prompt.SELECT_ACCOUNT})
        assert steps(request=request(prompts=chosen)) == ChooseProvider(("bundid",), BASIC)

    def test_citizen_ids_that_cannot_reach_the_level_are_not_offered(self) -> None:
        assert steps(**NOBODY, providers=TWO, client=client(minimum_trust=HIGH)) == ChooseProvider(("bundid",), HIGH)

    def test_a_level_nobody_can_reach_is_unmet(self) -> None:
        assert refusal(**NOBODY, providers=TWO[1:], client=client(minimum_trust=HIGH)) is UnmetTrust

    def test_without_any_citizen_id_the_tool_is_told_no(self) -> None:
        assert refusal(**NOBODY, providers=()) is AccessDenied

    def test_a_disabled_citizen_id_is_not_used_up_09(self) -> None:
        assert refusal(providers=(provider(enabled=False),)) is AccessDenied

    def test_the_session_of_a_citizen_id_the_tool_must_not_use_does_not_count_up_10(self) -> None:
        only = client(allowed_providers=("sh",))
        assert steps(providers=TWO, client=only) == ChooseProvider(("sh",), BASIC)

    def test_the_session_of_another_citizen_id_than_hinted_does_not_count(self) -> None:
        assert steps(providers=TWO, request=request(provider_hint="sh")) == SignIn("sh", BASIC)

    def test_an_ended_session_does_not_count(self) -> None:
        assert steps(session=session(expires_at=NOW)) == ChooseProvider(("bundid",), BASIC)

    def test_acr_values_are_asked_for(self) -> None:
        assert steps(**NOBODY, request=request(wanted_trust=HIGH)) == ChooseProvider(("bundid",), HIGH)

    @pytest.mark.parametrize(
        "fields",
        [
            {"prompts": frozenset({Prompt.LOGIN})},
            {"max_age": 0},
            {"max_age": 599},
            {"hinted_subs": ("somebody-else",)},
        ],
    )
    def test_a_session_that_does_not_fit_means_signing_in_again_a_18(self, fields: dict[str, Any]) -> None:
        assert steps(request=request(**fields)) == ChooseProvider(("bundid",), BASIC)

    def test_max_age_that_is_kept_changes_nothing(self) -> None:
        assert isinstance(steps(request=request(max_age=600)), Issue)

    @pytest.mark.parametrize("fields", [{"prompts": frozenset({Prompt.LOGIN})}, {"max_age": 0}, {"max_age": 10}])
    def test_signing_in_again_is_asked_once(self, fields: dict[str, Any]) -> None:
        assert isinstance(steps(**fresh(**fields)), Issue)

    def test_an_older_session_cannot_pass_for_a_fresh_one(self) -> None:
        asked = request(prompts=frozenset({Prompt.LOGIN}), signed_in_at=JUST_NOW)
        assert refusal(request=asked) is AccessDenied

    def test_another_person_than_hinted_is_denied_and_not_asked_again(self) -> None:
        assert refusal(**fresh(hinted_subs=("somebody-else",))) is AccessDenied

    def test_the_hinted_person_goes_on(self) -> None:
        assert isinstance(steps(request=request(hinted_subs=("sub-of-erika",))), Issue)

    def test_a_session_lost_after_signing_in_is_denied_and_not_asked_again(self) -> None:
        assert refusal(**NOBODY, request=request(signed_in_at=JUST_NOW)) is AccessDenied


class TestLevel:
    def test_too_low_is_stepped_up_up_13(self) -> None:
        low = session(trust=LOW)
        assert steps(session=low, client=client(minimum_trust=HIGH)) == StepUp(("bundid",), HIGH)

    def test_the_present_citizen_id_comes_first(self) -> None:
        low = session(trust=LOW, provider_alias="sh")
        assert steps(session=low, providers=TWO, client=client(minimum_trust=SUBSTANTIAL)) == StepUp(("sh", "bundid"), SUBSTANTIAL)

    def test_a_level_decays_with_time_and_is_asked_for_again_up_13(self) -> None:
        old = session(authenticated_at=NOW - timedelta(minutes=31))
        assert steps(session=old, client=client(minimum_trust=HIGH)) == StepUp(("bundid",), HIGH)

    def test_what_is_issued_is_the_decayed_level(self) -> None:
        idle = session(last_seen_at=NOW - timedelta(minutes=6))
        step = steps(session=idle)
        assert isinstance(step, Issue)
        assert step.trust is SUBSTANTIAL

    def test_an_essential_level_counts_like_a_minimum(self) -> None:
        assert steps(session=session(trust=LOW), request=request(required_trust=HIGH)) == StepUp(("bundid",), HIGH)

    def test_still_too_low_after_signing_in_is_unmet_never_a_loop_up_12(self) -> None:
        given = fresh() | {"session": session(trust=BASIC, authenticated_at=JUST_NOW)}
        assert refusal(**given, client=client(minimum_trust=HIGH)) is UnmetTrust

    def test_a_wish_is_tried_once_and_then_goes_unfulfilled(self) -> None:
        low = session(trust=LOW, authenticated_at=JUST_NOW)
        assert steps(session=low, request=request(wanted_trust=HIGH)) == StepUp(("bundid",), HIGH, required=False)
        step = steps(session=low, request=request(wanted_trust=HIGH, signed_in_at=JUST_NOW))
        assert isinstance(step, Issue)
        assert step.trust is LOW

    def test_a_wish_nobody_can_fulfil_stops_nothing(self) -> None:
        low = session(trust=LOW, provider_alias="sh")
        assert isinstance(steps(session=low, providers=TWO[1:], request=request(wanted_trust=HIGH)), Issue)

    def test_a_wish_beyond_reach_falls_back_to_what_is_required(self) -> None:
        low = session(trust=BASIC, provider_alias="sh")
        asked = request(wanted_trust=HIGH, required_trust=LOW)
        assert steps(session=low, providers=TWO[1:], request=asked) == StepUp(("sh",), LOW)

    def test_a_requirement_beyond_reach_is_unmet(self) -> None:
        low = session(trust=LOW, provider_alias="sh")
        assert refusal(session=low, providers=TWO[1:], request=request(required_trust=HIGH)) is UnmetTrust


class TestConsent:
    def test_what_was_never_agreed_to_is_asked(self) -> None:
        assert steps(standing=standing(consent=None)) == AskConsent(("name",), ("openid", "profile"))

    @pytest.mark.parametrize(
        "known",
        [
            consent(),  # a claim was added
            consent("name", scopes=frozenset({"openid"})),  # a scope was added
            consent("name", text_version="v0"),  # a purpose was reworded
            consent("name", withdrawn_at=NOW),
            consent("name", expires_at=NOW),
        ],
    )
    def test_a_consent_that_no_longer_covers_is_asked_for_again_cn_04(self, known: Any) -> None:
        assert isinstance(steps(standing=standing(consent=known)), AskConsent)

    def test_more_agreed_than_asked_for_is_fine(self) -> None:
        assert isinstance(steps(standing=standing(consent=consent("name", "email"))), Issue)

    def test_prompt_consent_asks_once_more_and_only_once(self) -> None:
        asked = frozenset({Prompt.CONSENT})
        assert isinstance(steps(request=request(prompts=asked)), AskConsent)
        assert isinstance(steps(request=request(prompts=asked, consented_at=NOW)), Issue)

    def test_agreement_that_vanished_at_once_is_refused_never_a_loop(self) -> None:
        assert refusal(request=request(consented_at=NOW), standing=standing(consent=None)) is ConsentRequired

    def test_the_citys_own_tools_ask_only_when_told_to(self) -> None:
        own = client(first_party=True)
        assert isinstance(steps(client=own, standing=standing(consent=None)), Issue)
        asked = request(prompts=frozenset({Prompt.CONSENT}))
        assert isinstance(steps(client=own, standing=standing(consent=None), request=asked), AskConsent)


class TestSilence:
    """prompt=none never shows a page (A-18, RU-14)."""

    def test_all_well_is_silent_success(self) -> None:
        assert isinstance(steps(request=request(prompts=SILENT)), Issue)

    def test_nobody_there(self) -> None:
        assert refusal(**NOBODY, request=request(prompts=SILENT)) is LoginRequired

    def test_nobody_there_and_a_choice_to_make(self) -> None:
        assert refusal(**NOBODY, providers=TWO, request=request(prompts=SILENT)) is LoginRequired

    def test_another_person(self) -> None:
        assert refusal(request=request(prompts=SILENT, hinted_subs=("somebody-else",))) is LoginRequired

    def test_too_old(self) -> None:
        assert refusal(request=request(prompts=SILENT, max_age=60)) is LoginRequired

    def test_too_low(self) -> None:
        assert refusal(request=request(prompts=SILENT), session=session(trust=LOW), client=client(minimum_trust=HIGH)) is LoginRequired

    def test_lower_than_wished(self) -> None:
        assert isinstance(steps(request=request(prompts=SILENT, wanted_trust=HIGH), session=session(trust=LOW)), Issue)

    def test_not_agreed(self) -> None:
        assert refusal(request=request(prompts=SILENT), standing=standing(consent=None)) is ConsentRequired
