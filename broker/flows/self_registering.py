"""Registering oneself: a tool's server makes, reads, changes and ends its own record (RFC 7591, RFC 7592).

What it becomes is decided by the invitation it came with, never by itself: in the sandbox, where only simulated citizens are, or live.
Tokens and secrets are shown once and kept as keyed hashes.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from urllib.parse import urlsplit

from broker.core.client import Client, ClientStatus
from broker.core.client_policy import SubjectType
from broker.core.errors import InvalidToken
from broker.core.ids import keyed_hash, new_id, new_secret, same
from broker.core.invitation import Invitation
from broker.core.oauth_errors import InvalidClientMetadata, TooManyRegistrations
from broker.core.ports import Clock
from broker.flows.checking_clients import LOOPBACK
from broker.flows.checking_keys import key_faults
from broker.flows.registering import secret_hash
from broker.flows.throttling import Throttling
from broker.flows.visiting import Visiting
from broker.store.clients import Clients
from broker.store.grants import Grants
from broker.store.registration_tokens import RegistrationTokens

BY_ITSELF = "self"
SANDBOX_SECTOR = "sandbox:"
"""Before the sector of a client in the sandbox, so that it shares no `sub` with, and takes no sector from, a tool of real citizens."""

MOST_OPEN = 20
"""So many clients may come from one address within an hour without an invitation."""

_OPEN_WINDOW = timedelta(hours=1)
_PREFIX = "self-"  # no `sub` looks like this
_NO_HASH = "A" * 43
_MOST_SHOWN = 3
_KEPT = ("token_hash", "registered_at", "approved_at", "invited_by", "basic_profile", "public_subject")
_LOOKED_AT = ("name", "redirect_uris", "base_url", "appearance", "sector", "scopes", "auth_method", "subject_type", "tokens", "login_start")


@dataclass(frozen=True, slots=True)
class Registered:
    """A client as it now stands, with its registration access token, and its secret if one was made just now."""

    client: Client
    token: str
    secret: str = ""


@dataclass(frozen=True, slots=True)
class SelfRegistering:
    """Registers and manages. `open_to_all`: whoever has no invitation may come as well, into the sandbox. `own_names` are this place's."""

    clients: Clients
    invitations: RegistrationTokens
    grants: Grants
    visiting: Visiting
    throttling: Throttling
    pepper: bytes
    clock: Clock
    open_to_all: bool = False
    own_names: tuple[str, ...] = ()

    def admit(self, token: str | None, address: str) -> Invitation:
        """What the bearer of an initial access token may do. Raises InvalidToken, TooManyAttempts for guessing, TooManyRegistrations for
        more than a few an hour from one address without an invitation."""
        now = self.clock()
        if token is None and self.open_to_all:
            if self.throttling.came("registration", address, _OPEN_WINDOW) > MOST_OPEN:
                raise TooManyRegistrations
            return Invitation("", "", ClientStatus.SANDBOX, 1, now, now)
        found = self.invitations.find(invitation_hash(self.pepper, token), now) if token else None
        if found is None:
            self.throttling.failed("registration token", address)
            raise InvalidToken("the initial access token is missing, unknown, used up or expired")
        return found

    def register(self, invitation: Invitation, wanted: Client) -> Registered:
        """The new client. Uses the invitation once. Raises InvalidClientMetadata, or InvalidToken when others were quicker."""
        token, secret, now = new_secret(), new_secret(), self.clock()
        client_id = _PREFIX + new_id()
        registration = replace(
            wanted.registration,
            token_hash=self._token_hash(client_id, token),
            registered_at=now,
            invited_by=invitation.label,
            basic_profile=invitation.basic_profile,
            public_subject=invitation.public_subject,
        )
        client = self._completed(replace(wanted, client_id=client_id, status=invitation.status, registration=registration), None)
        if client.has_secret:
            client = replace(client, secret_hash=secret_hash(self.pepper, client_id, secret))
        if invitation.token_hash and self.invitations.take(invitation.token_hash, now) is None:
            raise InvalidToken("the initial access token is used up")
        self.clients.add(client)
        return Registered(client, token, secret if client.has_secret else "")

    def own(self, client_id: str, token: str | None, address: str) -> Client:
        """The client whose registration access token this is, as it is now. Raises InvalidToken, the same for every reason (OP-05), or
        TooManyAttempts for guessing."""
        known = self.clients.find(client_id, remembered=False) if token else None
        kept = known.registration.token_hash if known else ""
        right = same(self._token_hash(client_id, token or ""), kept or _NO_HASH)
        if known is None or not right or not kept or not known.takes_part:
            self.throttling.failed("registration token", address)
            raise InvalidToken("the registration access token is not that of a client that takes part")
        return known

    def replace(self, known: Client, token: str, wanted: Client) -> Registered:
        """The client with what it now says about itself in place of all it said before (RFC 7592 2.2); status and trust stay.

        Raises InvalidClientMetadata, also for what an administrator has looked at and approved; InvalidToken when it was suspended
        meanwhile (OP-08).
        """
        registration = replace(wanted.registration, **{name: getattr(known.registration, name) for name in _KEPT})
        own = replace(wanted, client_id=known.client_id, status=known.status, secret_hash=known.secret_hash, registration=registration)
        client = self._completed(own, known)
        secret = ""
        if not client.has_secret:
            client = replace(client, secret_hash="")
        elif not client.secret_hash:
            secret = new_secret()
            client = replace(client, secret_hash=secret_hash(self.pepper, client.client_id, secret))
        if known.registration.approved_at and any(getattr(client, name) != getattr(known, name) for name in _LOOKED_AT):
            raise InvalidClientMetadata("the client was approved as it is: what citizens see or get is changed by an administrator only")
        if not self.clients.replace_while(client, known):
            raise InvalidToken("the client was changed by an administrator at the same moment")
        return Registered(client, token, secret)

    def remove(self, known: Client) -> None:
        """The client takes part in nothing any more, and all that citizens granted it ends (RFC 7592 2.3). Its record stays."""
        gone = replace(known, status=ClientStatus.SUSPENDED, registration=replace(known.registration, token_hash=""))
        if not self.clients.replace_while(gone, known):
            raise InvalidToken("the client was changed by an administrator at the same moment")
        self.grants.revoke_of_client(known.client_id)

    def is_secret_of(self, client: Client, secret: str) -> bool:
        """Whether this is the client's secret."""
        return same(secret_hash(self.pepper, client.client_id, secret), client.secret_hash or _NO_HASH)

    def _completed(self, wanted: Client, known: Client | None) -> Client:
        """With name, operator, sector, logo and what the invitation allowed."""
        registration = wanted.registration
        if wanted.subject_type is SubjectType.PUBLIC and not registration.public_subject:
            raise InvalidClientMetadata("subject_type: public needs an administrator")
        for location, what in key_faults(wanted):
            raise InvalidClientMetadata(f"{location[-1]}: {what}")
        host = own_host(wanted)
        name = readable_name(wanted.name) or host
        self._check_name(name)
        self.visiting.check_reach(wanted)
        sector, live = self._sector(wanted), wanted.status is ClientStatus.LIVE
        client = replace(
            wanted,
            name=name,
            # a name that an administrator gave stays; else citizens are told where the client really leads
            operator=replace(wanted.operator, name=known.operator.name if known and registration.approved_at else host),
            sector=sector if live else SANDBOX_SECTOR + sector,
            pkce_waived=registration.basic_profile,
            email_verified_only=not registration.basic_profile,
            appearance=replace(wanted.appearance, logo=self._logo(wanted, known)),
        )
        if live and shares_sector(client, self.clients.list()):
            raise InvalidClientMetadata("redirect_uris: the host belongs to a tool of another operator")
        return client

    def _sector(self, wanted: Client) -> str:
        """OIDC Core 8.1: the host of the file that lists all redirect URIs, else their one host; an application without any is alone."""
        hosts, uri = _hosts(wanted), wanted.registration.sector_identifier_uri
        if uri:
            self.visiting.check_sector(uri, wanted.redirect_uris)
            return (urlsplit(uri).hostname or "").lower()
        if len(hosts) > 1 and wanted.subject_type is SubjectType.PAIRWISE:
            raise InvalidClientMetadata("redirect_uris: several hosts need a sector_identifier_uri (OIDC Core 8.1)")
        return next(iter(sorted(hosts)), wanted.client_id).lower()

    def _check_name(self, name: str) -> None:
        """No name that citizens know as a registered tool's or its operator's (CN-10)."""
        known = (client for client in self.clients.list() if client.managed_by != BY_ITSELF)
        taken = {alike(word) for client in known for word in (client.name, client.operator.name)}
        if alike(name) in taken | {alike(word) for word in self.own_names}:
            raise InvalidClientMetadata("client_name: is that of another tool or operator")

    def _logo(self, wanted: Client, known: Client | None) -> str:
        uri = wanted.appearance.logo_uri
        if known and known.appearance.logo and known.appearance.logo_uri == uri:
            return known.appearance.logo
        return self.visiting.logo(uri) if uri else ""

    def _token_hash(self, client_id: str, token: str) -> str:
        return keyed_hash(self.pepper, "registration access token", client_id, token)


def invitation_hash(pepper: bytes, token: str) -> str:
    """What is kept of an initial access token."""
    return keyed_hash(pepper, "initial access token", token)


def own_host(client: Client) -> str:
    """Where a client leads, which is all that is known of who runs it; an application without any host is known by its id."""
    hosts = sorted(_hosts(client))
    return ", ".join(hosts[:_MOST_SHOWN] + ["..."] * (len(hosts) > _MOST_SHOWN)) or client.client_id


def readable_name(name: str) -> str:
    """A name that is what it seems: one line, no marks that turn or hide letters (CN-10). Raises InvalidClientMetadata."""
    plain = " ".join(name.split())
    if any(unicodedata.category(mark)[0] == "C" for mark in plain):
        raise InvalidClientMetadata("client_name: holds characters that cannot be seen")
    return plain


def alike(name: str) -> str:
    """What remains of a name when case, accents, spaces and punctuation count for nothing."""
    letters = unicodedata.normalize("NFKD", name).casefold()
    return "".join(mark for mark in letters if mark.isalnum())


def shares_sector(client: Client, others: Iterable[Client]) -> bool:
    """Whether a live tool of another operator has the same sector: the two could join their citizens' accounts (CN-09).

    Clients whose operator nobody named prove by the sector's host, or by a file there, that they belong together.
    """
    return any(
        one.sector == client.sector and one.status is ClientStatus.LIVE and one.operator.name != client.operator.name
        for one in others
        if one.client_id != client.client_id and not (_unnamed(one) and _unnamed(client))
    )


def _unnamed(client: Client) -> bool:
    return client.managed_by == BY_ITSELF and client.registration.approved_at is None


def _hosts(client: Client) -> set[str]:
    hosts = {urlsplit(uri).hostname for uri in client.redirect_uris if uri.startswith("https://")}
    return {host for host in hosts if host and host not in LOOPBACK}
