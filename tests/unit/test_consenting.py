"""Agreeing: the stored request decides, the record is what was shown (CN-01, CN-03, CN-04, A-37, A-38)."""

from __future__ import annotations

import pytest

from broker.core.client import ClientClaim
from broker.core.errors import AccessDenied, InvalidRequest
from broker.core.next_step import AskConsent, Issue, Refuse
from broker.core.request import Prompt
from broker.flows.naming import PSEUDONYM, new_pseudonym, pseudonym_fault
from tests.support.flow_scene import Scene
from tests.support.makers import BROWSER


def test_the_offer_shows_real_values_and_purposes(scene: Scene) -> None:
    scene.hub.claims = {"name": scene.hub.claims["given_name"]}
    asked, session = scene.signs_in()
    offer = scene.consenting.offer(asked, session)
    assert offer is not None
    assert offer.pseudonym is not None
    shown = {line.definition.name: line.value for line in offer.claims}
    assert shown == {"preferred_username": offer.pseudonym, "nickname": offer.pseudonym, "locale": "de", "name": "Erika"}
    purposes = {line.definition.name: line.purpose for line in offer.claims}
    assert purposes["name"] == {"de": "Anrede", "en": "Salutation"}


def test_agreeing_is_recorded_and_not_asked_again(scene: Scene) -> None:
    asked, session = scene.signs_in()
    given = scene.agrees(asked, session)
    assert isinstance(scene.signing_in.judge(given, session), Issue)
    record = scene.consents.find(session.subject_id, "karte")
    assert record is not None
    assert record.claims == {"preferred_username", "nickname", "locale", "name"}
    assert isinstance(scene.signing_in.judge(scene.begins(), session), Issue)


def test_an_added_claim_is_asked_for_again_cn_04(scene: Scene) -> None:
    _, session = scene.signs_in()
    scene.agrees(scene.begins(), session)
    scene.changes_tool(claims=(ClientClaim("name", {"de": "Anrede"}), ClientClaim("given_name", {"de": "Vorname"}, required=False)))
    assert isinstance(scene.signing_in.judge(scene.begins(), session), AskConsent)


def test_denying_is_told_to_the_tool(scene: Scene) -> None:
    asked, session = scene.signs_in()
    scene.consenting.deny(asked)
    step = scene.signing_in.judge(scene.signing_in.resume(asked.id, BROWSER), session)
    assert isinstance(step, Refuse)
    assert isinstance(step.error, AccessDenied)


def test_a_second_click_records_nothing(scene: Scene) -> None:
    asked, session = scene.signs_in()
    given = scene.agrees(asked, session)
    assert scene.agrees(given, session, "another-name") == given
    assert len(scene.consents.list(session.subject_id)) == 1
    assert scene.consenting.offer(given, session) is None


def test_a_denied_request_cannot_be_agreed_to_cn_01(scene: Scene) -> None:
    asked, session = scene.signs_in()
    denied = scene.consenting.deny(asked)
    assert scene.agrees(denied, session) == denied
    assert scene.consents.list(session.subject_id) == ()


class TestPseudonym:
    def test_the_citizens_choice_is_kept_for_the_sector(self, scene: Scene) -> None:
        asked, session = scene.signs_in()
        code = scene.gets_code(scene.agrees(asked, session, "Waldkauz_7"), session)
        assert scene.issuing.userinfo(scene.redeems(code).access_token)[1]["preferred_username"] == "Waldkauz_7"

    def test_it_can_be_changed_when_asked_again(self, scene: Scene) -> None:
        _, session = scene.signs_in()
        scene.agrees(scene.begins(), session, "first-name")
        again = scene.begins(prompts=frozenset({Prompt.CONSENT}))
        offer = scene.consenting.offer(again, session)
        assert offer is not None
        assert offer.pseudonym == "first-name"
        token = scene.redeems(scene.gets_code(scene.agrees(again, session, "second-name"), session)).access_token
        assert scene.issuing.userinfo(token)[1]["nickname"] == "second-name"

    def test_the_sub_stays_when_the_pseudonym_changes(self, scene: Scene) -> None:
        _, session = scene.signs_in()
        first = scene.redeems(scene.lets_in(session)).grant.sub
        again = scene.begins(prompts=frozenset({Prompt.CONSENT}))
        second = scene.redeems(scene.gets_code(scene.agrees(again, session, "second-name"), session)).grant.sub
        assert first == second

    @pytest.mark.parametrize("odd", ["", "four", "x" * 41, "-dash", "with space", "umläut", "a<b>c", "name\n", ".dots"])
    def test_an_odd_one_is_refused_and_nothing_is_recorded(self, scene: Scene, odd: str) -> None:
        asked, session = scene.signs_in()
        assert pseudonym_fault(odd)
        with pytest.raises(InvalidRequest):
            scene.agrees(asked, session, odd)
        assert scene.consents.list(session.subject_id) == ()

    def test_made_up_ones_fit_every_tool(self) -> None:
        made = {new_pseudonym() for _ in range(500)}
        assert len(made) > 450
        assert all(PSEUDONYM.fullmatch(one) and one == one.lower() and one.isascii() for one in made)

    def test_a_tool_that_shows_no_pseudonym_asks_for_none(self, scene: Scene) -> None:
        asked, session = scene.signs_in(scopes=("openid",))
        offer = scene.consenting.offer(asked, session)
        assert offer is not None
        assert offer.pseudonym is None


def test_sectors_do_not_share_a_sub_a_38(scene: Scene) -> None:
    scene.tool(client_id="haushalt", sector="haushalt.example.org")
    _, session = scene.signs_in()
    one = scene.redeems(scene.lets_in(session)).grant
    two = scene.redeems(scene.lets_in(session, client_id="haushalt"), client_id="haushalt").grant
    assert one.sub != two.sub
    assert one.sid != two.sid
