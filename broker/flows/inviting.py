"""The administrator's part in self-registration: inviting, approving, suspending."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from broker.core.client import Client, ClientStatus
from broker.core.errors import ConfigurationError
from broker.core.ids import new_secret
from broker.core.invitation import Invitation
from broker.core.ports import Clock
from broker.flows.self_registering import BY_ITSELF, SANDBOX_SECTOR, invitation_hash, shares_sector
from broker.store.clients import Clients
from broker.store.grants import Grants
from broker.store.registration_tokens import RegistrationTokens


@dataclass(frozen=True, slots=True)
class Terms:
    """What an invitation is to allow (see `core/invitation.py`); `days` from now on."""

    label: str
    uses: int
    days: int
    live: bool = False
    basic_profile: bool = False
    public_subject: bool = False


@dataclass(frozen=True, slots=True)
class Inviting:
    """Decides about clients that register themselves. Tools kept as files are decided about in their files."""

    clients: Clients
    invitations: RegistrationTokens
    grants: Grants
    pepper: bytes
    clock: Clock

    def invite(self, terms: Terms) -> str:
        """A new initial access token, to be shown once (RFC 7591 3)."""
        token, now = new_secret(), self.clock()
        self.invitations.add(
            Invitation(
                token_hash=invitation_hash(self.pepper, token),
                label=terms.label,
                status=ClientStatus.LIVE if terms.live else ClientStatus.SANDBOX,
                uses_left=terms.uses,
                created_at=now,
                expires_at=now + timedelta(days=terms.days),
                basic_profile=terms.basic_profile,
                public_subject=terms.public_subject,
            )
        )
        return token

    def withdraw(self, label: str) -> int:
        """Nobody comes with these invitations any more; how many there were. Who came already stays."""
        return self.invitations.revoke(label)

    def list(self) -> Sequence[Client]:
        """All tools, however they were registered."""
        return self.clients.list()

    def approve(self, client_id: str, operator_name: str = "") -> Client:
        """Let the client meet real citizens, as it is now. `operator_name` is what citizens are told instead of a bare host.

        Raises ConfigurationError when there is nothing to approve, or a tool of another operator has its sector (CN-09).
        """
        known = self._own(client_id)
        if not known.registration.token_hash:
            raise ConfigurationError(f"client {client_id} ended its own registration")
        approved = replace(
            known,
            status=ClientStatus.LIVE,
            sector=known.sector.removeprefix(SANDBOX_SECTOR),
            operator=replace(known.operator, name=operator_name) if operator_name else known.operator,
            registration=replace(known.registration, approved_at=self.clock()),
        )
        if shares_sector(approved, self.clients.list()):
            raise ConfigurationError(f"a tool of another operator has the sector {approved.sector}; name the operator with --operator")
        return self._changed(known, approved)

    def suspend(self, client_id: str) -> Client:
        """No sign-in and no token any more; all that citizens granted it ends. `approve` lets it in again."""
        known = self._own(client_id)
        suspended = self._changed(known, replace(known, status=ClientStatus.SUSPENDED))
        self.grants.revoke_of_client(client_id)
        return suspended

    def _own(self, client_id: str) -> Client:
        known = self.clients.find(client_id, remembered=False)
        if known is None or known.managed_by != BY_ITSELF:
            raise ConfigurationError(f"no client {client_id} registered itself; tools kept as files are changed in their files")
        return known

    def _changed(self, known: Client, changed: Client) -> Client:
        if not self.clients.replace_while(changed, known):
            raise ConfigurationError(f"client {known.client_id} changed at the same moment; look again")
        return changed
