"""Citizen IDs as the choice page and the judge see them; how to connect to them only Keycloak knows."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, insert, select

from broker.core.provider import IdentityProvider
from broker.store.cache import Cache
from broker.store.records import Record
from broker.store.sql import Database
from broker.store.tables import providers

_PROVIDER = Record(IdentityProvider)
_LIST = select(providers).order_by(providers.c.position, providers.c.alias)
_ADD = insert(providers)
_CLEAR = delete(providers)
_ALL = ""
_SECONDS = 5.0


class Providers:
    """Reads are remembered for seconds."""

    def __init__(self, database: Database, seconds: float = _SECONDS) -> None:
        self._database = database
        self._all = Cache(self._load, seconds)

    def list(self) -> tuple[IdentityProvider, ...]:
        """The enabled ones, in the order of the choice page."""
        return tuple(provider for provider in self._all[_ALL] if provider.enabled)

    def find(self, alias: str) -> IdentityProvider | None:
        """One of the enabled ones, or None."""
        return next((provider for provider in self.list() if provider.alias == alias), None)

    def replace_all(self, wanted: Sequence[IdentityProvider]) -> None:
        """Make these, enabled or not, the citizen IDs there are; all or nothing."""
        with self._database.transaction() as connection:
            connection.execute(_CLEAR)
            if wanted:
                connection.execute(_ADD, [_PROVIDER.to_row(provider) for provider in wanted])
        self._all.forget()

    def _load(self, _: str) -> tuple[IdentityProvider, ...]:
        return tuple(_PROVIDER.from_row(row) for row in self._database.all(_LIST))
