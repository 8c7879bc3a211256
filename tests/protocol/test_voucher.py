"""Signing in with a code on paper: what it is good for, that it works once, and that it belongs to one browser (citizen IDs 6; SE-02)."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from broker.core.trust import TrustLevel
from broker.core.voucher import new_voucher_code
from tests.support.app import PROVIDERS, Broker
from tests.support.browser import Browser, Stop
from tests.support.log import Log, written
from tests.support.voucher import (
    VOUCHER_PROVIDER,
    comes_to_the_field,
    handing_out,
    hands_out,
    takes_part,
    types,
    youth_tool,
)


@pytest.fixture
def code(broker: Broker) -> str:
    """A code for somebody of fourteen or more who lives in Lübeck."""
    return hands_out(broker).codes[0]


def accounts(broker: Broker) -> int:
    row = broker.parts.stores.database.one(text("SELECT count(*) FROM subjects"))
    assert row is not None
    return int(row[0])


def test_a_young_person_takes_part_at_level_basic_with_what_the_school_vouches_for(broker: Broker, browser: Browser, code: str) -> None:
    told = takes_part(browser, youth_tool(broker), code)
    assert told["acr"] == TrustLevel.BASIC.acr
    assert told["bp_resident_of"] == ["01003000"]
    assert told["bp_residence_evidence"] == "voucher"
    assert told["bp_residence_as_of"] == broker.clock().date().isoformat()
    assert told["bp_age_over"] == [14]
    assert set(told["bp_attr_loa"].values()) == {"self"}
    assert "amr" not in told
    assert broker.hub.asked == [], "the hub has no part in it"


def test_consent_shows_what_the_voucher_says_before_the_tool_learns_it(broker: Broker, browser: Browser, code: str) -> None:
    page = types(browser, comes_to_the_field(browser, youth_tool(broker)), code)
    assert 'id="consent-allow"' in page.text
    assert "mindestens 14 Jahre alt" in page.text
    assert "01003000" in page.text


def test_a_tool_elsewhere_learns_nothing_of_the_place(broker: Broker, browser: Browser, code: str) -> None:
    told = takes_part(browser, youth_tool(broker, municipalities=("05315000",)), code)
    assert told["bp_resident_of"] == []


def test_a_hint_leads_straight_to_the_field(broker: Broker, browser: Browser, code: str) -> None:
    page = browser.opens(youth_tool(broker).url(kc_idp_hint="voucher"))
    assert 'id="voucher-redeem"' in page.text
    assert "Tool jugend" in page.text


@pytest.mark.parametrize("change", [str.lower, lambda code: code.replace("-", ""), lambda code: f" {code.replace('-', ' – ')} "])
def test_a_code_may_be_typed_in_any_way_that_is_still_that_code(broker: Broker, browser: Browser, code: str, change: object) -> None:
    assert callable(change)
    assert 'id="consent-allow"' in types(browser, comes_to_the_field(browser, youth_tool(broker)), change(code)).text


def test_a_code_works_once_and_the_second_is_told_so(broker: Broker, code: str) -> None:
    tool, second = youth_tool(broker), broker.browser()
    takes_part(broker.browser(), tool, code)
    page = types(second, comes_to_the_field(second, tool), code)
    assert "Dieser Code ist schon verbraucht" in page.text
    assert 'aria-invalid="true"' in page.text
    assert "__Host-bp-session" not in second.cookies()


def test_pressing_the_button_twice_is_no_second_use(broker: Broker, browser: Browser, code: str) -> None:
    tool = youth_tool(broker)
    page = comes_to_the_field(browser, tool)
    first, second = (types(browser, page, code) for _ in range(2))
    assert 'id="consent-allow"' in first.text
    assert 'id="consent-allow"' in second.text
    assert accounts(broker) == 1


def test_in_the_same_browser_another_sign_in_finds_it_used(broker: Broker, browser: Browser, code: str) -> None:
    """A computer at school: who finds the sheet there cannot go on as whoever used it."""
    tool = youth_tool(broker)
    takes_part(browser, tool, code)
    assert "schon verbraucht" in types(browser, comes_to_the_field(browser, tool, prompt="login"), code).text


def test_of_many_browsers_at_once_exactly_one_gets_in(broker_everywhere: Broker) -> None:
    broker = broker_everywhere
    code, tool = hands_out(broker).codes[0], youth_tool(broker)
    browsers = [broker.browser() for _ in range(6)]
    pages = [comes_to_the_field(one, tool) for one in browsers]
    with ThreadPoolExecutor(6) as pool:
        ends = list(pool.map(lambda pair: types(*pair, code), zip(browsers, pages, strict=True)))
    assert sum('id="consent-allow"' in end.text for end in ends) == 1
    assert sum("schon verbraucht" in end.text for end in ends) == 5
    assert accounts(broker) == 1


@pytest.mark.parametrize("typed", ["", "BCDFG", "<script>alert(1)</script>", "ü" * 15, "B" * 5000, "BCDFG-HJKLM-NPQRS\x00", "０" * 15])
def test_what_cannot_be_a_code_is_asked_for_again(broker: Broker, browser: Browser, code: str, typed: str) -> None:
    page = types(browser, comes_to_the_field(browser, youth_tool(broker)), typed)
    assert page.response.status_code == 200
    assert "nicht vollständig" in page.text
    assert "<script>" not in page.text


def test_a_code_that_nobody_made_is_unknown(broker: Broker, browser: Browser, code: str) -> None:
    assert "kennen wir nicht" in types(browser, comes_to_the_field(browser, youth_tool(broker)), new_voucher_code()).text


def test_a_code_ends_with_the_last_day_in_germany(broker: Broker, browser: Browser) -> None:
    codes, tool = hands_out(broker, 2, days=0).codes, youth_tool(broker)
    broker.clock.advance(hours=13, minutes=59)  # it was 10:00 in Germany
    assert 'id="consent-allow"' in types(browser, comes_to_the_field(browser, tool), codes[0]).text
    broker.clock.advance(minutes=1)
    later = broker.browser()
    assert "gilt nicht mehr" in types(later, comes_to_the_field(later, tool), codes[1]).text


def test_a_withdrawn_code_is_no_longer_good(broker: Broker, browser: Browser) -> None:
    made = hands_out(broker)
    handing_out(broker).withdraw(made.batch.id)
    assert "gilt nicht mehr" in types(browser, comes_to_the_field(browser, youth_tool(broker)), made.codes[0]).text


@pytest.mark.parametrize("token", ["", "forged", None])
def test_se_11_a_form_without_our_token_uses_nothing(broker: Broker, browser: Browser, code: str, token: str | None) -> None:
    page = comes_to_the_field(browser, youth_tool(broker))
    form = {"voucher": code} | ({"csrf_token": token} if token is not None else {})
    refused = browser.posts(page.response.request.path, form)
    assert (refused.response.status_code, refused.error_code) == (403, "BP-403-FORM")
    assert 'id="consent-allow"' in types(browser, page, code).text


def test_se_02_the_page_belongs_to_the_browser_that_began_the_sign_in(broker: Broker, browser: Browser, code: str) -> None:
    """Also with a code and a form token of one's own."""
    tool, stranger = youth_tool(broker), broker.browser()
    page, own = comes_to_the_field(browser, tool), comes_to_the_field(stranger, tool)
    token = re.search(r'name="csrf_token" value="([^"]+)"', own.text)
    assert token
    path = page.response.request.path
    for stop in (stranger.opens(path), stranger.posts(path, {"voucher": code, "csrf_token": token[1]})):
        assert (stop.response.status_code, stop.error_code) == (403, "BP-403-BROWSER")
    assert 'id="consent-allow"' in types(stranger, own, code).text, "the code is as good as before"


def test_a_request_that_is_gone_is_an_expired_one(browser: Browser) -> None:
    assert browser.opens("/voucher/nobody-knows-this").error_code == "BP-410-REQUEST"


@pytest.mark.parametrize("changes", [{"allowed_providers": ("bundid",)}, {"minimum_trust": TrustLevel.LOW}])
def test_a_tool_that_takes_no_codes_gets_nobody_by_one(broker: Broker, browser: Browser, code: str, changes: dict[str, object]) -> None:
    """A-31, UP-10: also for a sign-in that had begun before."""
    tool = youth_tool(broker)
    page = comes_to_the_field(browser, tool)
    broker.changes(tool, **changes)
    refused = types(browser, page, code)
    assert refused.response.status_code == 403
    assert 'id="provider-voucher"' not in broker.browser().opens(tool.url()).text


def test_vouchers_that_were_switched_off_let_nobody_in(broker: Broker, browser: Browser, code: str) -> None:
    page = comes_to_the_field(browser, youth_tool(broker))
    broker.parts.stores.providers.replace_all(PROVIDERS)
    assert types(browser, page, code).response.status_code == 403
    broker.parts.stores.providers.replace_all([*PROVIDERS, VOUCHER_PROVIDER])
    assert 'id="consent-allow"' in types(browser, page, code).text


def test_a_session_by_voucher_is_stepped_up_with_a_citizen_id(broker: Broker, browser: Browser, code: str) -> None:
    takes_part(browser, youth_tool(broker), code)
    page = browser.opens(youth_tool(broker, "streng", minimum_trust=TrustLevel.SUBSTANTIAL).url())
    assert 'id="provider-bundid"' in page.text
    assert 'id="provider-voucher"' not in page.text


def test_signing_out_leaves_nothing_open_at_the_hub_where_nothing_was(broker: Broker, browser: Browser, code: str) -> None:
    tool = youth_tool(broker)
    stop = browser.presses(types(browser, comes_to_the_field(browser, tool), code), "consent-allow")
    hint = tool.redeems(stop.code).get_json()["id_token"]
    page = browser.opens("/logout", query_string={"id_token_hint": hint})
    if 'id="logout-confirm"' in page.text:
        page = browser.presses(page, "logout-confirm")
    assert 'id="signed-out"' in page.text
    assert "kern-alert--warning" not in page.text
    assert broker.hub.ended == []


def test_the_citizen_can_choose_another_way_or_cancel(broker: Broker, browser: Browser, code: str) -> None:
    page = comes_to_the_field(browser, youth_tool(broker))
    other = re.search(r'id="voucher-other"[^>]*href="([^"]+)"', page.text)
    assert other
    assert 'id="provider-bundid"' in browser.opens(other[1]).text
    assert browser.presses(page, "sign-in-cancel").answer["error"] == "access_denied"


def test_no_code_stands_in_log_database_or_address(broker: Broker, browser: Browser, code: str, log: Log) -> None:
    stop = types(browser, comes_to_the_field(browser, youth_tool(broker)), code)
    told = browser.presses(stop, "consent-allow")
    kept = [broker.parts.stores.database.all(text(f"SELECT * FROM {table}")) for table in ("vouchers", "linked_identities", "subjects")]
    for place in (written(log), str(kept), str(stop.response.request.url), str(told.location)):
        assert code not in place
        assert code.replace("-", "") not in place


def test_landing_lists_the_sites_that_take_codes(broker: Broker, browser: Browser, code: str) -> None:
    youth_tool(broker, "zoo")
    youth_tool(broker, "amt")
    youth_tool(broker, "streng", minimum_trust=TrustLevel.HIGH)
    youth_tool(broker, "nur-bundid", allowed_providers=("bundid",))
    page: Stop = browser.opens("/voucher")
    assert re.findall(r">(Tool [a-z-]+)<", page.text) == ["Tool amt", "Tool zoo"]
    assert "script-src 'self'" in page.response.headers["Content-Security-Policy"]


def test_landing_says_so_when_no_site_takes_codes(browser: Browser) -> None:
    assert "Zurzeit nimmt keine Seite Codes an" in browser.opens("/voucher").text
