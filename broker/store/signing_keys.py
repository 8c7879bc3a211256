"""Key pairs that sign, their private halves sealed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql import Executable

from broker.core.errors import SealBroken
from broker.core.signing_key import READ_FOR, KeyState, SigningKey
from broker.store.cache import Cache
from broker.store.seal import Seal
from broker.store.sql import Database
from broker.store.tables import signing_keys

_LIST = select(signing_keys).order_by(signing_keys.c.created_at, signing_keys.c.kid)
_EARLIER: Mapping[KeyState, tuple[KeyState, ...]] = {
    KeyState.NEXT: (KeyState.NEXT,),
    KeyState.ACTIVE: (KeyState.NEXT, KeyState.ACTIVE),
    KeyState.RETIRED: (KeyState.ACTIVE, KeyState.RETIRED),
    KeyState.WITHDRAWN: tuple(KeyState),
}
"""From which states a key may come into one: a process with an old list must not bring back what another has withdrawn."""

_UNOPENED = "signing key {kid} cannot be opened: BROKER_SECRET is not the one it was sealed with (put that back), or its row was changed"
_ALL = ""
CACHE_SECONDS = 60.0  # shorter than NOTICE in core/signing_key.py: a key signs only when every process has looked again


class _Refused(Exception):
    """Ends a transaction of which nothing is to remain."""


class SigningKeys:
    """Reads are remembered for a minute."""

    def __init__(self, database: Database, seal: Seal, seconds: float = CACHE_SECONDS) -> None:
        self._database, self._seal = database, seal
        self._all = Cache(self._load, seconds, 0.0)

    def list(self) -> tuple[SigningKey, ...]:
        """All keys, oldest first. The same tuple for as long as it is remembered: what is made of it can be kept beside it."""
        return self._all[_ALL] or ()

    def add(self, key: SigningKey) -> bool:
        """Keep a new key pair; False if its algorithm has one in this state already: at most one is next, and one active."""
        added = self._database.one(self._add(key))
        self._all.forget()
        return added is not None

    def replace(self, *keys: SigningKey) -> bool:
        """Change states and times, of all or of none: False if one of the keys is gone, or further in its life than is said here."""
        try:
            with self._database.transaction() as connection:
                for key in keys:
                    self._replace(connection, key)
        except _Refused:
            return False
        finally:
            self._all.forget()
        return True

    def revoke(self, successor: SigningKey) -> None:
        """Withdraw every key of an algorithm from the moment on in which this one begins to sign; retired ones at once."""
        of_algorithm = update(signing_keys).where(signing_keys.c.algorithm == successor.algorithm)
        using = of_algorithm.where(signing_keys.c.state.in_((KeyState.NEXT.value, KeyState.ACTIVE.value)))
        with self._database.transaction() as connection:
            connection.execute(using.values(retire_at=successor.activate_at))
            connection.execute(of_algorithm.values(state=KeyState.WITHDRAWN.value))
            connection.execute(insert(signing_keys).values(self._row(successor)))
        self._all.forget()

    def purge_expired(self, now: datetime) -> int:
        """Delete keys whose signatures are believed no more; how many."""
        ended = signing_keys.c.retire_at
        withdrawn = and_(signing_keys.c.state == KeyState.WITHDRAWN.value, ended <= now)
        retired = and_(signing_keys.c.state == KeyState.RETIRED.value, ended <= now - READ_FOR)
        count = self._database.run(signing_keys.delete().where(or_(withdrawn, retired)))
        self._all.forget()
        return count

    def _add(self, key: SigningKey) -> Executable:
        dialect = sqlite.insert if self._database.is_sqlite else postgresql.insert
        return dialect(signing_keys).values(self._row(key)).on_conflict_do_nothing().returning(signing_keys.c.kid)

    def _replace(self, connection: Connection, key: SigningKey) -> None:
        """Raises _Refused."""
        earlier = [state.value for state in _EARLIER[key.state]]
        this = update(signing_keys).where(signing_keys.c.kid == key.kid, signing_keys.c.state.in_(earlier))
        values = {"state": key.state.value, "activate_at": key.activate_at, "retire_at": key.retire_at}
        if connection.execute(this.values(values).returning(signing_keys.c.kid)).first() is None:
            raise _Refused

    def _load(self, _: str) -> tuple[SigningKey, ...] | None:
        # An empty list is not remembered: the first key may be made by another process at any moment.
        return tuple(self._key(row) for row in self._database.all(_LIST)) or None

    def _key(self, row: Row[Any]) -> SigningKey:
        return SigningKey(
            kid=row.kid,
            algorithm=row.algorithm,
            private_jwk=self._opened(row),
            state=KeyState(row.state),
            created_at=row.created_at,
            activate_at=row.activate_at,
            retire_at=row.retire_at,
        )

    def _opened(self, row: Row[Any]) -> str:
        try:
            return self._seal.open(row.sealed_private_jwk, _place(row.kid)).decode()
        except SealBroken:
            raise SealBroken(_UNOPENED.format(kid=row.kid)) from None

    def _row(self, key: SigningKey) -> dict[str, Any]:
        return {
            "kid": key.kid,
            "algorithm": key.algorithm,
            "sealed_private_jwk": self._seal.seal(key.private_jwk.encode(), _place(key.kid)),
            "state": key.state.value,
            "created_at": key.created_at,
            "activate_at": key.activate_at,
            "retire_at": key.retire_at,
        }


def _place(kid: str) -> str:
    return f"signing_keys.sealed_private_jwk:{kid}"
