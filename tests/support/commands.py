"""The environment in which `broker ...` runs in a test: an empty SQLite database, Redis in this process."""

from __future__ import annotations

import pytest

from tests.support.app import ISSUER, SECRET


@pytest.fixture
def command_environment(monkeypatch: pytest.MonkeyPatch, sqlite_url: str) -> None:
    """The settings that have no default."""
    monkeypatch.setenv("BROKER_ISSUER", ISSUER)
    monkeypatch.setenv("BROKER_SECRET", SECRET)
    monkeypatch.setenv("BROKER_DATABASE_URL", sqlite_url)
    monkeypatch.setenv("BROKER_REDIS_URL", "fake://")
    monkeypatch.setenv("BROKER_HUB_ISSUER", "https://hub.test/realms/citizens")
    monkeypatch.setenv("BROKER_HUB_CLIENT_SECRET", "hub-client-secret")
