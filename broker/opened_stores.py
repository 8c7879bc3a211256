"""Both stores, opened: one connection each, and everything that speaks through them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from broker.config import Settings
from broker.core.ports import Clock
from broker.store.access_tokens import AccessTokens
from broker.store.accounts import Accounts
from broker.store.applied_claims import AppliedClaims
from broker.store.attempts import Attempts
from broker.store.clients import Clients
from broker.store.codes import Codes
from broker.store.consents import Consents
from broker.store.delivery_log import DeliveryLog
from broker.store.device_codes import DeviceCodes
from broker.store.grants import Grants
from broker.store.hub_logouts import HubLogouts
from broker.store.links import Links
from broker.store.logos import Logos
from broker.store.one_time_ids import OneTimeIds
from broker.store.outbox import Outbox
from broker.store.procedures import Procedures
from broker.store.providers import Providers
from broker.store.pushed_requests import PushedRequests
from broker.store.redis import Redis
from broker.store.refresh_tokens import RefreshTokens
from broker.store.registration_tokens import RegistrationTokens
from broker.store.requests import Requests
from broker.store.seal import Seal
from broker.store.session_register import SessionRegister
from broker.store.sessions import Sessions
from broker.store.sign_out_tickets import SignOutTickets
from broker.store.signing_keys import SigningKeys
from broker.store.sql import Database
from broker.store.standings import Standings
from broker.store.subjects import Subjects
from broker.store.troubles import Troubles
from broker.store.vouchers import Vouchers


def utc_now() -> datetime:
    """The clock of every process; tests bring their own."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Stores:
    """Both connections and what speaks through them."""

    database: Database
    redis: Redis
    requests: Requests
    pushed_requests: PushedRequests
    sessions: Sessions
    sign_out_tickets: SignOutTickets
    session_register: SessionRegister
    codes: Codes
    device_codes: DeviceCodes
    clients: Clients
    providers: Providers
    applied_claims: AppliedClaims
    procedures: Procedures
    standings: Standings
    subjects: Subjects
    accounts: Accounts
    links: Links
    consents: Consents
    grants: Grants
    access_tokens: AccessTokens
    refresh_tokens: RefreshTokens
    outbox: Outbox
    hub_logouts: HubLogouts
    delivery_log: DeliveryLog
    one_time_ids: OneTimeIds
    registration_tokens: RegistrationTokens
    logos: Logos
    attempts: Attempts
    troubles: Troubles
    signing_keys: SigningKeys
    vouchers: Vouchers

    def close(self) -> None:
        """Drop all connections."""
        self.redis.close()
        self.database.dispose()


def open_database(settings: Settings) -> Database:
    """The SQL database; connects when first used."""
    return Database(settings.database_url.get_secret_value())


def open_stores(settings: Settings, clock: Clock = utc_now) -> Stores:
    """Both stores; they connect when first used."""
    database, redis = open_database(settings), Redis.connect(settings.redis_url.get_secret_value())
    session_seal, field_seal = Seal(settings.keys.session), Seal(settings.keys.field)
    subjects, hub_logouts = Subjects(database, field_seal, clock), HubLogouts(database, redis, session_seal, clock)
    outbox = Outbox(database, hub_logouts, clock)
    return Stores(
        database=database,
        redis=redis,
        requests=Requests(redis, session_seal),
        pushed_requests=PushedRequests(redis, session_seal),
        sessions=Sessions(redis, session_seal, clock),
        sign_out_tickets=SignOutTickets(redis, session_seal, clock),
        session_register=SessionRegister(database),
        codes=Codes(redis, session_seal),
        device_codes=DeviceCodes(redis, session_seal),
        clients=Clients(database),
        providers=Providers(database),
        applied_claims=AppliedClaims(database),
        procedures=Procedures(database, field_seal, clock),
        standings=Standings(database, field_seal),
        subjects=subjects,
        accounts=Accounts(database, outbox, clock),
        links=Links(database, outbox, clock),
        consents=Consents(database, clock),
        grants=Grants(database, clock),
        access_tokens=AccessTokens(database, clock),
        refresh_tokens=RefreshTokens(database, clock),
        outbox=outbox,
        hub_logouts=hub_logouts,
        delivery_log=DeliveryLog(database),
        one_time_ids=OneTimeIds(database),
        registration_tokens=RegistrationTokens(database),
        logos=Logos(database),
        attempts=Attempts(redis),
        troubles=Troubles(redis),
        signing_keys=SigningKeys(database, Seal(settings.keys.signing_seal)),
        vouchers=Vouchers(database, subjects, clock),
    )
