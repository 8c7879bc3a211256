"""Codes on paper in tests: a school hands them out, a young person types one."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from broker.core.client import ClientClaim
from broker.core.provider import IdentityProvider, Means
from broker.core.transforms import german_day
from broker.core.trust import TrustLevel
from broker.flows.handing_out import HandingOut, MadeVouchers, VoucherTerms
from tests.support.app import PROVIDERS, SECRET, Broker
from tests.support.browser import Browser, Stop
from tests.support.tool import Tool

VOUCHER_PROVIDER = IdentityProvider(
    "voucher",
    {"de": "Code", "en": "Code", "de-leicht": "Code"},
    {"de": "Ein Zettel mit einem Code.", "en": "A code on paper.", "de-leicht": "Ein Zettel mit einem Code."},
    (Means("code", {"de": "Code auf Papier"}, TrustLevel.BASIC),),
    TrustLevel.BASIC,
    position=9,
)
LUEBECK = "01003000"
ELIGIBILITY = ("bp_resident_of", "bp_residence_evidence", "bp_residence_as_of", "bp_age_over", "bp_attr_loa")


def handing_out(broker: Broker) -> HandingOut:
    """What `broker vouchers` works with, on the stores of this test."""
    from broker.config import Keys

    parts, thresholds = broker.parts, broker.parts.claim_table.age_thresholds
    linking, key = parts.signing_in.linking, Keys.derive(SECRET).voucher
    return HandingOut(parts.stores.vouchers, linking, parts.signing_out, parts.stores.grants, thresholds, key, broker.clock)


def hands_out(broker: Broker, count: int = 1, days: int = 30, **terms: Any) -> MadeVouchers:
    """A school makes a batch; broker and citizens know vouchers from now on."""
    broker.parts.stores.providers.replace_all([*PROVIDERS, VOUCHER_PROVIDER])
    usual = {"municipality": LUEBECK, "age_over": 14}
    return handing_out(broker).make(VoucherTerms("Klasse 9", count, last_day(broker, days), **{**usual, **terms}), lambda _: None)


def last_day(broker: Broker, days: int) -> date:
    """A day that many days from today."""
    return german_day(broker.clock()) + timedelta(days=days)


def youth_tool(broker: Broker, client_id: str = "jugend", **changes: Any) -> Tool:
    """A tool that asks where somebody lives and how old they are, and how that is known."""
    claims = tuple(ClientClaim(name, {"de": "Für die Abstimmung."}) for name in ELIGIBILITY)
    usual = {"scopes": ("openid", "eligibility", "assurance"), "claims": claims, "municipalities": (LUEBECK,), "age_thresholds": (14, 16)}
    return broker.tool(client_id, **{**usual, **changes})


def comes_to_the_field(browser: Browser, tool: Tool, **changes: str | None) -> Stop:
    """From the tool to the page where the code is typed."""
    return browser.presses(browser.opens(tool.url(scope="openid eligibility assurance", **changes)), "provider-voucher")


def types(browser: Browser, page: Stop, code: str) -> Stop:
    """Types a code and presses the button; the page that comes."""
    return browser.presses(page, "voucher-redeem", voucher=code)


def takes_part(browser: Browser, tool: Tool, code: str) -> dict[str, Any]:
    """All the way with a code: what the tool learns."""
    stop = types(browser, comes_to_the_field(browser, tool), code)
    return learns(tool, browser.presses(stop, "consent-allow"))


def learns(tool: Tool, stop: Stop) -> dict[str, Any]:
    """ID token and userinfo of an answer, together."""
    told = tool.redeems(stop.code).get_json()
    return {**tool.verifies(told["id_token"]), **tool.asks_userinfo(told["access_token"]).get_json()}
