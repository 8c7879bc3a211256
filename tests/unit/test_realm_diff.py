"""Comparing files with Keycloak: what Keycloak does to representations by itself is not drift, everything else is; secrets stay masked."""

from __future__ import annotations

from typing import Any

import pytest

from broker.upstream.realm_diff import MASK, differences, merged, shown

SAME = [
    pytest.param({"a": 1}, {"a": 1, "id": "x", "other": True}, id="keys the files do not name"),
    pytest.param({"uris": ["a", "b"]}, {"uris": ["b", "a"]}, id="order of a list"),
    pytest.param({"config": {"map": '{"a":1,"b":2}'}}, {"config": {"map": '{ "b": 2, "a": 1 }'}}, id="JSON text written anew"),
    pytest.param({"list": []}, {}, id="an empty list left away"),
    pytest.param({"text": ""}, {"text": None}, id="an empty text read as nothing"),
    pytest.param({"config": {"gone": None}}, {"config": {}}, id="not set, as wanted"),
    pytest.param({"config": {"clientSecret": "s"}}, {"config": {"clientSecret": MASK}}, id="a secret Keycloak hides"),
    pytest.param(
        {"attributes": [{"name": "a"}, {"name": "b", "x": 1}]},
        {"attributes": [{"name": "b", "x": 1, "multivalued": False}, {"name": "a"}]},
        id="members known by their name",
    ),
]
DIFFERENT = [
    pytest.param({"a": True}, {"a": False}, ["a"], id="a changed setting"),
    pytest.param({"a": True}, {}, ["a"], id="a missing setting"),
    pytest.param({"uris": ["a"]}, {"uris": ["a", "b"]}, ["uris"], id="one too many"),
    pytest.param({"uris": []}, {"uris": ["a"]}, ["uris"], id="something where nothing should be"),
    pytest.param(
        {"config": {"validateSignature": "true"}}, {"config": {"validateSignature": "false"}}, ["config.validateSignature"], id="deep"
    ),
    pytest.param({"config": {"gone": None}}, {"config": {"gone": "x"}}, ["config.gone"], id="set, but must not be"),
    pytest.param({"config": {"map": '{"a":1}'}}, {"config": {"map": '{"a":2}'}}, ["config.map"], id="JSON text that says something else"),
    pytest.param({"text": "{broken"}, {"text": "{other"}, ["text"], id="text that only looks like JSON"),
    pytest.param({"secret": "s"}, {"secret": "other"}, ["secret"], id="a secret that can be read"),
    pytest.param(
        {"l": [{"name": "a", "r": None}]}, {"l": [{"name": "a", "r": {"roles": ["user"]}}]}, ["l.a.r"], id="inside a named member"
    ),
    pytest.param({"l": [{"name": "a"}]}, {"l": [{"name": "a"}, {"name": "b"}]}, ["l"], id="a named member too many"),
]


@pytest.mark.parametrize(("wanted", "found"), SAME)
def test_what_keycloak_does_by_itself_is_no_drift(wanted: dict[str, Any], found: dict[str, Any]) -> None:
    assert differences(wanted, found) == []


@pytest.mark.parametrize(("wanted", "found", "keys"), DIFFERENT)
def test_every_other_difference_is_found(wanted: dict[str, Any], found: dict[str, Any], keys: list[str]) -> None:
    assert [each.key for each in differences(wanted, found)] == keys


def test_after_merging_nothing_differs_and_nothing_foreign_is_lost() -> None:
    wanted = {"a": 1, "config": {"x": "new", "gone": None}, "list": [{"name": "n", "r": None}]}
    found = {"id": "i", "a": 0, "config": {"x": "old", "gone": "g", "kept": "k"}, "list": [{"name": "n", "r": 1}]}
    body = merged(wanted, found)
    assert differences(wanted, body) == []
    assert body == {"id": "i", "a": 1, "config": {"x": "new", "kept": "k"}, "list": [{"name": "n"}]}
    assert found["config"] == {"x": "old", "gone": "g", "kept": "k"}, "merging must not change what was found"


def test_a_line_says_object_key_old_and_new() -> None:
    (difference,) = differences({"uris": ["https://new"]}, {"uris": ["https://old"]})
    assert difference.line("client broker") == '~ change client broker, uris: ["https://old"] -> ["https://new"]'


@pytest.mark.parametrize("key", ["secret", "clientSecret", "bindCredential", "privateKey"])
def test_secrets_are_never_shown(key: str) -> None:
    (difference,) = differences({"config": {key: "new-hush"}}, {"config": {key: "old-hush"}})
    assert "hush" not in difference.line("x")


def test_a_secret_inside_a_larger_value_is_not_shown_either() -> None:
    (difference,) = differences({"config": {"clientSecret": "hush", "a": ["see hush there"]}}, {})
    assert "hush" not in difference.line("x", ["hush"])


def test_long_values_are_cut() -> None:
    assert len(shown("x" * 1000)) < 200
