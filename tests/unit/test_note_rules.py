"""What our Keycloak provider reads of a citizen ID's file is checked before Keycloak meets it."""

from __future__ import annotations

from pathlib import Path

import pytest

from broker.core.errors import ConfigurationError
from broker.upstream.realm_files import load_realms
from tests.support.realm_config import ENVIRON, REALM_CONFIG, BentConfig, fetch

BUNDID = "identity-providers/bundid.yaml"
ATTRIBUTES = "attributes: ${requested_attributes}"


@pytest.fixture
def config(tmp_path: Path) -> BentConfig:
    bent = BentConfig(tmp_path / "realm-config")
    bent.replace("environments/local.yaml", "identity_providers: [", "identity_providers: [bundid] # [")
    return bent


def test_all_that_passes_is_what_the_claim_table_takes() -> None:
    providers = {one.name: one for one in load_realms(REALM_CONFIG, "local", ENVIRON, fetch)[-1].identity_providers}
    bundid = providers["bundid"]
    assert bundid.mappers[0]["config"]["attributes"] == bundid.representation["config"]["akdbAttributes"]


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (f"        {ATTRIBUTES}\n", "", "must list its 'attributes'"),
        (ATTRIBUTES, "attributes: 2.5.4.42 sur,name", "'sur,name' is no name of an attribute"),
        (ATTRIBUTES, "attributes: PlaceOfResidence//ZipCode", "is no name of an attribute"),
        ("identityProviderMapper: bp-upstream-note", "identityProviderMapper: bp-upstream-claims-note", "there must be one mapper"),
        ("akdbExtension: true", "bpAuthnContext: stork", "'bpAuthnContext' can only be eidas"),
        ("providerId: saml", "providerId: github", "'providerId' must be one of saml, oidc, keycloak-oidc"),
    ],
)
def test_a_file_that_would_teach_the_broker_nothing_is_refused(config: BentConfig, old: str, new: str, sentence: str) -> None:
    config.replace(BUNDID, old, new)
    with pytest.raises(ConfigurationError, match=r"bundid\.yaml:\d+: ") as refused:
        load_realms(config.folder, "local", ENVIRON, fetch)
    assert sentence in str(refused.value)


@pytest.mark.parametrize("names", ["2.5.4.42", "urn:oid:2.5.4.42! amr", "PlaceOfResidence/ZipCode AssuranceLevel!", "''"])
def test_names_and_paths_are_attributes(config: BentConfig, names: str) -> None:
    config.replace(BUNDID, ATTRIBUTES, f"attributes: {names}")
    (bundid,) = load_realms(config.folder, "local", ENVIRON, fetch)[-1].identity_providers
    assert bundid.mappers[0]["config"]["attributes"] == names.strip("'")
