"""Fixtures of the journeys."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.demo.citizen import Citizen
from tests.journeys.town import Town, town
from tests.support.app import Addresses


@pytest.fixture(name="town")
def _town(addresses: Addresses, tmp_path: Path) -> Iterator[Town]:
    """A town where nobody has signed in yet."""
    folder = tmp_path / "clients"
    folder.mkdir()
    with town(*addresses, folder) as built:
        yield built


@pytest.fixture
def citizen() -> Citizen:
    """Somebody with a fresh browser."""
    return Citizen()
