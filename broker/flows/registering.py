"""Registering: the tools described in files against the tools on record; plan says what would change, apply changes it.

A file that vanished suspends its tool and deletes nothing. Secrets are shown once, when they are made, and kept as keyed hashes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path

from broker.core.claim import ClaimTable
from broker.core.client import Client, ClientStatus
from broker.core.errors import ConfigurationError
from broker.core.ids import keyed_hash, new_secret
from broker.core.oauth_errors import InvalidClientMetadata
from broker.flows.checking_clients import Surroundings
from broker.flows.checking_tokens import resource_faults
from broker.flows.reading_clients import ClientFile, SecretReference, TomlFile, read_clients, read_presets
from broker.store.clients import Clients
from broker.store.providers import Providers

BY_FILE = "file"
SHORTEST_SECRET = 32
_SECRET_SIGNS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._~-")

Environ = Mapping[str, str]
LogoOf = Callable[[str], str]
"""Returns the digest of the logo at an address, empty when nobody answers there. Raises InvalidClientMetadata for no picture."""


def _unreachable(_: str) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Change:
    """One tool that is to be created, changed or suspended. `secret_needed`: a secret is to be made for it."""

    sign: str
    client: Client
    differences: tuple[str, ...] = ()
    secret_needed: bool = False

    @property
    def logo_needed(self) -> bool:
        """Whether the tool names a logo that is not here yet."""
        return bool(self.sign != "-" and self.client.appearance.logo_uri and not self.client.appearance.logo)

    def lines(self) -> list[str]:
        """The change as people read it, e.g. `~ karte minimum_trust: basic -> high`."""
        name = self.client.client_id
        if self.sign == "+":
            return [f"+ create {name} ({self.client.name}, {self.client.operator.name})"]
        if self.sign == "-":
            return [f"- suspend {name}: its file is gone"]
        return [f"~ change {name} {difference}" for difference in self.differences]


@dataclass(frozen=True, slots=True)
class ClientPlan:
    """All changes, in the order of the files; empty when files and records agree."""

    changes: tuple[Change, ...]

    @property
    def empty(self) -> bool:
        """Whether there is nothing to do."""
        return not self.changes

    def lines(self) -> list[str]:
        """One line per change."""
        return [line for change in self.changes for line in change.lines()]


@dataclass(frozen=True, slots=True)
class ClientsApplied:
    """What was done, the secrets made on the way by client_id, to be shown once and kept nowhere, and what could not be done."""

    plan: ClientPlan
    secrets: Mapping[str, str]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Registering:
    """Compares and writes. `pepper` keys the hashes of secrets, `environ` is where `{env = ...}` looks, `logo_of` keeps logos."""

    clients: Clients
    providers: Providers
    claim_table: ClaimTable
    pepper: bytes
    environ: Environ
    logo_of: LogoOf = _unreachable

    def plan(self, registered: Path, presets: Path) -> ClientPlan:
        """What apply would do. Raises ConfigurationError, one line per mistake with file and line, before anything is written."""
        files = read_clients(registered)
        around = Surroundings(self.claim_table, {one.alias: one for one in self.providers.list()}, read_presets(presets))
        known = {client.client_id: client for client in self.clients.list()}
        wanted, wrong = self._records(files, around)
        wrong += _doubled(files) + _foreign(files, known) + _shared_sectors(files, wanted, known.values())
        wrong += _foreign_apis(files, wanted, known.values())
        if wrong:
            raise ConfigurationError("\n".join(wrong))
        changes = [change for client in wanted if (change := _change(client, known.get(client.client_id)))]
        return ClientPlan((*changes, *_vanished(wanted, known.values())))

    def apply(self, registered: Path, presets: Path) -> ClientsApplied:
        """Do what plan says. Applying twice changes nothing the second time."""
        plan = self.plan(registered, presets)
        secrets: dict[str, str] = {}
        notes = []
        for change in plan.changes:
            client = self._with_logo(change) if change.logo_needed else change.client
            if client.appearance.logo_uri and not client.appearance.logo and change.sign != "-":
                notes.append(f"The logo of {client.client_id} cannot be fetched; apply again when {client.appearance.logo_uri} shows one.")
            if change.secret_needed:
                secrets[client.client_id] = new_secret()
                client = replace(client, secret_hash=secret_hash(self.pepper, client.client_id, secrets[client.client_id]))
            (self.clients.add if change.sign == "+" else self.clients.replace)(client)
        return ClientsApplied(plan, secrets, tuple(notes))

    def _with_logo(self, change: Change) -> Client:
        """The tool with the digest of its logo, if there is a picture."""
        appearance = change.client.appearance
        try:
            return replace(change.client, appearance=replace(appearance, logo=self.logo_of(appearance.logo_uri)))
        except InvalidClientMetadata:
            return change.client

    def _records(self, files: Iterable[TomlFile[ClientFile]], around: Surroundings) -> tuple[list[Client], list[str]]:
        records, wrong = [], []
        for file in files:
            client, faults = around.client(file)
            if client is not None and not faults:
                try:
                    records.append(self._with_secret(client, file))
                except ConfigurationError as error:
                    faults = [error.detail]
            wrong += faults
        return records, wrong

    def _with_secret(self, client: Client, file: TomlFile[ClientFile]) -> Client:
        """The record with the hash of the secret its file refers to, if it refers to one."""
        reference = file.content.secret
        if reference is None:
            return client
        secret = self._read_secret(reference, file)
        if len(secret) < SHORTEST_SECRET or not _SECRET_SIGNS.issuperset(secret):
            what = f"has to be at least {SHORTEST_SECRET} random characters out of A-Z a-z 0-9 . _ ~ -"
            raise ConfigurationError(file.sentence(("secret",), what))
        return replace(client, secret_hash=secret_hash(self.pepper, client.client_id, secret))

    def _read_secret(self, reference: SecretReference, file: TomlFile[ClientFile]) -> str:
        if reference.env is not None:
            if reference.env not in self.environ:
                raise ConfigurationError(file.sentence(("secret",), f"the environment variable {reference.env} is not set"))
            return self.environ[reference.env]
        try:
            return (file.path.parent / str(reference.file)).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            raise ConfigurationError(file.sentence(("secret",), f"the file {reference.file} cannot be read")) from None


def secret_hash(pepper: bytes, client_id: str, secret: str) -> str:
    """What is kept of a client's secret. A keyed hash is enough: our secrets are random, and the key is outside the database."""
    return keyed_hash(pepper, client_id, secret)


def _change(wanted: Client, known: Client | None) -> Change | None:
    secretless = wanted.has_secret and not wanted.secret_hash
    if known is None:
        return Change("+", wanted, secret_needed=secretless)
    if secretless:
        wanted = replace(wanted, secret_hash=known.secret_hash)
    if wanted.appearance.logo_uri == known.appearance.logo_uri:
        wanted = replace(wanted, appearance=replace(wanted.appearance, logo=known.appearance.logo))
    secret_needed = secretless and not known.secret_hash
    change = Change("~", wanted, tuple(_differences(known, wanted)), secret_needed)
    generated = ["secret: none -> (generated)"] if secret_needed else []
    fetched = ["logo: none -> (fetched)"] if change.logo_needed else []
    differences = (*change.differences, *generated, *fetched)
    return replace(change, differences=differences) if differences else None


def _differences(known: Client, wanted: Client) -> Iterable[str]:
    for field in fields(Client):
        old, new = getattr(known, field.name), getattr(wanted, field.name)
        if old == new:
            continue
        yield "secret: (changed)" if field.name == "secret_hash" else f"{field.name}: {_shown(old)} -> {_shown(new)}"


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return "[" + ", ".join(map(_shown, value)) + "]"
    name = getattr(value, "name", None)
    return str(name) if name is not None and not isinstance(value, str) else str(value)


def _vanished(wanted: Iterable[Client], known: Iterable[Client]) -> list[Change]:
    kept = {client.client_id for client in wanted}
    gone = (one for one in known if one.managed_by == BY_FILE and one.client_id not in kept and one.status is not ClientStatus.SUSPENDED)
    return [Change("-", replace(client, status=ClientStatus.SUSPENDED)) for client in gone]


def _doubled(files: Iterable[TomlFile[ClientFile]]) -> list[str]:
    seen: dict[str, Path] = {}
    wrong = []
    for file in files:
        first = seen.setdefault(file.content.client_id, file.path)
        if first is not file.path:
            wrong.append(file.sentence(("client_id",), f"{file.content.client_id!r} stands in {first.name} already"))
    return wrong


def _foreign(files: Iterable[TomlFile[ClientFile]], known: Mapping[str, Client]) -> list[str]:
    """A tool that was registered elsewhere is not taken over by a file."""
    other = {name for name, client in known.items() if client.managed_by != BY_FILE}
    taken = (file for file in files if file.content.client_id in other)
    return [file.sentence(("client_id",), f"{file.content.client_id!r} is registered already, not by a file") for file in taken]


def _shared_sectors(files: Iterable[TomlFile[ClientFile]], wanted: Iterable[Client], known: Iterable[Client]) -> list[str]:
    """Tools of two operators never share a sector: they could join their citizens' accounts (CN-09)."""
    others = (client for client in known if client.managed_by != BY_FILE and client.status is ClientStatus.LIVE)
    operators: dict[str, str] = {client.sector: client.operator.name for client in others}
    places = {file.content.client_id: file for file in files}
    wrong = []
    for client in wanted:
        first = operators.setdefault(client.sector, client.operator.name)
        if first != client.operator.name:
            what = f"{client.sector!r} is used by {first} already; tools of different operators must not share a sector"
            wrong.append(places[client.client_id].sentence(("sector",), what))
    return wrong


def _foreign_apis(files: Iterable[TomlFile[ClientFile]], wanted: Iterable[Client], known: Iterable[Client]) -> list[str]:
    """An API is one registered tool: citizens are told its name before another tool may use it for them (RFC 8707)."""
    places = {file.content.client_id: file for file in files}
    others = [client for client in known if client.managed_by != BY_FILE]
    return [places[client_id].sentence(location, what) for client_id, location, what in resource_faults(wanted, others)]
