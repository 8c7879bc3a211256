"""Vouchers in `realm-config/`: shown like every citizen ID, unknown to Keycloak, never more than basic."""

from __future__ import annotations

from pathlib import Path

import pytest

from broker.core.errors import ConfigurationError
from broker.core.trust import TrustLevel
from broker.core.voucher import VOUCHER
from broker.upstream.realm_files import load_identity_providers, load_realms
from tests.support.realm_config import ENVIRON, BentConfig, metadata

FILE = "identity-providers/voucher.yaml"


@pytest.fixture
def config(tmp_path: Path) -> BentConfig:
    return BentConfig(tmp_path / "realm-config")


def test_the_broker_shows_vouchers_and_keycloak_hears_nothing_of_them(config: BentConfig) -> None:
    config.offers("bundid", "voucher")
    voucher = next(one for one in load_identity_providers(config.folder, "local", ENVIRON) if one.alias == VOUCHER)
    assert (voucher.enabled, voucher.trust_ceiling, voucher.names["de"]) == (True, TrustLevel.BASIC, "Code")
    realms = load_realms(config.folder, "local", ENVIRON, metadata)
    assert VOUCHER not in {provider.name for realm in realms for provider in realm.identity_providers}
    assert "bundid" in {provider.name for realm in realms for provider in realm.identity_providers}


@pytest.mark.parametrize("level", ["low", "substantial", "high"])
def test_a_voucher_is_never_more_than_basic(config: BentConfig, level: str) -> None:
    line = config.replace(FILE, "trust_ceiling: basic", f"trust_ceiling: {level}")
    with pytest.raises(ConfigurationError, match=rf"voucher\.yaml:{line}: .*level basic"):
        load_identity_providers(config.folder, "local", ENVIRON)


def test_there_is_nothing_to_tell_keycloak_of_it(config: BentConfig) -> None:
    config.append(FILE, "\nkeycloak:\n  mappers: []\n")
    with pytest.raises(ConfigurationError, match="keycloak"):
        load_identity_providers(config.folder, "local", ENVIRON)
