"""Key pairs that sign, their private halves sealed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, insert, select, update

from broker.core.errors import NotFound
from broker.core.signing_key import KeyState, SigningKey
from broker.store.cache import Cache
from broker.store.seal import Seal
from broker.store.sql import Database
from broker.store.tables import signing_keys

_LIST = select(signing_keys).order_by(signing_keys.c.created_at, signing_keys.c.kid)
_ADD = insert(signing_keys)
_REPLACE = update(signing_keys).where(signing_keys.c.kid == bindparam("replaced")).returning(signing_keys.c.kid)
_ALL = ""
CACHE_SECONDS = 60.0  # a key must be published at least this long before it signs, so that every process knows it


class SigningKeys:
    """Reads are remembered for a minute."""

    def __init__(self, database: Database, seal: Seal, seconds: float = CACHE_SECONDS) -> None:
        self._database, self._seal = database, seal
        self._all = Cache(self._load, seconds, 0.0)

    def list(self) -> tuple[SigningKey, ...]:
        """All keys, oldest first. The same tuple for as long as it is remembered: what is made of it can be kept beside it."""
        return self._all[_ALL] or ()

    def add(self, key: SigningKey) -> None:
        """Keep a new key pair."""
        self._database.run(_ADD, self._row(key))
        self._all.forget()

    def replace(self, key: SigningKey) -> None:
        """Change a key's state or times. Raises NotFound."""
        changed = self._database.one(_REPLACE.values(self._row(key)), {"replaced": key.kid})
        self._all.forget()
        if changed is None:
            raise NotFound("no such signing key")

    def purge_expired(self, before: datetime) -> int:
        """Delete keys that stopped signing before that moment; how many."""
        gone = signing_keys.delete().where(signing_keys.c.state == KeyState.RETIRED.value, signing_keys.c.retire_at <= before)
        count = self._database.run(gone)
        self._all.forget()
        return count

    def _load(self, _: str) -> tuple[SigningKey, ...] | None:
        # An empty list is not remembered: the first key may be made by another process at any moment.
        return tuple(self._key(row) for row in self._database.all(_LIST)) or None

    def _key(self, row: Row[Any]) -> SigningKey:
        return SigningKey(
            kid=row.kid,
            algorithm=row.algorithm,
            private_jwk=self._seal.open(row.sealed_private_jwk, _place(row.kid)).decode(),
            state=KeyState(row.state),
            created_at=row.created_at,
            activate_at=row.activate_at,
            retire_at=row.retire_at,
        )

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
