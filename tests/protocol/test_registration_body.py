"""What is no registration at all is refused before anything in it counts (IN-06)."""

from __future__ import annotations

import json
from typing import Any

from tests.support.registrar import Registrar


def test_redirect_uris_are_a_list_of_addresses(registrar: Registrar) -> None:
    wrong: list[Any] = [None, [], "https://tool.test/callback", [7], [None], {}, [["https://tool.test/"]], ["https://a.test/"] * 21]
    for uris in wrong:
        answer = registrar.registers(redirect_uris=uris)
        assert (answer.status_code, answer.get_json()["error"]) == (400, "invalid_redirect_uri"), uris


BODIES = [
    b"",
    b"[]",
    b"null",
    b"7",
    b'"x"',
    b"{",
    b"\xff\xfe{}",
    b'{"redirect_uris": ["https://tool.test/a"], "redirect_uris": ["https://evil.test/a"]}',
    b'{"redirect_uris": ["https://tool.test/a"], "jwks": {"keys": [], "keys": []}}',
    b'{"default_max_age": NaN}',
    b'{"default_max_age": Infinity}',
    b'{"jwks":' + b"[" * 15_000 + b"]" * 15_000 + b"}",
    b"[" * 30_000,
    b'{"x": "' + b"y" * 33_000 + b'"}',
    b'{"redirect_uris": ["https://tool.test/\\ud800"]}',
    b'{"client_name": "\\ud800", "redirect_uris": ["https://tool.test/a"]}',
    b'{"default_max_age": ' + b"9" * 10_000 + b', "redirect_uris": ["https://tool.test/a"]}',
]


def test_in_06_bodies_that_are_no_plain_json_object(registrar: Registrar) -> None:
    for body in BODIES:
        answer = registrar.calls("POST", "/register", registrar.token, data=body, content_type="application/json")
        assert answer.status_code == 400, body[:80]
        assert answer.get_json()["error"] in ("invalid_client_metadata", "invalid_redirect_uri"), body[:80]


def test_in_06_other_media_types_and_bodies_beyond_every_limit(registrar: Registrar) -> None:
    body = json.dumps({"redirect_uris": ["https://tool.test/a"]})
    for kind in ("application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=x", ""):
        answer = registrar.calls("POST", "/register", registrar.token, data=body, content_type=kind)
        assert answer.get_json()["error"] == "invalid_client_metadata"
    answer = registrar.calls("POST", "/register", registrar.token, data=b" " * 70_000, content_type="application/json")
    assert answer.status_code == 413
