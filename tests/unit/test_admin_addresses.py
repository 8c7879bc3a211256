"""No name makes another address of Keycloak's admin interface than the one that was meant (UP-14)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.core.errors import ConfigurationError
from broker.upstream.realm_admin import RealmAdmin

HOSTILE = [
    "../../realms/master",
    "%2f..%2fmaster",
    "a?first=1",
    "a#b",
    "{id}",
    "a/b",
    "..",
    ".",
    "",
    " ",
    "a;b",
    "a\\b",
    "a\nb",
    "ä",
    "x" * 101,
]


class Untouched:
    """An admin interface whose every verb can be named and none may be called."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def called(*arguments: object) -> None:
            raise AssertionError(f"{name} was called with {arguments}")

        return called


@dataclass
class Connection:
    realm: str = "citizens"
    admin: Untouched = field(default_factory=Untouched)

    @contextmanager
    def speaking(self, doing: str) -> Iterator[None]:
        yield


VERBS: dict[str, Callable[[RealmAdmin, str], object]] = {
    "steps of a flow": lambda admin, name: admin.executions(name),
    "a step more": lambda admin, name: admin.create_execution(name, "auth-cookie"),
    "a step less": lambda admin, name: admin.delete_execution(name),
    "required action": lambda admin, name: admin.update_required_action(name, {}),
    "citizen ID": lambda admin, name: admin.update_identity_provider({"alias": name}),
    "mappers": lambda admin, name: admin.identity_provider_mappers(name),
    "a mapper less": lambda admin, name: admin.delete_identity_provider_mapper("bundid", name),
    "mappers of": lambda admin, name: admin.delete_identity_provider_mapper(name, "id"),
    "client": lambda admin, name: admin.update_client(name, {"clientId": "broker"}),
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("verb", sorted(VERBS))
def test_up14_a_name_that_would_make_another_address_is_refused_before_any_call(verb: str, name: str) -> None:
    with pytest.raises(ConfigurationError):
        VERBS[verb](RealmAdmin(Connection()), name)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", HOSTILE)
def test_up14_nor_is_a_realm_called_so(name: str) -> None:
    with pytest.raises(ConfigurationError):
        RealmAdmin(Connection(realm=name))  # type: ignore[arg-type]


@given(st.text(max_size=120))
def test_up14_whatever_is_let_through_is_one_part_of_an_address(name: str) -> None:
    try:
        RealmAdmin(Connection(realm=name))  # type: ignore[arg-type]
    except ConfigurationError:
        return
    assert name.strip("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 _.-") == ""
    assert name[0].isalnum()
