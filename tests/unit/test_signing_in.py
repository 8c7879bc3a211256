"""Signing in: bound to the browser, once, and into a session with a new id (UP-01, UP-03, UP-09, UP-10, AL-01, SE-01, SE-03)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from broker.core.claim import HeldClaim
from broker.core.client import ClientClaim, ClientStatus
from broker.core.errors import (
    AccessDenied,
    ForeignBrowser,
    RequestExpired,
    UpstreamCancelled,
    UpstreamRefused,
    UpstreamUnavailable,
)
from broker.core.ids import fingerprint
from broker.core.next_step import AskConsent, ChooseProvider, Refuse, StepUp
from broker.core.request import Prompt
from broker.core.session import Visit
from broker.core.trust import TrustLevel
from tests.support.flow_scene import Scene
from tests.support.makers import BROWSER, client, provider
from tests.support.outbox import takes_all


def test_from_request_to_session(scene: Scene) -> None:
    asked = scene.begins()
    assert isinstance(scene.signing_in.judge(asked, None), ChooseProvider)
    done = scene.comes_back(scene.is_sent(asked))
    assert done.session is not None
    assert done.session_token is not None
    assert done.session.id == fingerprint(done.session_token)
    assert scene.sessions.find(done.session.id) == done.session
    assert isinstance(scene.signing_in.judge(done.request, done.session), AskConsent)
    assert scene.signing_in.resume(asked.id, BROWSER).signed_in_at == scene.clock()


class TestBinding:
    def test_an_answer_in_another_browser_is_refused_and_used_up_up_01(self, scene: Scene) -> None:
        state = scene.is_sent(scene.begins())
        with pytest.raises(ForeignBrowser):
            scene.comes_back(state, browser="browser-of-the-victim")
        with pytest.raises(RequestExpired):
            scene.comes_back(state)

    def test_an_answer_counts_once_up_03(self, scene: Scene) -> None:
        state = scene.is_sent(scene.begins())
        scene.comes_back(state)
        with pytest.raises(RequestExpired):
            scene.comes_back(state)

    @pytest.mark.parametrize("answer", [{}, {"state": ""}, {"state": "made-up", "code": "c"}])
    def test_an_answer_nobody_waits_for_is_refused(self, scene: Scene, answer: dict[str, str]) -> None:
        with pytest.raises(RequestExpired):
            scene.signing_in.complete(answer, Visit(BROWSER, None))

    def test_a_request_belongs_to_its_browser_se_02(self, scene: Scene) -> None:
        with pytest.raises(ForeignBrowser):
            scene.signing_in.resume(scene.begins().id, "browser-of-somebody")

    def test_a_session_of_another_browser_counts_for_nothing(self, scene: Scene) -> None:
        _, session = scene.signs_in()
        asked = scene.begins(browser_id="browser-of-somebody")
        assert isinstance(scene.signing_in.judge(asked, session), ChooseProvider)


class TestTroubleAtTheHub:
    def test_cancelled_is_told_to_the_tool(self, scene: Scene) -> None:
        asked = scene.begins()
        state = scene.is_sent(asked)
        scene.hub.trouble = UpstreamCancelled()
        done = scene.comes_back(state)
        assert done.session is None
        step = scene.signing_in.judge(scene.signing_in.resume(asked.id, BROWSER), None)
        assert isinstance(step, Refuse)
        assert isinstance(step.error, AccessDenied)

    def test_cancelling_a_step_up_keeps_the_session_up_13(self, scene: Scene) -> None:
        scene.hub.trust = TrustLevel.LOW
        _, session = scene.signs_in()
        asked = scene.begins(required_trust=TrustLevel.HIGH)
        assert isinstance(scene.signing_in.judge(asked, session), StepUp)
        state = scene.is_sent(asked)
        scene.hub.trouble = UpstreamCancelled()
        scene.comes_back(state, session.id)
        assert scene.sessions.find(session.id) == session

    @pytest.mark.parametrize("trouble", [UpstreamRefused(), UpstreamUnavailable()])
    def test_other_trouble_can_be_tried_again_with_the_same_request(self, scene: Scene, trouble: UpstreamRefused) -> None:
        asked = scene.begins()
        state = scene.is_sent(asked)
        scene.hub.trouble = trouble
        with pytest.raises(type(trouble)) as caught:
            scene.comes_back(state)
        assert caught.value.request_id == asked.id
        scene.hub.trouble = None
        assert scene.comes_back(scene.is_sent(scene.signing_in.resume(asked.id, BROWSER))).session is not None

    def test_an_outage_before_the_hub_is_told_with_the_request(self, scene: Scene) -> None:
        asked = scene.begins()
        scene.hub.trouble = UpstreamUnavailable()
        with pytest.raises(UpstreamUnavailable) as caught:
            scene.is_sent(asked)
        assert caught.value.request_id == asked.id


class TestSwitchedOff:
    def test_a_citizen_id_the_tool_must_not_use_is_not_sent_to_up_10(self, scene: Scene) -> None:
        scene.changes_tool(allowed_providers=("sh",))
        with pytest.raises(AccessDenied):
            scene.is_sent(scene.begins(), "bundid")

    def test_nor_one_that_does_not_exist(self, scene: Scene) -> None:
        with pytest.raises(AccessDenied):
            scene.is_sent(scene.begins(), "evil")

    def test_nor_anybody_under_prompt_none(self, scene: Scene) -> None:
        with pytest.raises(AccessDenied):
            scene.is_sent(scene.begins(prompts=frozenset({Prompt.NONE})))

    def test_a_citizen_id_switched_off_meanwhile_signs_nobody_in_up_09(self, scene: Scene) -> None:
        state = scene.is_sent(scene.begins())
        scene.providers.replace_all([provider("bundid", enabled=False), provider("sh")])
        with pytest.raises(AccessDenied):
            scene.comes_back(state)

    def test_a_tool_suspended_meanwhile_gets_nobody_a_31(self, scene: Scene) -> None:
        state = scene.is_sent(scene.begins())
        scene.changes_tool(status=ClientStatus.SUSPENDED)
        with pytest.raises(AccessDenied):
            scene.comes_back(state)

    def test_a_session_of_an_erased_account_counts_for_nothing_and_its_person_starts_anew_up_11(self, scene: Scene) -> None:
        _, session = scene.signs_in()
        scene.accounts.erase(session.subject_id)
        assert isinstance(scene.signing_in.judge(scene.begins(), session), ChooseProvider)
        _, again = scene.signs_in()
        assert again.subject_id != session.subject_id


class TestTrust:
    def test_no_citizen_id_counts_for_more_than_its_ceiling_a_29(self, scene: Scene) -> None:
        scene.providers.replace_all([provider("bundid", trust_ceiling=TrustLevel.LOW)])
        _, session = scene.signs_in()
        assert session.trust is TrustLevel.LOW
        assert session.claims["given_name"].trust is TrustLevel.LOW

    def test_a_ceiling_of_none_signs_nobody_in(self, scene: Scene) -> None:
        state = scene.is_sent(scene.begins())
        scene.hub.trust = TrustLevel.NONE
        with pytest.raises(UpstreamRefused):
            scene.comes_back(state)

    def test_the_citizen_id_is_asked_for_the_level_that_is_insisted_on_not_for_one_wished_for(self, scene: Scene) -> None:
        scene.is_sent(scene.begins(wanted_trust=TrustLevel.HIGH))
        scene.is_sent(scene.begins(wanted_trust=TrustLevel.HIGH, required_trust=TrustLevel.SUBSTANTIAL))
        assert [one.trust for one in scene.hub.asked] == [TrustLevel.BASIC, TrustLevel.SUBSTANTIAL]

    def test_the_citizen_id_is_asked_for_what_tools_may_get(self, scene: Scene) -> None:
        scene.is_sent(scene.begins())
        assert scene.hub.asked[0].claims == ("name",)


class TestAccounts:
    def test_the_same_person_comes_back_to_the_same_account(self, scene: Scene) -> None:
        _, first = scene.signs_in()
        _, second = scene.signs_in()
        assert first.subject_id == second.subject_id

    def test_an_address_never_joins_accounts_al_01(self, scene: Scene) -> None:
        scene.hub.claims = {"email": HeldClaim("erika@post.example", TrustLevel.HIGH)}
        _, first = scene.signs_in()
        scene.hub.person = "somebody-else"
        _, second = scene.signs_in()
        assert first.subject_id != second.subject_id

    def test_the_same_key_at_another_citizen_id_is_another_account_a_27(self, scene: Scene) -> None:
        _, first = scene.signs_in(alias="bundid")
        _, second = scene.signs_in(alias="sh")
        assert first.subject_id != second.subject_id


class TestReplacing:
    def test_every_sign_in_has_a_new_session_id_se_01(self, scene: Scene) -> None:
        _, first = scene.signs_in()
        _, second = scene.signs_in(first)
        assert first.id != second.id
        assert scene.sessions.find(first.id) is None

    def test_the_same_persons_tools_follow_to_the_new_session(self, scene: Scene) -> None:
        _, first = scene.signs_in()
        token = scene.redeems(scene.lets_in(first)).access_token
        _, second = scene.signs_in(first)
        assert scene.issuing.userinfo(token)[1]["sub"]
        assert scene.signing_out.end(second).tools.names == ("Mitmachkarte",)

    def test_another_persons_tools_are_signed_out_se_03(self, scene: Scene) -> None:
        _, first = scene.signs_in()
        scene.redeems(scene.lets_in(first))
        scene.hub.person = "somebody-else"
        scene.signs_in(first)
        (delivery,) = takes_all(scene.outbox)
        assert delivery.client_id == client().client_id
        assert scene.hub.ended == ["hub-token-of-erika"]

    def test_a_level_that_decayed_does_not_come_back_with_activity(self, scene: Scene) -> None:
        _, session = scene.signs_in()
        scene.agrees(scene.begins(), session)
        scene.clock.advance(minutes=6)
        scene.gets_code(scene.begins(), session)
        found = scene.sessions.find(session.id)
        assert found is not None
        assert found.trust_at(scene.clock() + timedelta(seconds=1)) is TrustLevel.SUBSTANTIAL


class TestWhatIsAsked:
    """The citizen ID is asked for what the tool in front may get; what it was asked for before is kept beside it."""

    def _two_tools(self, scene: Scene) -> None:
        scene.changes_tool(claims=(ClientClaim("name", {}),), scopes=("openid", "profile"))
        claims = (ClientClaim("bp_resident_of", {}), ClientClaim("bp_age_over", {}, required=False))
        scene.tool(client_id="haushalt", claims=claims, scopes=("openid", "eligibility"))

    def test_the_tool_in_front_decides_alone(self, scene: Scene) -> None:
        self._two_tools(scene)
        _, session = scene.signs_in()
        assert session.asked_claims == ("name",)
        _, other = scene.signs_in(client_id="haushalt")
        assert other.asked_claims == ("bp_age_over", "bp_resident_of")

    def test_a_tool_that_needs_more_means_one_more_sign_in_and_the_way_back_none(self, scene: Scene) -> None:
        self._two_tools(scene)
        _, first = scene.signs_in()
        asked = scene.begins(client_id="haushalt", scopes=("openid", "eligibility"))
        assert scene.signing_in.judge(asked, first) == ChooseProvider(("bundid", "sh"), TrustLevel.BASIC, ("bp_resident_of",))
        done = scene.comes_back(scene.is_sent(asked), first.id)
        assert done.session is not None
        assert isinstance(scene.signing_in.judge(done.request, done.session), AskConsent)
        assert isinstance(scene.signing_in.judge(scene.begins(scopes=("openid", "profile")), done.session), AskConsent)

    def test_cancelling_that_sign_in_leads_back_to_the_choice_and_keeps_the_session(self, scene: Scene) -> None:
        self._two_tools(scene)
        _, first = scene.signs_in()
        asked = scene.begins(client_id="haushalt", scopes=("openid", "eligibility"))
        state = scene.is_sent(asked)
        scene.hub.trouble = UpstreamCancelled()
        done = scene.comes_back(state, first.id)
        assert done.session is None
        assert scene.sessions.find(first.id) == first
        assert isinstance(scene.signing_in.judge(done.request, first), ChooseProvider)

    def test_a_tool_that_asks_for_nothing_more_needs_no_sign_in(self, scene: Scene) -> None:
        self._two_tools(scene)
        _, session = scene.signs_in(client_id="haushalt")
        scene.changes_tool(claims=(ClientClaim("name", {}, required=False),))
        assert isinstance(scene.signing_in.judge(scene.begins(), session), AskConsent)
