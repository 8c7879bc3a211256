"""The judge and linking: a second citizen ID is asked for once, confirmed once, and by nobody but who began it (AL-05, AL-08)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broker.core.account_errors import LinkInterrupted
from broker.core.errors import AccessDenied, InteractionRequired
from broker.core.linking import ACCOUNT_PAGES, FRESH, ConfirmLink, TellNews, account_pages
from broker.core.next_step import AskConsent, ChooseProvider, Issue, Refuse, Situation, Step, next_step, usable_providers
from broker.core.request import Prompt
from broker.core.subject import ProposedLink
from broker.core.trust import TrustLevel
from broker.core.voucher import VOUCHER
from tests.support.makers import NOW, provider, request, session, situation, standing

PROPOSED = ProposedLink("bayernid", "hash", TrustLevel.LOW, NOW)
PAGES = account_pages("Beteiligungskonto")


def linking(**fields: Any) -> Situation:
    """Erika, who signed in two minutes ago, adds a citizen ID."""
    asked = request(client_id=ACCOUNT_PAGES, redirect_uri="", scopes=("openid",), links_to="erika", **fields.pop("asked", {}))
    present = session(authenticated_at=asked.created_at - timedelta(minutes=2), **fields.pop("present", {}))
    return situation(**{"request": asked, "client": PAGES, "session": present, "claims": (), **fields})


def refusal(case: Situation) -> type[Exception]:
    step = next_step(case)
    assert isinstance(step, Refuse), step
    return type(step.error)


def test_first_the_second_citizen_id_then_the_question_then_the_end() -> None:
    assert next_step(linking()) == ChooseProvider(("bundid",), TrustLevel.BASIC)
    assert next_step(linking(asked={"proposed": PROPOSED, "signed_in_at": NOW})) == ConfirmLink()
    assert isinstance(next_step(linking(asked={"proposed": PROPOSED, "consented_at": NOW})), Issue)


def test_saying_no_ends_it() -> None:
    assert refusal(linking(asked={"denied_by": "citizen"})) is AccessDenied


@pytest.mark.parametrize("proposed", [None, PROPOSED])
@pytest.mark.parametrize(
    "changes",
    [
        {"session": None, "standing": None},
        {"present": {"subject_id": "paul"}},
        {"present": {"trust": TrustLevel.NONE}},
        {"standing": standing(linked=False)},
        {"standing": standing(subject_active=False)},
    ],
    ids=["signed out", "another account", "ended", "the link is gone", "blocked"],
)
def test_al_05_nobody_goes_on_but_the_account_that_began_it(changes: dict[str, Any], proposed: ProposedLink | None) -> None:
    assert refusal(linking(asked={"proposed": proposed}, **changes)) is LinkInterrupted


@settings(deadline=None)
@given(st.timedeltas(min_value=timedelta(0), max_value=timedelta(minutes=20)))
def test_the_first_proof_was_fresh_when_it_began(age: timedelta) -> None:
    asked = request(client_id=ACCOUNT_PAGES, links_to="erika")
    present = session(authenticated_at=asked.created_at - age, trust=TrustLevel.LOW)
    step = next_step(situation(request=asked, client=PAGES, session=present, claims=()))
    assert isinstance(step, ChooseProvider) is (age <= FRESH)


def test_a_code_on_paper_is_no_citizen_id_to_add() -> None:
    providers = (provider("bundid"), provider(VOUCHER))
    assert [one.alias for one in usable_providers(request(), PAGES, providers)] == ["bundid", VOUCHER]
    assert [one.alias for one in usable_providers(request(links_to="erika"), PAGES, providers)] == ["bundid"]


class TestNews:
    SIGNED_IN: ClassVar = {"signed_in_at": NOW - timedelta(seconds=10)}

    def step(self, asked: dict[str, Any], **fields: Any) -> Step:
        return next_step(situation(request=request(**asked), session=session(authenticated_at=NOW, news=True), **fields))

    def test_who_just_signed_in_is_told_before_anything_is_asked_or_given(self) -> None:
        assert self.step(self.SIGNED_IN) == TellNews()
        assert self.step(self.SIGNED_IN, standing=standing(consent=None)) == TellNews()

    def test_once_told_it_goes_on(self) -> None:
        assert isinstance(self.step({**self.SIGNED_IN, "told_at": NOW}), Issue)
        assert isinstance(self.step({**self.SIGNED_IN, "told_at": NOW}, standing=standing(consent=None)), AskConsent)

    def test_a_silent_request_and_one_of_later_are_not_stopped(self) -> None:
        assert isinstance(self.step({"prompts": frozenset({Prompt.NONE})}), Issue)
        assert isinstance(self.step({}), Issue)


def test_under_prompt_none_the_steps_of_linking_are_errors() -> None:
    assert isinstance(ConfirmLink().silent_error, InteractionRequired)
    assert isinstance(TellNews().silent_error, InteractionRequired)


def test_a_session_whose_link_is_gone_signs_in_again() -> None:
    assert isinstance(next_step(situation(standing=standing(linked=False))), ChooseProvider)


def test_the_account_pages_can_do_nothing_at_an_endpoint() -> None:
    assert PAGES.redirect_uris == ()
    assert PAGES.tokens.grant_types == ()
    assert not PAGES.has_secret
    assert not PAGES.is_public
