"""Voting: one person, one voice in a tool's procedure, and which procedures there are (citizen IDs 6)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from broker.core.claim import ClaimData
from broker.core.errors import ConfigurationError
from broker.core.ports import Clock
from broker.core.procedure import (
    VOTE_CLAIMS,
    VOTE_KEY,
    VOTE_KEY_STRENGTH,
    VOTING,
    Procedure,
    SharedVoice,
    procedure_of,
    shown_strength,
    vote_key,
)
from broker.core.session import BrokerSession
from broker.store.clients import Clients
from broker.store.procedures import Procedures

_ID = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class Voting:
    """Makes and finds vote keys. Nothing is read for a tool that gets none."""

    procedures: Procedures

    def open_at(self, client_id: str) -> tuple[str, ...]:
        """Ids of a tool's open procedures."""
        return tuple(one.id for one in self.procedures.open_of(client_id))

    def enter(self, claims: Iterable[str], scopes: Iterable[str], session: BrokerSession) -> None:
        """The citizen is let into a tool for a procedure: from now on the account has its key in it."""
        procedure_id = procedure_of(scopes)
        if procedure_id and not VOTE_CLAIMS.isdisjoint(claims):
            self.procedures.vote_key(procedure_id, session.subject_id, partial(vote_key, session=session))

    def values(self, claims: Iterable[str], scopes: Iterable[str], session: BrokerSession) -> dict[str, ClaimData]:
        """The key and its strength, as far as they are among the claims. Nothing when the procedure has closed, or for an organisation."""
        wanted, procedure_id = VOTE_CLAIMS.intersection(claims), procedure_of(scopes)
        kept = self.procedures.find_vote_key(procedure_id, session.subject_id) if wanted and procedure_id else None
        if kept is None:
            return {}
        found: dict[str, ClaimData] = {VOTE_KEY: kept.key, VOTE_KEY_STRENGTH: shown_strength(kept.strength, session).value}
        return {name: value for name, value in found.items() if name in wanted}

    def preview(self, claims: Iterable[str], client_id: str, scopes: Iterable[str], session: BrokerSession) -> dict[str, ClaimData]:
        """What the consent page shows of it: for which vote the key is, and how far it would be this person's."""
        wanted, procedure_id = VOTE_CLAIMS.intersection(claims), procedure_of(scopes)
        if not wanted or procedure_id is None:
            return {}
        title = next((one.title for one in self.procedures.open_of(client_id) if one.id == procedure_id), "")
        kept = self.procedures.find_vote_key(procedure_id, session.subject_id) or vote_key(b"", session)
        if kept is None or not title:
            return {}
        found: dict[str, ClaimData] = {VOTE_KEY: title, VOTE_KEY_STRENGTH: shown_strength(kept.strength, session).value}
        return {name: value for name, value in found.items() if name in wanted}


@dataclass(frozen=True, slots=True)
class HoldingProcedures:
    """Opens, closes and looks after procedures, for those who run the broker."""

    procedures: Procedures
    clients: Clients
    clock: Clock

    def open(self, procedure_id: str, client_id: str, title: str, closes_at: datetime | None) -> Procedure:
        """Raises ConfigurationError for an id that was used before or is malformed, an unknown tool, or a time that is over."""
        client, now = self.clients.find(client_id, remembered=False), self.clock()
        if not _ID.fullmatch(procedure_id):
            raise ConfigurationError("the id has to be of small letters, digits and hyphens, at most 63 of them: tools put it into a scope")
        if client is None:
            raise ConfigurationError(f"there is no tool {client_id}")
        if VOTING not in client.scopes or VOTE_KEY not in client.registered_claims:
            raise ConfigurationError(f"the file of {client_id} does not have the scope {VOTING!r} and the claim {VOTE_KEY!r}")
        if closes_at is not None and closes_at <= now:
            raise ConfigurationError("the procedure would be over already")
        procedure = Procedure(procedure_id, client_id, title.strip(), now, closes_at)
        self.procedures.add(procedure)
        return procedure

    def find(self, procedure_id: str) -> Procedure:
        """Raises ConfigurationError when there is none."""
        found = next((one for one in self.procedures.list() if one.id == procedure_id), None)
        if found is None:
            raise ConfigurationError(f"there is no procedure {procedure_id}")
        return found

    def close(self, procedure_id: str) -> bool:
        """Destroys the key and all vote keys; False if that was done before."""
        return self.procedures.revoke(self.find(procedure_id).id)

    def list(self) -> tuple[Procedure, ...]:
        """All of them, oldest first."""
        return self.procedures.list()

    def review(self, procedure_id: str) -> tuple[SharedVoice, ...]:
        """Voices that several accounts share, for people to look at; nobody was refused because of it."""
        return self.procedures.shared(self.find(procedure_id).id)
