"""Compares what files want with what Keycloak says: only the keys the files name, and not the differences Keycloak makes by itself.

Keycloak reorders lists, adds ids and defaults, writes JSON texts anew, masks secrets and leaves empty values away; none of that is drift.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from broker.upstream.realm_desired import Json, without_nulls

MASK = "**********"
_SECRET_KEYS = (
    "secret", "clientSecret", "password", "bindCredential", "privateKey", "keystorePassword", "keyPassword",
    "bpClientSecretDigest", "bpSmtpPasswordDigest",
)  # fmt: skip
_LONGEST_SHOWN = 160


@dataclass(frozen=True, slots=True)
class Difference:
    """One key whose value is not as wanted; `key` is its dotted path."""

    key: str
    found: Any
    wanted: Any

    def line(self, label: str, secrets: Iterable[str] = ()) -> str:
        """`~ change label, key: old -> new`, with secrets masked and long values cut."""
        if is_secret(self.key):
            return f"~ change {label}, {self.key}: {MASK} -> {MASK}"
        return f"~ change {label}, {self.key}: {shown(self.found, secrets)} -> {shown(self.wanted, secrets)}"


def is_secret(key: str) -> bool:
    """Whether the value under this (dotted) key must never be printed."""
    return key.rsplit(".", 1)[-1] in _SECRET_KEYS


def shown(value: Any, secrets: Iterable[str] = ()) -> str:
    """A value in one short line, without any of the given secrets."""
    if value is None:
        return "(not set)"
    text = value if isinstance(value, str) else json.dumps(_redacted(value), ensure_ascii=False)
    for secret in secrets:
        text = text.replace(secret, MASK)
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 1]}…"


def _redacted(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: MASK if is_secret(key) else _redacted(member) for key, member in value.items()}
    return [_redacted(member) for member in value] if isinstance(value, list) else value


def differences(wanted: Mapping[str, Any], found: Mapping[str, Any], within: str = "") -> list[Difference]:
    """Keys of `wanted` that `found` has otherwise. A key wanted as null must not be set."""
    result: list[Difference] = []
    for key, value in wanted.items():
        path, other = f"{within}{key}", found.get(key)
        if isinstance(value, Mapping) and isinstance(other, Mapping):
            result += differences(value, other, f"{path}.")
        elif not same(value, other) and not _is_unreadable(path, other):
            result += _member_differences(path, value, other) or [Difference(path, other, value)]
    return result


def _member_differences(path: str, wanted: Any, found: Any) -> list[Difference]:
    """For two lists of the same names: what differs inside the members."""
    if not _are_named(wanted) or not _are_named(found):
        return []
    ours, theirs = ({each["name"]: each for each in members} for members in (wanted, found))
    if ours.keys() != theirs.keys():
        return [Difference(path, sorted(theirs), sorted(ours))]
    return [each for name, member in ours.items() for each in differences(member, theirs[name], f"{path}.{name}.")]


def _are_named(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(each, Mapping) and "name" in each for each in value)


def same(wanted: Any, found: Any) -> bool:
    """Whether two values mean the same to Keycloak."""
    wanted, found = _normal(wanted), _normal(found)
    if isinstance(wanted, Mapping) and isinstance(found, Mapping):
        return not differences(wanted, found)
    if isinstance(wanted, list) and isinstance(found, list):
        return _same_lists(wanted, found)
    return bool(wanted == found)


def _same_lists(wanted: list[Any], found: list[Any]) -> bool:
    """As sets for plain members; members that are mappings belong together by their name."""
    if len(wanted) != len(found):
        return False
    if _are_named(wanted) and _are_named(found):
        return not _member_differences("", wanted, found)
    return sorted(map(_sortable, wanted)) == sorted(map(_sortable, found))


def _sortable(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def _normal(value: Any) -> Any:
    if value in (None, "", [], {}):
        return None
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return _normal(json.loads(value))
        except ValueError:
            return value
    return value


def _is_unreadable(key: str, found: Any) -> bool:
    """Keycloak shows a mask in place of a provider's secret; the digest beside it tells whether it changed."""
    return is_secret(key) and found == MASK


def merged(wanted: Mapping[str, Any], found: Mapping[str, Any]) -> Json:
    """The body to send: all that Keycloak said, with what is wanted laid over it and what is wanted as null taken out."""
    result: Json = dict(found)
    for key, value in wanted.items():
        if value is None:
            result.pop(key, None)
        elif isinstance(value, Mapping) and isinstance(result.get(key), Mapping):
            result[key] = merged(value, result[key])
        else:
            result[key] = without_nulls(value)
    return result
