"""Signing keys: private halves sealed, remembered for a minute, gone when their time is over."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from broker.core.errors import SealBroken
from broker.core.signing_key import READ_FOR, KeyState, SigningKey
from broker.store.seal import Seal
from broker.store.signing_keys import SigningKeys
from broker.store.sql import Database
from broker.store.tables import signing_keys as table
from tests.support.clock import Clock
from tests.support.statements import Statements


def _key(clock: Clock, kid: str = "k1") -> SigningKey:
    return SigningKey(kid, "ES256", '{"kty":"EC","d":"private-part"}', KeyState.NEXT, clock(), clock() + timedelta(minutes=5))


def test_a_key_comes_back_as_it_was(signing_keys: SigningKeys, clock: Clock) -> None:
    assert signing_keys.list() == ()
    signing_keys.add(_key(clock))
    clock.advance(seconds=1)
    signing_keys.add(replace(_key(clock, "a-younger-one"), algorithm="RS256"))
    assert [key.kid for key in signing_keys.list()] == ["k1", "a-younger-one"]
    assert signing_keys.list()[0].private_jwk == '{"kty":"EC","d":"private-part"}'


def test_a_key_changes_its_state(signing_keys: SigningKeys, clock: Clock) -> None:
    signing_keys.add(_key(clock))
    active = replace(_key(clock), state=KeyState.ACTIVE, retire_at=clock() + timedelta(days=90))
    assert signing_keys.replace(active)
    assert signing_keys.list() == (active,)
    assert not signing_keys.replace(_key(clock, "unknown"))


def test_a_key_never_goes_back_in_its_life(signing_keys: SigningKeys, clock: Clock) -> None:
    signing_keys.add(_key(clock))
    for state in (KeyState.ACTIVE, KeyState.RETIRED, KeyState.WITHDRAWN):
        assert signing_keys.replace(replace(_key(clock), state=state, retire_at=clock()))
    for state in (KeyState.NEXT, KeyState.ACTIVE, KeyState.RETIRED):
        assert not signing_keys.replace(replace(_key(clock), state=state))
    assert [key.state for key in signing_keys.list()] == [KeyState.WITHDRAWN]


def test_several_keys_change_together_or_not_at_all(signing_keys: SigningKeys, clock: Clock) -> None:
    signing_keys.add(_key(clock))
    assert not signing_keys.replace(replace(_key(clock), state=KeyState.ACTIVE), _key(clock, "unknown"))
    assert [key.state for key in signing_keys.list()] == [KeyState.NEXT]


def test_one_next_and_one_active_key_per_algorithm_also_for_two_processes(
    signing_keys: SigningKeys, database: Database, clock: Clock
) -> None:
    elsewhere = SigningKeys(database, signing_keys._seal)
    assert signing_keys.add(_key(clock))
    assert not elsewhere.add(_key(clock, "a-second-late"))
    assert elsewhere.add(replace(_key(clock, "active"), state=KeyState.ACTIVE))
    assert elsewhere.add(replace(_key(clock, "other"), algorithm="RS256"))
    assert len(elsewhere.list()) == 3


def test_withdrawing_takes_the_whole_algorithm(signing_keys: SigningKeys, clock: Clock) -> None:
    at = clock() + timedelta(seconds=90)
    retired_at = clock() - timedelta(days=3)
    signing_keys.add(_key(clock, "next"))
    signing_keys.add(replace(_key(clock, "active"), state=KeyState.ACTIVE))
    signing_keys.add(replace(_key(clock, "retired"), state=KeyState.RETIRED, retire_at=retired_at))
    signing_keys.add(replace(_key(clock, "other"), algorithm="RS256"))

    signing_keys.revoke(replace(_key(clock, "successor"), activate_at=at))

    found = {key.kid: (key.state, key.retire_at) for key in signing_keys.list()}
    assert found == {
        "next": (KeyState.WITHDRAWN, at),
        "active": (KeyState.WITHDRAWN, at),
        "retired": (KeyState.WITHDRAWN, retired_at),
        "other": (KeyState.NEXT, None),
        "successor": (KeyState.NEXT, None),
    }


def test_private_keys_are_not_in_the_database_in_clear(signing_keys: SigningKeys, database: Database, clock: Clock) -> None:
    signing_keys.add(_key(clock))
    assert "private-part" not in repr(database.all(table.select()))


def test_a_key_moved_to_another_kid_or_sealed_with_another_secret_is_refused(
    signing_keys: SigningKeys, database: Database, clock: Clock
) -> None:
    signing_keys.add(_key(clock))
    with pytest.raises(SealBroken, match="k1 cannot be opened: BROKER_SECRET is not the one"):
        SigningKeys(database, Seal(bytes(32))).list()
    database.run(table.update().values(kid="k2"))
    with pytest.raises(SealBroken):
        SigningKeys(database, signing_keys._seal).list()


def test_keys_are_read_once_and_stay_the_same_objects(signing_keys: SigningKeys, database: Database, clock: Clock) -> None:
    signing_keys.add(_key(clock))
    with Statements(database) as statements:
        assert signing_keys.list() is signing_keys.list()
    assert len(statements) == 1


def test_the_first_key_is_seen_at_once_by_processes_that_found_none(signing_keys: SigningKeys, database: Database, clock: Clock) -> None:
    elsewhere = SigningKeys(database, signing_keys._seal)
    assert elsewhere.list() == ()
    signing_keys.add(_key(clock))
    assert len(elsewhere.list()) == 1


def test_keys_go_when_nothing_they_signed_is_believed_any_more(signing_keys: SigningKeys, clock: Clock) -> None:
    for kid, state in (("retired", KeyState.RETIRED), ("withdrawn", KeyState.WITHDRAWN), ("active", KeyState.ACTIVE)):
        retire_at = None if state is KeyState.ACTIVE else clock()
        signing_keys.add(replace(_key(clock, kid), state=state, retire_at=retire_at))

    assert signing_keys.purge_expired(clock() - timedelta(seconds=1)) == 0
    assert signing_keys.purge_expired(clock()) == 1
    assert [key.kid for key in signing_keys.list()] == ["active", "retired"]
    assert signing_keys.purge_expired(clock() + READ_FOR) == 1
    assert [key.kid for key in signing_keys.list()] == ["active"]
