"""Whatever is sent to `/register`: an answer in JSON, no 5xx, nothing of it reflected into a header (IN-06)."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from broker.oidc.registration_request import ClientDocument
from tests.support.registrar import Registrar

_WORDS = st.sampled_from(
    [
        "https://tool.test/callback",
        "https://other.test/x#y",
        "none",
        "RS256",
        "HS256",
        "code",
        "token",
        "pairwise",
        "native",
        "",
        "\x00",
        "\ud800",
        "ä",
    ]
)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | _WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["keys", "kty", "n", "e", "x", "crv"]), inner, max_size=4),
    max_leaves=8,
)
_METADATA = st.dictionaries(st.sampled_from(sorted(ClientDocument.model_fields)) | st.text(max_size=10), _VALUES, max_size=12)
_OFTEN = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@_OFTEN
@given(metadata=_METADATA, with_uris=st.booleans())
def test_any_metadata(registrar: Registrar, metadata: dict[str, Any], with_uris: bool) -> None:
    sent = {**metadata, **({"redirect_uris": ["https://tool.test/callback"]} if with_uris else {})}
    _is_an_answer(registrar, json.dumps(sent).encode())


@_OFTEN
@given(body=st.binary(max_size=200) | st.text(max_size=100).map(lambda text: text.encode(errors="replace")))
def test_any_bytes(registrar: Registrar, body: bytes) -> None:
    _is_an_answer(registrar, body)


def _is_an_answer(registrar: Registrar, body: bytes) -> None:
    answer = registrar.calls("POST", "/register", registrar.token, data=body, content_type="application/json")
    assert answer.status_code in (201, 400), (body, answer.status_code)
    assert answer.is_json
    if answer.status_code == 201:
        assert registrar.reads(answer.get_json()).status_code == 200
