"""Logos are kept by their content, as long as a tool shows them."""

from __future__ import annotations

from datetime import timedelta

from broker.core.logo import Logo
from broker.store.logos import Logos
from broker.store.sql import Database
from tests.support.clock import Clock


def test_a_picture_is_kept_once_and_goes_when_nobody_shows_it(database: Database, clock: Clock) -> None:
    logos, picture = Logos(database), Logo("d" * 64, "image/png", b"\x89PNG\x00", clock())
    logos.add(picture)
    logos.add(picture)
    assert logos.find(picture.digest) == picture
    assert logos.find("unknown") is None
    later = clock.advance(days=2)
    assert logos.purge_expired(later - timedelta(days=1), {picture.digest}) == 0
    logos.add(Logo("d" * 64, "image/png", b"\x89PNG\x00", later))
    assert logos.purge_expired(later - timedelta(days=1), ()) == 0
    assert logos.purge_expired(later, ()) == 1
    assert logos.find(picture.digest) is None
