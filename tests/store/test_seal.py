"""A sealed value opens only unchanged, in its place, with its key (design: "Where data lives")."""

from __future__ import annotations

import pytest

from broker.store.seal import Seal, SealBroken

_PLACE = "session:one"


def test_what_was_sealed_opens_in_its_place(seal: Seal) -> None:
    assert seal.open(seal.seal(b"Erika", _PLACE), _PLACE) == b"Erika"


def test_sealing_twice_shows_nothing_in_common(seal: Seal) -> None:
    first, second = seal.seal(b"Erika", _PLACE), seal.seal(b"Erika", _PLACE)
    assert first[1:13] != second[1:13]
    assert b"Erika" not in first + second


def test_a_value_moved_elsewhere_is_refused(seal: Seal) -> None:
    with pytest.raises(SealBroken):
        seal.open(seal.seal(b"Erika", _PLACE), "session:two")


def test_another_key_opens_nothing(seal: Seal) -> None:
    with pytest.raises(SealBroken):
        Seal(bytes(32)).open(seal.seal(b"Erika", _PLACE), _PLACE)


@pytest.mark.parametrize("position", [0, 1, 13, -1])
def test_every_changed_part_is_noticed(seal: Seal, position: int) -> None:
    sealed = bytearray(seal.seal(b"Erika", _PLACE))
    sealed[position] ^= 1
    with pytest.raises(SealBroken):
        seal.open(bytes(sealed), _PLACE)


@pytest.mark.parametrize("garbage", [b"", b"\x01", b"\x01" + bytes(28), b"{}", bytes(200)])
def test_f05_garbage_is_refused(seal: Seal, garbage: bytes) -> None:
    with pytest.raises(SealBroken):
        seal.open(garbage, _PLACE)


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_a_key_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Seal(bytes(length))
