"""Registered tools."""

from __future__ import annotations

from sqlalchemy import bindparam, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from broker.core.client import Client, ClientStatus
from broker.core.errors import ConfigurationError, UnknownClient
from broker.store.cache import Cache
from broker.store.records import Record
from broker.store.sql import Database
from broker.store.tables import clients, tool_subjects

_CLIENT = Record(Client)
_FIND = select(clients).where(clients.c.client_id == bindparam("wanted"))
_LIST = select(clients).order_by(clients.c.client_id)
_ADD = insert(clients)
_IS_A_SUB = select(tool_subjects.c.sub).where(tool_subjects.c.sub == bindparam("wanted"))
_REPLACE = update(clients).where(clients.c.client_id == bindparam("replaced"))
_ALL = ""
_SECONDS = 5.0
_SECONDS_FOR_UNKNOWN = 1.0


class Clients:
    """Reads are remembered for seconds, so a change reaches every process within `seconds`."""

    def __init__(self, database: Database, seconds: float = _SECONDS) -> None:
        self._database = database
        self._found = Cache(self._load, seconds, min(seconds, _SECONDS_FOR_UNKNOWN))
        self._listed = Cache(self._load_all, seconds)

    def find(self, client_id: str, *, remembered: bool = True) -> Client | None:
        """The client in whatever status, or None. Not `remembered`: as it is at this moment, for those who want to change it."""
        return self._found[client_id] if remembered else self._load(client_id)

    def get(self, client_id: str) -> Client:
        """The client in whatever status. Raises UnknownClient."""
        client = self.find(client_id)
        if client is None:
            raise UnknownClient
        return client

    def list(self) -> tuple[Client, ...]:
        """All clients, by id."""
        return self._listed[_ALL]

    def find_by_post_logout_uri(self, uri: str) -> Client | None:
        """The one live client that registered this address for after sign-out; None if there is none or more than one. Only without any
        counts one in the sandbox: anybody may register there what is another's."""
        found = [client for client in self.list() if client.takes_part and uri in client.post_logout_redirect_uris]
        found = [client for client in found if client.status is ClientStatus.LIVE] or found
        return found[0] if len(found) == 1 else None

    def add(self, client: Client) -> None:
        """Register a new client. Raises ConfigurationError if the id is taken, or is what some tool calls a citizen (A-13)."""
        if self._database.one(_IS_A_SUB, {"wanted": client.client_id}):
            raise ConfigurationError(f"client_id {client.client_id!r} is the subject of somebody's ID tokens; choose another")
        try:
            self._database.run(_ADD, _CLIENT.to_row(client))
        except IntegrityError:
            raise ConfigurationError(f"client {client.client_id} exists already") from None
        self._forget()

    def replace(self, client: Client) -> None:
        """Change a client. Raises UnknownClient."""
        values = _CLIENT.to_row(client)
        changed = self._database.one(_REPLACE.values(values).returning(clients.c.client_id), {"replaced": client.client_id})
        self._forget()
        if changed is None:
            raise UnknownClient

    def replace_while(self, client: Client, known: Client) -> bool:
        """Change a client only while status, registration access token and approval are the `known` ones; whether they were: decided in
        one statement, so that a client suspended or approved meanwhile stays so (OP-08)."""
        kept, registration = clients.c.registration, known.registration
        approved = registration.approved_at.isoformat() if registration.approved_at else ""
        still = (
            clients.c.status == known.status.value,
            func.coalesce(kept["token_hash"].as_string(), "") == registration.token_hash,
            func.coalesce(kept["approved_at"].as_string(), "") == approved,
        )
        changing = _REPLACE.where(*still).values(_CLIENT.to_row(client)).returning(clients.c.client_id)
        changed = self._database.one(changing, {"replaced": client.client_id})
        self._forget()
        return changed is not None

    def _forget(self) -> None:
        self._found.forget()
        self._listed.forget()

    def _load(self, client_id: str) -> Client | None:
        row = self._database.one(_FIND, {"wanted": client_id})
        return _CLIENT.from_row(row) if row else None

    def _load_all(self, _: str) -> tuple[Client, ...]:
        return tuple(_CLIENT.from_row(row) for row in self._database.all(_LIST))
