"""Citizen IDs: the enabled ones in order, replaced as a whole."""

from __future__ import annotations

from dataclasses import replace

from broker.core.provider import IdentityProvider, Means
from broker.core.trust import TrustLevel
from broker.store.providers import Providers
from broker.store.sql import Database
from tests.support.statements import Statements

_BUNDID = IdentityProvider(
    alias="bundid",
    names={"de": "BundID", "en": "BundID"},
    descriptions={"de": "Das Konto des Bundes"},
    means=(Means("eid", {"de": "Online-Ausweis"}, TrustLevel.HIGH), Means("password", {"de": "Passwort"}, TrustLevel.BASIC)),
    trust_ceiling=TrustLevel.HIGH,
    position=2,
)
_OTHER = replace(_BUNDID, alias="bayernid", position=1, means=(), ending_on="2027-06-30")
_DISABLED = replace(_BUNDID, alias="muk", enabled=False, position=0)


def test_the_enabled_ones_in_order(providers: Providers) -> None:
    assert providers.list() == ()
    providers.replace_all([_BUNDID, _OTHER, _DISABLED])
    assert providers.list() == (_OTHER, _BUNDID)
    assert providers.find("bundid") == _BUNDID
    assert providers.find("muk") is None
    assert providers.find("unknown") is None


def test_replacing_is_complete(providers: Providers, database: Database) -> None:
    providers.replace_all([_BUNDID])
    providers.replace_all([_OTHER])
    assert Providers(database).list() == (_OTHER,)
    providers.replace_all([])
    assert providers.list() == ()


def test_they_are_read_once_and_then_remembered(providers: Providers, database: Database) -> None:
    providers.replace_all([_BUNDID])
    with Statements(database) as statements:
        for _ in range(3):
            assert providers.find("bundid")
            assert providers.list()
    assert len(statements) == 1
