"""Citizen IDs as the choice page and the judge see them; how to connect to them only Keycloak knows."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import bindparam, delete, insert, select, update

from broker.core.provider import IdentityProvider
from broker.store.cache import Cache
from broker.store.records import Record
from broker.store.sql import Database
from broker.store.tables import providers

_PROVIDER = Record(IdentityProvider)
_LIST = select(providers).order_by(providers.c.position, providers.c.alias)
_ADD = insert(providers)
_CLEAR = delete(providers)
_OFF = select(providers.c.alias).where(providers.c.switched_off)
_SWITCH = update(providers).where(providers.c.alias == bindparam("which")).values(switched_off=bindparam("off"))
_ALL = ""
_SECONDS = 5.0


class Providers:
    """Reads are remembered for seconds."""

    def __init__(self, database: Database, seconds: float = _SECONDS) -> None:
        self._database = database
        self._all = Cache(self._load, seconds)

    def list(self) -> tuple[IdentityProvider, ...]:
        """Those that may be used, in the order of the choice page."""
        return tuple(provider for provider in self._all[_ALL] if provider.usable)

    def all(self) -> tuple[IdentityProvider, ...]:
        """Also those that are disabled or switched off; read anew."""
        return self._load(_ALL)

    def find(self, alias: str) -> IdentityProvider | None:
        """One of those that may be used, or None."""
        return next((provider for provider in self.list() if provider.alias == alias), None)

    def replace_all(self, wanted: Sequence[IdentityProvider]) -> None:
        """Make these, enabled or not, the citizen IDs there are; all or nothing. What was switched off stays so."""
        with self._database.transaction() as connection:
            off = {row.alias for row in connection.execute(_OFF)}
            connection.execute(_CLEAR)
            if wanted:
                rows = [_PROVIDER.to_row(provider) for provider in wanted]
                connection.execute(_ADD, [{**row, "switched_off": row["alias"] in off} for row in rows])
        self._all.forget()

    def switch(self, alias: str, *, off: bool) -> None:
        """Switch one off, or on again; other processes know within seconds (A-31)."""
        with self._database.transaction() as connection:
            connection.execute(_SWITCH, {"which": alias, "off": off})
        self._all.forget()

    def _load(self, _: str) -> tuple[IdentityProvider, ...]:
        return tuple(_PROVIDER.from_row(row) for row in self._database.all(_LIST))
