"""A Keycloak that lacks our provider, our theme or a feature is told so before anything is written (a realm would import silently)."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from broker.core.errors import ConfigurationError, UpstreamRefused
from broker.upstream.realm_desired import Requirement
from broker.upstream.realm_requirements import check_requirements

SERVER: dict[str, Any] = {
    "themes": {"login": [{"name": "base"}, {"name": "broker"}]},
    "features": [{"name": "TRANSIENT_USERS", "enabled": True}, {"name": "PERSISTENT_USER_SESSIONS", "enabled": False}],
    "providers": {
        "authenticator": {"providers": {"bp-return-error": {}, "auth-cookie": {}}},
        "protocol-mapper": {"providers": {"oidc-usersessionmodel-note-mapper": {}}},
        "identity-provider-mapper": {"providers": {"bp-upstream-note": {}}},
    },
    "componentTypes": {"org.keycloak.keys.KeyProvider": [{"id": "ecdsa-generated"}]},
    "identityProviders": [{"id": "saml"}],
}
WANTED = {
    kind: Requirement(kind, name, f"file.yaml:{line}")
    for line, (kind, name) in enumerate(
        [
            ("authenticator", "bp-return-error"),
            ("protocol mapper", "oidc-usersessionmodel-note-mapper"),
            ("identity provider mapper", "bp-upstream-note"),
            ("component", "ecdsa-generated"),
            ("identity provider", "saml"),
            ("login theme", "broker"),
            ("feature enabled", "transient-users"),
            ("feature disabled", "persistent-user-sessions"),
        ],
        start=1,
    )
}


def test_a_server_that_brings_everything_along_is_accepted() -> None:
    check_requirements(WANTED.values(), SERVER)


@pytest.mark.parametrize("kind", [each for each in WANTED if each != "feature disabled"])
def test_whatever_is_missing_is_named_with_file_and_line(kind: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        check_requirements(WANTED.values(), {"providers": {}})
    wanted = WANTED[kind]
    assert any(line.startswith(f"{wanted.place}: ") and repr(wanted.name) in line for line in str(refused.value).splitlines())


def test_a_missing_jar_says_which_file_to_install() -> None:
    server = deepcopy(SERVER)
    del server["providers"]["authenticator"]["providers"]["bp-return-error"]
    with pytest.raises(
        ConfigurationError, match=r"no authenticator 'bp-return-error': install deploy/keycloak/provider/participation-broker"
    ):
        check_requirements(WANTED.values(), server)


def test_sessions_that_would_be_written_to_the_database_are_refused() -> None:
    server = deepcopy(SERVER)
    server["features"][1]["enabled"] = True
    with pytest.raises(ConfigurationError, match="'persistent-user-sessions' is on: build Keycloak with --features-disabled"):
        check_requirements(WANTED.values(), server)


def test_a_server_that_does_not_tell_is_not_taken_for_one_that_lacks_everything() -> None:
    with pytest.raises(UpstreamRefused, match="use an account of realm master"):
        check_requirements(WANTED.values(), {})
