"""`bp_vote_key`: one person, one voice in each procedure of a tool (citizen IDs 6; features 8)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from broker.core.client import ClientClaim
from broker.core.procedure import Procedure
from broker.core.trust import TrustLevel
from tests.support.app import ISSUER, Broker
from tests.support.browser import Browser
from tests.support.statements import Statements
from tests.support.tool import Tool, answer_in

PURPOSE = {"de": "Jede Person stimmt einmal ab.", "en": "Every person votes once."}
CLAIMS = (ClientClaim("bp_vote_key", PURPOSE), ClientClaim("bp_vote_key_strength", PURPOSE))
ERIKA = "ERIKA|MUSTERMANN|1964-08-12"


@pytest.fixture
def tool(broker: Broker) -> Tool:
    """A tool that holds votes."""
    return voting_tool(broker)


def voting_tool(broker: Broker, client_id: str = "haushalt", **changes: Any) -> Tool:
    return broker.tool(client_id, **{"scopes": ("openid", "profile", "voting"), "claims": CLAIMS, **changes})


def opens(broker: Broker, procedure_id: str, client_id: str = "haushalt", title: str = "Bürgerhaushalt 2027") -> None:
    procedure = Procedure(procedure_id, client_id, title, broker.clock(), broker.clock() + timedelta(days=30))
    broker.parts.stores.procedures.add(procedure)


def enters(tool: Tool, browser: Browser, scope: str = "openid voting:eins") -> dict[str, Any]:
    """Sign in for a vote; what userinfo then says."""
    answer = tool.redeems(browser.arrives(tool, scope=scope).code).get_json()
    told: dict[str, Any] = tool.asks_userinfo(answer["access_token"]).get_json()
    return told


def voice(told: dict[str, Any]) -> tuple[str | None, str | None]:
    return told.get("bp_vote_key"), told.get("bp_vote_key_strength")


def test_the_same_citizen_has_one_key_in_a_procedure_and_another_in_the_next(broker: Broker, tool: Tool) -> None:
    opens(broker, "eins")
    opens(broker, "zwei")
    first = voice(enters(tool, broker.browser()))
    assert first[0]
    assert first[1] == "account"
    assert voice(enters(tool, broker.browser())) == first
    assert voice(enters(tool, broker.browser(), "openid voting:zwei"))[0] not in (None, first[0])


def test_the_same_person_with_two_accounts_has_one_voice_of_strength_person(broker: Broker, tool: Tool) -> None:
    opens(broker, "eins")
    broker.hub.proven_person = ERIKA
    first = voice(enters(tool, broker.browser()))
    broker.hub.person = "erikas-second-account"
    second = voice(enters(tool, broker.browser()))
    assert first == second
    assert first[1] == "person"
    (shared,) = broker.parts.stores.procedures.shared("eins")
    assert (shared.key, shared.accounts) == (first[0], 2)


def test_two_persons_have_two_voices(broker: Broker, tool: Tool) -> None:
    opens(broker, "eins")
    broker.hub.proven_person = ERIKA
    first = voice(enters(tool, broker.browser()))
    broker.hub.person, broker.hub.proven_person = "paul", "PAUL|SCHMIDT|1980-02-29"
    assert voice(enters(tool, broker.browser()))[0] != first[0]


def test_below_substantial_the_voice_is_the_accounts(broker: Broker, tool: Tool) -> None:
    opens(broker, "eins")
    broker.hub.proven_person, broker.hub.trust = ERIKA, TrustLevel.LOW
    assert voice(enters(tool, broker.browser()))[1] == "account"


def test_an_account_erased_and_made_anew_has_the_voice_it_had(broker: Broker, tool: Tool) -> None:
    opens(broker, "eins")
    browser = broker.browser()
    before = voice(enters(tool, browser))
    broker.parts.stores.accounts.erase(broker.session_of(browser).subject_id)
    assert voice(enters(tool, broker.browser())) == before


def test_an_organisation_gets_no_voice(broker: Broker, tool: Tool) -> None:
    opens(broker, "eins")
    broker.hub.subject_type = "organisation"
    told = enters(tool, broker.browser())
    assert told["bp_subject_type"] == "organisation"
    assert voice(told) == (None, None)


def test_the_consent_page_names_the_vote_and_asks_for_each(broker: Broker, browser: Browser, tool: Tool) -> None:
    opens(broker, "eins")
    opens(broker, "zwei", title="Radweg am Kanal")
    page = browser.signs_in(browser.opens(tool.url(scope="openid voting:eins")))
    assert "Bürgerhaushalt 2027" in page.text
    assert "Eine Stimme für dieses Konto" in page.text
    assert browser.presses(page, "consent-allow").code
    again = browser.opens(tool.url(scope="openid voting:zwei"))
    assert "Radweg am Kanal" in again.text
    assert 'id="consent-allow"' in again.text


def test_looking_at_the_consent_page_makes_no_voice(broker: Broker, browser: Browser, tool: Tool) -> None:
    opens(broker, "eins")
    page = browser.signs_in(browser.opens(tool.url(scope="openid voting:eins")))
    assert 'id="consent-allow"' in page.text
    subject_id = broker.session_of(browser).subject_id
    assert broker.parts.stores.procedures.find_vote_key("eins", subject_id) is None


class TestScope:
    def test_plain_voting_means_the_one_that_is_open_and_the_answer_names_it(self, broker: Broker, browser: Browser, tool: Tool) -> None:
        opens(broker, "eins")
        answer = tool.redeems(browser.arrives(tool, scope="openid voting").code).get_json()
        assert "voting:eins" in answer["scope"].split()
        assert "bp_vote_key" in tool.asks_userinfo(answer["access_token"]).get_json()

    @pytest.mark.parametrize("count", [0, 2])
    def test_plain_voting_is_left_out_unless_one_is_open(self, broker: Broker, browser: Browser, tool: Tool, count: int) -> None:
        for number in range(count):
            opens(broker, f"vote-{number}")
        answer = tool.redeems(browser.arrives(tool, scope="openid voting").code).get_json()
        assert "voting" not in answer["scope"]
        assert voice(tool.asks_userinfo(answer["access_token"]).get_json()) == (None, None)

    @pytest.mark.parametrize("named", ["voting:unknown", "voting:fremd", "voting:zu", "voting:", "voting:eins voting:zwei"])
    def test_a_procedure_that_is_not_the_tools_or_not_open_is_refused_all_alike(
        self, broker: Broker, browser: Browser, tool: Tool, named: str
    ) -> None:
        voting_tool(broker, "andere")
        for procedure_id, owner in {"eins": "haushalt", "zwei": "haushalt", "fremd": "andere", "zu": "haushalt"}.items():
            opens(broker, procedure_id, owner)
        broker.parts.stores.procedures.revoke("zu")
        answer = browser.opens(tool.url(scope=f"openid {named}")).answer
        assert answer["error"] == "invalid_scope"

    def test_a_tool_without_the_scope_gets_in_without_it(self, broker: Broker, browser: Browser) -> None:
        opens(broker, "eins", "karte")
        tool = broker.tool("karte", claims=CLAIMS)
        answer = tool.redeems(browser.arrives(tool, scope="openid voting:eins").code).get_json()
        assert answer["scope"] == "openid"

    def test_wishing_for_the_key_without_the_scope_yields_nothing(self, broker: Broker, browser: Browser, tool: Tool) -> None:
        opens(broker, "eins")
        page = browser.signs_in(browser.opens(tool.url(scope="openid", claims='{"userinfo":{"bp_vote_key":null}}')))
        assert "Ihre Stimme" not in page.text
        token = tool.redeems(browser.presses(page, "consent-allow").code).get_json()["access_token"]
        assert voice(tool.asks_userinfo(token).get_json()) == (None, None)


class TestTheEnd:
    def test_after_the_closing_no_token_shows_a_key_any_more(self, broker: Broker, browser: Browser, tool: Tool) -> None:
        opens(broker, "eins")
        token = tool.redeems(browser.arrives(tool, scope="openid voting:eins").code).get_json()["access_token"]
        broker.parts.stores.procedures.revoke("eins")
        assert voice(tool.asks_userinfo(token).get_json()) == (None, None)

    def test_a_code_from_before_the_closing_brings_no_key(self, broker: Broker, browser: Browser) -> None:
        tool = voting_tool(broker, claims_in_id_token=True)
        opens(broker, "eins")
        code = browser.arrives(tool, scope="openid voting:eins").code
        broker.parts.stores.procedures.revoke("eins")
        assert voice(tool.verifies(tool.redeems(code).get_json()["id_token"])) == (None, None)

    def test_with_the_citizens_session_the_key_goes(self, broker: Broker, browser: Browser, tool: Tool) -> None:
        opens(broker, "eins")
        token = tool.redeems(browser.arrives(tool, scope="openid voting:eins").code).get_json()["access_token"]
        broker.parts.signing_out.end(broker.session_of(browser))
        assert tool.asks_userinfo(token).status_code == 401


def test_where_the_record_wants_it_the_key_is_in_the_id_token(broker: Broker, browser: Browser) -> None:
    tool = voting_tool(broker, claims_in_id_token=True)
    opens(broker, "eins")
    answer = tool.redeems(browser.arrives(tool, scope="openid voting:eins").code).get_json()
    told = tool.asks_userinfo(answer["access_token"]).get_json()
    assert voice(tool.verifies(answer["id_token"])) == voice(told) != (None, None)


def test_a_tool_without_voting_pays_nothing_for_it(broker: Broker, browser: Browser) -> None:
    tool = broker.tool("karte")
    tool.redeems(browser.arrives(tool, scope="openid profile").code)
    with Statements(broker.parts.stores.database) as statements:
        location = browser.client.get(tool.url(scope="openid profile"), base_url=ISSUER).headers["Location"]
        token = tool.redeems(answer_in(location)["code"]).get_json()["access_token"]
        tool.asks_userinfo(token)
    assert not [one for one in statements if "PROCEDURES" in one.upper() or "VOTE_KEYS" in one.upper()]


def test_only_a_tool_that_votes_has_the_citizen_id_asked_for_name_and_birth_date(broker: Broker, browser: Browser) -> None:
    browser.sets_out(broker.tool("karte").url())
    voting = voting_tool(broker)
    broker.browser().sets_out(voting.url())
    asked = [one.claims or () for one in broker.hub.asked]
    assert ["upstream_person" in claims for claims in asked] == [False, True]
