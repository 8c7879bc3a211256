"""Whatever is sent to `/logout`: never our fault, never a way elsewhere, nothing of it shown, nobody signed out (RU-10, LO-02)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from broker.oidc.end_session import LIMITS
from tests.support.app import ISSUER
from tests.support.browser import Browser
from tests.support.tool import Tool

BYE = "https://tool.test/bye"
MARK = "<q7'\""
NAMES = st.sampled_from([*LIMITS, "logout_hint", "lang", "csrf_token", "x"])
ADDRESSES = st.sampled_from([BYE, f"{BYE}/", f"{BYE}@evil.test", "//evil.test", "/\\evil.test", "https://evil.test/" + MARK, "data:,x"])
CLIENTS = st.sampled_from(["karte", "Karte", "karte\x00", "\u212aarte", MARK])
VALUES = st.one_of(ADDRESSES, CLIENTS, st.text(max_size=60), st.sampled_from([MARK, "a.b.c", "e30.e30.e30", "x" * 20_000, "de en", ""]))
PAIRS = st.lists(st.tuples(NAMES, VALUES), max_size=6)


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pairs=PAIRS, method=st.sampled_from(["GET", "POST", "HEAD"]), raw=st.binary(max_size=12))
def test_lo_02_ru_10_arbitrary_parameters(browser: Browser, tool: Tool, pairs: list[tuple[str, str]], method: str, raw: bytes) -> None:
    if "__Host-bp-session" not in browser.cookies():
        browser.arrives(tool)
    sent = urlencode(pairs, errors="surrogatepass").encode() + b"&" + raw
    as_form: dict[str, Any] = {"data": sent, "content_type": "application/x-www-form-urlencoded"}
    options = as_form if method == "POST" else {"environ_overrides": {"QUERY_STRING": sent.decode("latin-1")}}

    response = browser.client.open("/logout", method=method, base_url=ISSUER, **options)

    location = response.headers.get("Location")
    assert response.status_code < 500
    assert location is None or location.split("?")[0] == BYE
    assert MARK not in response.get_data(as_text=True)
    assert "__Host-bp-session" in browser.cookies(), "without a hint or a citizen's word nobody is signed out"


@pytest.mark.parametrize("path", ["/logout", "/authorize", "/callback", "/", "/.well-known/openid-configuration"])
def test_ru_15_bytes_that_nobody_encoded_are_the_callers_fault(browser: Browser, tool: Tool, path: str) -> None:
    query = {"QUERY_STRING": "lang=en&ui_locales=\xff&client_id=karte"}

    response = browser.client.get(path, base_url=ISSUER, environ_overrides=query)

    assert response.status_code == 400
    assert "Location" not in response.headers
