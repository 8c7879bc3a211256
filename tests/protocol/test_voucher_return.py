"""Coming back: what a voucher says stays with the account, whichever of its citizen IDs signs in, as long as the voucher is good."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import insert, text

from broker.core.claim import HeldClaim
from broker.core.subject import UpstreamIdentity
from broker.core.trust import TrustLevel
from broker.store.tables import linked_identities
from tests.support.app import Broker
from tests.support.tool import Tool
from tests.support.voucher import handing_out, hands_out, learns, takes_part, youth_tool

YOUNG = {"bp_age_over": HeldClaim([12], TrustLevel.HIGH)}
HERE = {
    "bp_resident_of": HeldClaim(["05315000"], TrustLevel.HIGH),
    "bp_residence_evidence": HeldClaim("eid_ags", TrustLevel.HIGH),
}


@pytest.fixture
def tool(broker: Broker) -> Tool:
    """Of Lübeck and Köln."""
    return youth_tool(broker, municipalities=("01003000", "05315000"))


@pytest.fixture
def batch_id(broker: Broker, tool: Tool) -> str:
    """Somebody used a code and added BundID to the account; a day has passed."""
    made = hands_out(broker)
    takes_part(broker.browser(), tool, made.codes[0])
    broker.hub.claims = {}
    _links_bundid(broker)
    broker.clock.advance(days=1)
    return made.batch.id


def _links_bundid(broker: Broker) -> None:
    row = broker.parts.stores.database.one(text("SELECT subject_id FROM linked_identities"))
    assert row is not None
    person = UpstreamIdentity("bundid", broker.hub.person, TrustLevel.HIGH, (), {}, broker.clock())
    _, link = broker.parts.signing_in.linking.new_account(person, "de")
    values = {name: getattr(replace(link, subject_id=row.subject_id), name) for name in type(link).__slots__}
    broker.parts.stores.database.run(insert(linked_identities), values)


def comes_back(broker: Broker, tool: Tool) -> dict[str, Any]:
    """Signs in with BundID; what the tool learns."""
    browser = broker.browser()
    stop = browser.signs_in(browser.opens(tool.url(scope="openid eligibility assurance")))
    return learns(tool, browser.presses(stop, "consent-allow") if 'id="consent-allow"' in stop.text else stop)


def test_the_voucher_fills_what_the_citizen_id_does_not_say(broker: Broker, tool: Tool, batch_id: str) -> None:
    told = comes_back(broker, tool)
    assert told["acr"] == TrustLevel.HIGH.acr, "the level is of this sign-in"
    assert (told["bp_resident_of"], told["bp_residence_evidence"]) == (["01003000"], "voucher")
    assert told["bp_residence_as_of"] == "2026-11-26", "the day the code was used, not today"
    assert told["bp_age_over"] == [14]
    assert set(told["bp_attr_loa"].values()) == {"self"}


def test_what_the_citizen_id_says_itself_counts_alone(broker: Broker, tool: Tool, batch_id: str) -> None:
    broker.hub.claims = HERE
    told = comes_back(broker, tool)
    assert (told["bp_resident_of"], told["bp_residence_evidence"]) == (["05315000"], "eid_ags")
    assert told["bp_residence_as_of"] == "2026-11-27"
    assert told["bp_age_over"] == [14], "of the age it said nothing"


def test_an_age_is_never_put_together_from_two_sources(broker: Broker, tool: Tool, batch_id: str) -> None:
    broker.hub.claims = YOUNG
    assert comes_back(broker, tool)["bp_age_over"] == []


def test_a_voucher_that_ended_says_nothing_any_more(broker: Broker, tool: Tool, batch_id: str) -> None:
    broker.clock.advance(days=30)
    assert not comes_back(broker, tool).keys() & {"bp_resident_of", "bp_age_over", "bp_residence_evidence"}


def test_a_withdrawn_voucher_says_nothing_any_more(broker: Broker, tool: Tool, batch_id: str) -> None:
    handing_out(broker).withdraw(batch_id)
    assert not comes_back(broker, tool).keys() & {"bp_resident_of", "bp_age_over"}


def test_withdrawing_ends_a_sign_in_that_holds_its_word_and_no_other(broker: Broker, tool: Tool, batch_id: str) -> None:
    with_its_word, without = broker.browser(), broker.browser()
    with_its_word.arrives(tool, scope="openid eligibility assurance")
    broker.hub.person = "somebody else"
    without.arrives(tool, scope="openid eligibility assurance")
    broker.hub.person = "erika"
    assert handing_out(broker).withdraw(batch_id) == 1
    assert with_its_word.opens(tool.url(prompt="none")).answer["error"] == "login_required"
    assert without.opens(tool.url(prompt="none")).code


def test_without_the_link_to_the_voucher_it_says_nothing(broker: Broker, tool: Tool, batch_id: str) -> None:
    broker.parts.stores.database.run(text("DELETE FROM linked_identities WHERE provider_alias = 'voucher'"))
    assert not comes_back(broker, tool).keys() & {"bp_resident_of", "bp_age_over"}


def test_others_get_nothing_of_it(broker: Broker, tool: Tool, batch_id: str) -> None:
    broker.hub.person = "somebody else"
    assert not comes_back(broker, tool).keys() & {"bp_resident_of", "bp_age_over"}
