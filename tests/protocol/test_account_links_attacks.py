"""Nobody links, keeps or proves what is not theirs (AL-04, AL-05, AL-07, AL-08, AL-09; SE-03, SE-11)."""

from __future__ import annotations

import json
from typing import ClassVar

import pytest

from broker.core.trust import TrustLevel
from tests.support.account import PAGE, accounts, let_go, linked, links, proposes, several_citizen_ids, signs_in
from tests.support.app import ISSUER, Broker
from tests.support.browser import Browser, form_of
from tests.support.tool import Tool

HIGH = json.dumps({"id_token": {"acr": {"essential": True, "values": [TrustLevel.HIGH.acr]}}})


@pytest.fixture(autouse=True)
def _citizen_ids(broker: Broker) -> None:
    several_citizen_ids(broker)


class TestProofSwap:
    """AL-05: proven with one account, finished with another, in another browser, at another citizen ID."""

    def test_al_05_another_account_signed_in_meanwhile(self, broker: Broker, browser: Browser) -> None:
        signs_in(broker, browser)
        page = proposes(broker, browser, "erika-bavarian")
        signs_in(broker, browser, "paul")
        refused = browser.presses(page, "link-confirm")
        assert (refused.response.status_code, refused.error_code) == (403, "BP-403-LINK")
        assert len(linked(broker, browser)) == 1
        assert accounts(broker) == 2

    def test_al_05_another_account_signed_in_before_the_second_citizen_id_came_back(self, broker: Broker, browser: Browser) -> None:
        signs_in(broker, browser)
        hub = browser.chooses(browser.presses(browser.opens(PAGE), "link-add"), "bayernid")
        signs_in(broker, browser, "paul")
        broker.hub.person = "erika-bavarian"
        assert browser.comes_back(hub).error_code == "BP-403-LINK"
        assert accounts(broker) == 2

    def test_al_05_the_answer_in_another_browser(self, broker: Broker, browser: Browser) -> None:
        signs_in(broker, browser)
        hub = browser.chooses(browser.presses(browser.opens(PAGE), "link-add"), "bayernid")
        victim = broker.browser()
        signs_in(broker, victim, "victim", "bayernid")
        refused = victim.comes_back(hub)
        assert refused.error_code == "BP-403-BROWSER"
        assert len(linked(broker, victim)) == 1
        assert browser.comes_back(hub).error_code == "BP-410-REQUEST", "and it is used up"

    def test_al_05_the_question_in_another_browser(self, broker: Broker, browser: Browser) -> None:
        signs_in(broker, browser)
        page = proposes(broker, browser, "erika-bavarian")
        action, _ = form_of(page.text, "link-confirm")
        victim = broker.browser()
        signs_in(broker, victim, "victim")
        assert victim.opens(action).error_code == "BP-403-BROWSER"
        token = form_of(victim.opens(PAGE).text, "link-add")[1]["csrf_token"]
        assert victim.posts(action, {"csrf_token": token, "decision": "confirm"}).error_code == "BP-403-BROWSER"
        assert len(linked(broker, victim)) == 1

    def test_al_05_what_the_form_says_of_the_citizen_id_counts_for_nothing(self, broker: Broker, browser: Browser) -> None:
        signs_in(broker, browser)
        page = proposes(broker, browser, "erika-bavarian")
        browser.presses(page, "link-confirm", provider="bundid", provider_alias="bundid", upstream_hash="x", links_to="x")
        assert [one.provider_alias for one in linked(broker, browser)] == ["bundid", "bayernid"]

    def test_al_05_a_proof_counts_once(self, broker: Broker, browser: Browser) -> None:
        signs_in(broker, browser)
        page = proposes(broker, browser, "erika-bavarian")
        done = browser.presses(page, "link-confirm")
        broker.clock.advance(seconds=1)
        browser.presses(done, "link-undo-1")
        browser.presses(page, "link-confirm")
        assert len(linked(broker, browser)) == 1, "what was taken back does not come back by pressing again"

    def test_al_05_signed_out_meanwhile(self, broker: Broker, browser: Browser) -> None:
        signs_in(broker, browser)
        page = proposes(broker, browser, "erika-bavarian")
        broker.parts.signing_out.end(broker.session_of(browser))
        assert browser.presses(page, "link-confirm").error_code == "BP-403-LINK"


class TestFreshness:
    def test_an_old_sign_in_has_to_be_renewed_first(self, broker: Broker, browser: Browser) -> None:
        signs_in(broker, browser)
        broker.clock.advance(minutes=6)
        page = browser.opens(PAGE)
        assert 'id="link-add"' not in page.text
        assert "noch einmal an" in page.text
        assert 'id="link-add"' in signs_in(broker, browser).text

    def test_a_page_kept_open_does_not_help(self, broker: Broker, browser: Browser) -> None:
        page = signs_in(broker, browser)
        broker.clock.advance(minutes=6)
        asked = len(broker.hub.asked)
        assert 'id="account-sign-in"' in browser.presses(page, "link-add").text
        assert len(broker.hub.asked) == asked

    def test_signing_in_anew_really_asks(self, broker: Broker, browser: Browser) -> None:
        signs_in(broker, browser)
        broker.clock.advance(minutes=6)
        stop = browser.presses(browser.opens(PAGE), "account-sign-in")
        assert 'id="provider-bundid"' in stop.text


class TestForcedLink:
    """AL-07: a link that U2 makes, or a form that U2 sends in U1's browser, attaches nothing."""

    @pytest.mark.parametrize("token", ["", "forged", None])
    @pytest.mark.parametrize("path", ["/add", "/sign-in", "/confirm/some-request", "/remove/some-handle", "/news/some-request"])
    def test_al_07_se_11_no_form_without_our_token(self, broker: Broker, browser: Browser, path: str, token: str | None) -> None:
        signs_in(broker, browser)
        form = {"decision": "confirm"} | ({"csrf_token": token} if token is not None else {})
        refused = browser.posts(f"{PAGE}{path}", form)
        assert (refused.response.status_code, refused.error_code) == (403, "BP-403-FORM")

    @pytest.mark.parametrize("path", ["/add", "/sign-in"])
    @pytest.mark.parametrize("method", ["get", "head", "put", "patch", "delete"])
    def test_al_07_no_address_alone_does_anything(self, broker: Broker, browser: Browser, path: str, method: str) -> None:
        signs_in(broker, browser)
        asked = len(broker.hub.asked)
        response = getattr(browser.client, method)(f"{PAGE}{path}?provider=bayernid", base_url=ISSUER)
        assert response.status_code in (403, 405)
        assert len(broker.hub.asked) == asked

    def test_al_07_a_token_of_another_browser_is_none(self, broker: Broker, browser: Browser) -> None:
        attacker = broker.browser()
        token = form_of(signs_in(broker, attacker, "attacker").text, "link-add")[1]["csrf_token"]
        signs_in(broker, browser)
        assert browser.posts(f"{PAGE}/add", {"csrf_token": token}).error_code == "BP-403-FORM"

    def test_al_07_opening_the_question_links_nothing(self, broker: Broker, browser: Browser) -> None:
        signs_in(broker, browser)
        action, _ = form_of(proposes(broker, browser, "erika-bavarian").text, "link-confirm")
        for _ in range(3):
            browser.opens(action)
        browser.client.head(action, base_url=ISSUER)
        assert len(linked(broker, browser)) == 1

    def test_al_07_the_account_pages_are_no_client_that_anybody_can_name(self, broker: Broker, browser: Browser, tool: Tool) -> None:
        signs_in(broker, browser)
        assert browser.opens(tool.url(client_id="*account")).error_code == "BP-400-CLIENT"
        answer = tool.posts("/token", {"grant_type": "client_credentials", "client_id": "*account", "client_secret": "x"})
        assert answer.get_json()["error"] == "invalid_client"


class TestPreHijack:
    """AL-08: whatever somebody prepared before the owner came, nothing of it survives the owner's first sign-in."""

    def test_al_08_a_link_begun_by_another_does_not_wait_for_the_owner(self, broker: Broker, tool: Tool) -> None:
        attacker, owner = broker.browser(), broker.browser()
        signs_in(broker, attacker, "attacker")
        hub = attacker.chooses(attacker.presses(attacker.opens(PAGE), "link-add"), "bayernid")
        broker.hub.person = "owner"
        assert owner.comes_back(hub).error_code == "BP-403-BROWSER"
        signs_in(broker, owner, "owner", "bayernid")
        assert broker.session_of(owner).subject_id != broker.session_of(attacker).subject_id
        assert len(linked(broker, attacker)) == 1

    def test_al_08_a_session_left_in_the_browser_is_not_the_owners(self, broker: Broker, browser: Browser) -> None:
        signs_in(broker, browser, "attacker")
        prepared = broker.session_of(browser)
        signs_in(broker, browser, "owner", "bayernid")
        assert broker.parts.stores.sessions.find(prepared.id) is None
        assert broker.session_of(browser).subject_id != prepared.subject_id

    def test_al_08_a_question_left_open_is_worth_nothing_after_the_owner_signed_in(self, broker: Broker, browser: Browser) -> None:
        """A shared computer: somebody waits with the attacker's account for the owner to sign in, and for a click."""
        signs_in(broker, browser, "attacker")
        page = proposes(broker, browser, "owner")
        signs_in(broker, browser, "owner", "bayernid")
        assert browser.presses(page, "link-confirm").error_code == "BP-403-LINK"
        assert len(linked(broker, browser)) == 1

    def test_al_08_who_was_tricked_into_a_link_is_told_and_gets_out(self, broker: Broker, browser: Browser) -> None:
        signs_in(broker, browser, "attacker")
        links(broker, browser, "owner")
        broker.clock.advance(minutes=1)
        owner = broker.browser()
        page = signs_in(broker, owner, "owner", "bayernid")
        assert "Gehört eines davon nicht Ihnen?" in page.text
        owner.presses(owner.opens(remove_address(owner.opens(PAGE).text, "BayernID")), "link-remove")
        signs_in(broker, owner, "owner", "bayernid")
        assert [one.provider_alias for one in linked(broker, owner)] == ["bayernid"]
        assert broker.session_of(owner).subject_id != broker.session_of(browser).subject_id


class TestMassAssignment:
    """AL-04, AL-09: what a form says about account, level or person is not read."""

    EXTRA: ClassVar = {
        "email": "victim@post.example", "email_verified": "true", "name": "U1", "given_name": "U1", "sub": "victim", "subject_id": "victim",
        "trust": "4", "acr": "high", "status": "active", "announced_at": "2026-01-01",
    }  # fmt: skip

    def test_al_04_al_09_extra_fields_change_nothing(self, broker: Broker, browser: Browser) -> None:
        signs_in(broker, browser)
        session = broker.session_of(browser)
        broker.hub.trust = TrustLevel.LOW
        browser.presses(proposes(broker, browser, "erika-bavarian"), "link-confirm", **self.EXTRA)
        assert broker.session_of(browser) == let_go(session)
        assert [one.trust for one in linked(broker, browser)] == [TrustLevel.HIGH, TrustLevel.LOW]
        assert [one.announced_at is None for one in linked(broker, browser)] == [False, True]

    @pytest.mark.parametrize("method", ["patch", "put", "delete"])
    @pytest.mark.parametrize("path", ["", "/sign-in", "/add", "/news/x", "/confirm/x", "/remove/x"])
    def test_al_09_an_account_cannot_be_patched(self, broker: Broker, browser: Browser, method: str, path: str) -> None:
        signs_in(broker, browser)
        response = getattr(browser.client, method)(f"{PAGE}{path}", base_url=ISSUER, json=self.EXTRA)
        assert response.status_code in (403, 405)


def test_se_03_a_step_up_with_somebody_elses_citizen_id_replaces_the_session(broker: Broker, browser: Browser, tool: Tool) -> None:
    broker.hub.trust = TrustLevel.LOW
    broker.hub.person = "erika"
    browser.arrives(tool)
    before = broker.session_of(browser)
    broker.hub.person, broker.hub.trust = "paul", TrustLevel.HIGH
    browser.signs_in(browser.opens(tool.url(claims=HIGH)), "bayernid")
    after = broker.session_of(browser)
    assert after.subject_id != before.subject_id
    assert broker.parts.stores.sessions.find(before.id) is None
    assert broker.hub.ended == ["hub-token-of-erika"]


def test_a_step_up_with_a_linked_citizen_id_stays_the_same_person(broker: Broker, browser: Browser, tool: Tool) -> None:
    broker.hub.trust = TrustLevel.LOW
    signs_in(broker, browser)
    links(broker, browser, "erika-bavarian")
    before = broker.session_of(browser)
    broker.hub.person, broker.hub.trust = "erika-bavarian", TrustLevel.HIGH
    browser.signs_in(browser.opens(tool.url(claims=HIGH)), "bayernid")
    after = broker.session_of(browser)
    assert after.subject_id == before.subject_id
    assert after.id != before.id
    assert after.trust is TrustLevel.HIGH


@pytest.mark.parametrize("path", ["/confirm/unknown", "/news/unknown", f"/confirm/{'x' * 5000}", "/confirm/%00"])
def test_made_up_requests_are_expired_ones(broker: Broker, browser: Browser, path: str) -> None:
    signs_in(broker, browser)
    assert browser.opens(f"{PAGE}{path}").response.status_code in (400, 404, 410)


@pytest.mark.parametrize("handle", ["unknown", "x" * 5000, "%00", "..", "ü"])
def test_made_up_handles_remove_nothing(broker: Broker, browser: Browser, handle: str) -> None:
    page = signs_in(broker, browser)
    links(broker, browser, "erika-bavarian")
    token = form_of(page.text, "link-add")[1]["csrf_token"]
    browser.opens(f"{PAGE}/remove/{handle}")
    assert browser.posts(f"{PAGE}/remove/{handle}", {"csrf_token": token}).response.status_code in (200, 400, 404, 405)
    assert len(linked(broker, browser)) == 2


@pytest.mark.parametrize("decision", ["", "yes", "confirm ", None])
def test_any_other_decision_is_none(broker: Broker, browser: Browser, decision: str | None) -> None:
    signs_in(broker, browser)
    page = proposes(broker, browser, "erika-bavarian")
    action, fields = form_of(page.text, "link-confirm")
    fields.pop("decision")
    refused = browser.posts(action, fields | ({"decision": decision} if decision is not None else {}))
    assert refused.response.status_code == 400
    assert len(linked(broker, browser)) == 1


def remove_address(page: str, name: str) -> str:
    """Where the button that removes this citizen ID leads."""
    before = page.partition(f"{name} entfernen")[0]
    return before.rpartition('href="')[2].partition('"')[0]


def test_no_key_of_a_citizen_id_is_on_a_page_or_in_an_address(broker: Broker, browser: Browser) -> None:
    signs_in(broker, browser)
    pages = [proposes(broker, browser, "erika-bavarian")]
    pages += [browser.presses(pages[0], "link-confirm"), browser.opens(PAGE)]
    known = {value for one in linked(broker, browser) for value in (one.upstream_hash, one.subject_id)} | {"erika-bavarian"}
    assert not [value for page in pages for value in known if value in page.text]
