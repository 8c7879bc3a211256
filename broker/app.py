"""The only wiring: settings become stores, the hub's side, flows and views. Everything else receives what it needs as named fields."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from flask import Flask
from flask_wtf.csrf import CSRFProtect

from broker.claim_table import load_claim_table
from broker.config import Settings
from broker.core.claim import ClaimTable
from broker.core.ids import keyed_hash
from broker.core.ports import Clock, Upstream
from broker.flows.consenting import Consenting
from broker.flows.issuing import Issuing
from broker.flows.judging import Judging
from broker.flows.linking import Linking
from broker.flows.releasing import Releasing
from broker.flows.signing_in import SigningIn
from broker.flows.signing_out import SigningOut
from broker.oidc.authorization_request import RequestReader
from broker.oidc.client_auth import ClientSecrets
from broker.oidc.end_session import EndSessionReader
from broker.oidc.id_token import IdTokens
from broker.oidc.id_token_hint import HintReader
from broker.oidc.keys import KeyRing
from broker.oidc.metadata import Metadata
from broker.oidc.server import TokenServer
from broker.store.clients import Clients
from broker.store.codes import Codes
from broker.store.consents import Consents
from broker.store.grants import Grants
from broker.store.migrations import pending
from broker.store.outbox import Outbox
from broker.store.providers import Providers
from broker.store.redis import Redis
from broker.store.requests import Requests
from broker.store.seal import Seal
from broker.store.sessions import Sessions
from broker.store.signing_keys import SigningKeys
from broker.store.sql import Database
from broker.store.standings import Standings
from broker.store.subjects import Subjects
from broker.upstream.discovery import Discovery
from broker.upstream.hub_connection import HubConnection
from broker.upstream.id_token import IdTokenCheck
from broker.upstream.keycloak_login import HubClient, KeycloakLogin
from broker.web import assets, errors, guards, headers, i18n, observability
from broker.web.citizen import CitizenViews, citizen_blueprint
from broker.web.cookies import Cookies
from broker.web.end_session import EndSessionViews, end_session_blueprint
from broker.web.endpoints import EndpointViews, endpoints_blueprint
from broker.web.health import Readiness, health_blueprint
from broker.web.oidc import AuthorizeViews, oidc_blueprint

LARGEST_BODY = 64 * 1024
MOST_FORM_PARTS = 100
UI_LOCALES = ("de", "en")


def utc_now() -> datetime:
    """The clock of every process; tests bring their own."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Site:
    """What every page says about who runs this place; never the settings themselves, which hold secrets."""

    site_name: str
    operator_name: str
    privacy_url: str
    imprint_url: str
    accessibility_url: str


@dataclass(frozen=True, slots=True)
class Stores:
    """Both connections and what speaks through them."""

    database: Database
    redis: Redis
    requests: Requests
    sessions: Sessions
    codes: Codes
    clients: Clients
    providers: Providers
    standings: Standings
    subjects: Subjects
    consents: Consents
    grants: Grants
    outbox: Outbox
    signing_keys: SigningKeys


@dataclass(frozen=True, slots=True)
class Parts:
    """All that is wired for one application; in `app.extensions["broker"]` for tests and commands, never for views."""

    stores: Stores
    claim_table: ClaimTable
    upstream: Upstream
    keys: KeyRing
    signing_in: SigningIn
    signing_out: SigningOut
    consenting: Consenting
    issuing: Issuing


def create_app(settings: Settings, clock: Clock = utc_now, upstream: Upstream | None = None) -> Flask:
    """The WSGI application. Raises ConfigurationError for what would never work; a store or hub that is away is no reason not to start."""
    parts = build_parts(settings, clock, upstream)
    cookies = Cookies(settings.secure_cookies)
    app = Flask("broker.web")
    app.config.update(MAX_CONTENT_LENGTH=LARGEST_BODY, MAX_FORM_PARTS=MOST_FORM_PARTS, WTF_CSRF_TIME_LIMIT=None, WTF_CSRF_SSL_STRICT=False)
    app.secret_key = settings.keys.cookie
    app.session_interface = guards.FormTokens(cookies, settings.keys.cookie)
    app.url_map.merge_slashes = False  # its redirect would be built from the Host header
    app.extensions["broker"] = parts
    _install(app, settings)
    _mount(app, settings, parts, cookies)
    return app


def build_parts(settings: Settings, clock: Clock = utc_now, upstream: Upstream | None = None) -> Parts:
    """Everything below the views."""
    stores, claim_table, keys = open_stores(settings, clock), load_claim_table(settings.claim_table), settings.keys
    hub = upstream or open_hub(settings, claim_table, clock)
    judging = Judging(stores.clients, stores.providers, stores.standings, Releasing(claim_table), clock)
    signing_out = SigningOut(stores.outbox, stores.sessions, stores.clients, hub)
    linking = Linking(stores.subjects, keys.link, clock)
    return Parts(
        stores=stores,
        claim_table=claim_table,
        upstream=hub,
        keys=KeyRing(stores.signing_keys.list, clock),
        signing_in=SigningIn(stores.requests, stores.sessions, judging, linking, signing_out, hub, clock),
        signing_out=signing_out,
        consenting=Consenting(judging, stores.requests, stores.subjects, stores.consents, clock),
        issuing=Issuing(judging, stores.codes, stores.grants, stores.sessions, stores.subjects, keys.sid, clock),
    )


def open_database(settings: Settings) -> Database:
    """The SQL database; connects when first used."""
    return Database(settings.database_url.get_secret_value())


def open_stores(settings: Settings, clock: Clock = utc_now) -> Stores:
    """Both stores; they connect when first used."""
    database, redis = open_database(settings), Redis.connect(settings.redis_url.get_secret_value())
    session_seal, field_seal = Seal(settings.keys.session), Seal(settings.keys.field)
    return Stores(
        database=database,
        redis=redis,
        requests=Requests(redis, session_seal),
        sessions=Sessions(redis, session_seal, clock),
        codes=Codes(redis, session_seal),
        clients=Clients(database),
        providers=Providers(database),
        standings=Standings(database, field_seal),
        subjects=Subjects(database, field_seal, clock),
        consents=Consents(database, clock),
        grants=Grants(database, clock),
        outbox=Outbox(database, clock),
        signing_keys=SigningKeys(database, Seal(settings.keys.signing_seal), clock),
    )


def open_hub(settings: Settings, claim_table: ClaimTable, clock: Clock = utc_now) -> KeycloakLogin:
    """The side towards Keycloak; it connects when first used."""
    connection = HubConnection()
    discovery = Discovery(connection, settings.hub_issuer, settings.hub_internal_url)
    client = HubClient(settings.hub_client_id, settings.hub_client_secret.get_secret_value(), f"{settings.issuer}/callback")
    check = IdTokenCheck(discovery, settings.hub_issuer, settings.hub_client_id, settings.hub_signing_algs, clock)
    return KeycloakLogin(client, connection, discovery, check, claim_table, clock)


def _install(app: Flask, settings: Settings) -> None:
    """What every request passes, in this order: numbered first, counted last."""
    observability.install(app)
    headers.install(app, settings.secure_cookies)
    i18n.install(app, settings.secure_cookies)
    assets.install(app)
    guards.install(app, settings.issuer)
    errors.install(app, settings.issuer)
    site = Site(settings.site_name, settings.operator_name, settings.privacy_url, settings.imprint_url, settings.accessibility_url)
    app.context_processor(lambda: {"site": site})


def _mount(app: Flask, settings: Settings, parts: Parts, cookies: Cookies) -> None:
    stores, hints = parts.stores, HintReader(settings.issuer, parts.keys)
    csrf = CSRFProtect(app)
    reader = RequestReader(parts.claim_table, hints, parts.issuing.clock)
    authorize = AuthorizeViews(settings.issuer, reader, stores.clients.find, parts.signing_in, parts.issuing, cookies)
    endpoints = endpoints_blueprint(_endpoint_views(settings, parts))
    end_session = _end_session_views(parts, hints, cookies)
    for blueprint in (
        oidc_blueprint(authorize),
        endpoints,
        end_session_blueprint(end_session),
        citizen_blueprint(_citizen_views(settings, parts, cookies)),
        health_blueprint(_readiness(parts)),
    ):
        app.register_blueprint(blueprint)
    # Tools post to these three without our form token; every other POST needs it (SE-11).
    csrf.exempt(endpoints)
    csrf.exempt("broker.web.oidc.authorize")
    csrf.exempt("broker.web.end_session.logout")


def _endpoint_views(settings: Settings, parts: Parts) -> EndpointViews:
    clients, pepper = parts.stores.clients, settings.keys.pepper
    secrets = ClientSecrets(lambda client_id, secret: keyed_hash(pepper, client_id, secret))
    id_tokens = IdTokens(settings.issuer, parts.keys, parts.issuing.clock)
    return EndpointViews(
        server=TokenServer(clients.find, secrets, parts.issuing.redeem, id_tokens),
        userinfo_of=parts.issuing.userinfo,
        keys=parts.keys,
        metadata=Metadata(settings.issuer, parts.claim_table, UI_LOCALES),
        origins=lambda: guards.web_origins(clients.list()),
    )


def _end_session_views(parts: Parts, hints: HintReader, cookies: Cookies) -> EndSessionViews:
    clients, standings = parts.stores.clients, parts.stores.standings
    return EndSessionViews(
        reader=EndSessionReader(hints, clients.find, clients.find_by_post_logout_uri),
        signing_out=parts.signing_out,
        subject_at=lambda session, client: standings.find(session.subject_id, client).sub,
        cookies=cookies,
    )


def _citizen_views(settings: Settings, parts: Parts, cookies: Cookies) -> CitizenViews:
    return CitizenViews(
        signing_in=parts.signing_in,
        consenting=parts.consenting,
        find_client=parts.stores.clients.find,
        list_providers=parts.stores.providers.list,
        find_session=parts.stores.sessions.find,
        cookies=cookies,
        hub_origin=settings.hub_issuer,
    )


def _readiness(parts: Parts) -> Readiness:
    stores = parts.stores
    return Readiness(
        {
            "sql": stores.database.ping,
            "redis": stores.redis.ping,
            "schema": lambda: not pending(stores.database),
            "signing_key": lambda: "RS256" in parts.keys.algorithms,
        },
        advisory={"hub": parts.upstream.reachable},
    )
