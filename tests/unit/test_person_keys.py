"""A change after which a citizen ID would know everybody by another key is seen, said and refused (BundID SB 6.2.2)."""

from __future__ import annotations

from typing import Any

import pytest

from broker.core.errors import ConfigurationError
from broker.upstream.person_keys import key_change, refuse_key_changes
from broker.upstream.realm_desired import Mapped
from broker.upstream.realm_plan import Plan

AKDB = {"entityId": "https://sso.stadt.example", "akdbExtension": "true", "principalType": "ATTRIBUTE", "principalAttribute": "urn:oid:1"}
OSI = {"entityId": "https://sso.stadt.example/osi", "principalType": "SUBJECT"}


def change(old: dict[str, Any], new: dict[str, Any], kind: str = "saml") -> str | None:
    wanted = Mapped("bundid", {"alias": "bundid", "providerId": kind, "config": new}, ())
    return key_change(wanted, {"alias": "bundid", "config": old})


@pytest.mark.parametrize(
    ("old", "changed"),
    [
        (AKDB, {"entityId": "https://mitmachen.stadt.example"}),
        (AKDB, {"entityId": "https://sso.stadt.example.evil.example"}),
        (AKDB, {"principalAttribute": "urn:oid:2"}),
        (AKDB, {"principalType": "SUBJECT"}),
        (OSI, {"entityId": "https://sso.stadt.example/other"}),
        (OSI, {"principalType": "ATTRIBUTE"}),
    ],
)
def test_everybody_would_be_somebody_new(old: dict[str, Any], changed: dict[str, Any]) -> None:
    assert change(old, {**old, **changed})


@pytest.mark.parametrize(
    ("old", "changed"),
    [
        (AKDB, {}),
        (AKDB, {"entityId": "https://sso.stadt.example/metadata"}),  # the host alone is in the key
        (AKDB, {"entityId": "https://SSO.stadt.example"}),
        (AKDB, {"singleSignOnServiceUrl": "https://int.id.bund.de/idp/profile/SAML2/POST/SSO"}),
        (OSI, {"signingCertificate": "MII"}),
    ],
)
def test_everybody_stays_who_they_are(old: dict[str, Any], changed: dict[str, Any]) -> None:
    assert change(old, {**old, **changed}) is None


def test_other_protocols_have_no_entity_id() -> None:
    assert change({"issuer": "https://one.example"}, {"issuer": "https://two.example"}, "oidc") is None


def test_it_is_refused_by_name_and_accepted_by_name() -> None:
    with pytest.raises(ConfigurationError, match="come back as somebody new") as refused:
        refuse_key_changes({"bundid": "our entityID changes"}, ("bayernid",))
    assert "apply --new-keys bundid" in str(refused.value)
    refuse_key_changes({"bundid": "our entityID changes"}, ("bundid",))
    refuse_key_changes({}, ())


def test_a_plan_says_it_loudly() -> None:
    assert "!! everybody gets a new key: our entityID changes" in Plan(key_changes={"bundid": "our entityID changes"}).lines()
