"""Whatever is sent to the device's endpoints: no outage, no trace, nothing reflected unencoded."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.app import ISSUER, Broker
from tests.support.device import DEVICE_GRANT, device_tool

_TEXTS = st.text(max_size=60)
_NAMES = st.sampled_from(["scope", "resource", "client_id", "client_secret", "device_code", "user_code", "audience", "subject_token", "x"])
_ONCE = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@_ONCE
@given(st.lists(st.tuples(_NAMES, _TEXTS), max_size=6), st.sampled_from(["/device_authorization", "/token"]))
def test_machines_get_json_whatever_they_send(broker: Broker, pairs: list[tuple[str, str]], path: str) -> None:
    if broker.parts.stores.clients.find("tafel") is None:
        device_tool(broker)
    body = "&".join(f"{quote(name)}={quote(text)}" for name, text in [*pairs, ("grant_type", DEVICE_GRANT)])
    form = "application/x-www-form-urlencoded"
    response = broker.app.test_client(use_cookies=False).post(path, base_url=ISSUER, data=body, content_type=form)
    assert response.status_code in (400, 401, 429)
    assert response.get_json()["error"]


@_ONCE
@given(_TEXTS, st.sampled_from(["/device", "/device/confirm"]))
def test_people_get_a_page_whatever_stands_in_the_address(broker: Broker, typed: str, path: str) -> None:
    response = broker.app.test_client().get(f"{path}?user_code={quote(typed)}", base_url=ISSUER)
    assert response.status_code in (200, 429)
    assert "<script" not in response.get_data(as_text=True)


@pytest.mark.parametrize("raw", [b"user_code=%ff%fe", b"user_code=%00", b"user_code=" + b"B" * 5000, b"user_code=a&user_code=b"])
def test_odd_bytes_are_no_trouble(broker: Broker, raw: bytes) -> None:
    for path in ("/device", "/device/confirm"):
        response = broker.app.test_client().get(f"{path}?{raw.decode()}", base_url=ISSUER)
        assert response.status_code in (200, 400)
