"""The only wiring: settings become parts, parts become views. Everything else receives what it needs as named fields."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import partial
from typing import Any

from flask import Blueprint, Flask
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from broker.claim_table import load_claim_table
from broker.config import Settings
from broker.core.ports import Clock, Upstream
from broker.examination import examination, networks_finding
from broker.flows.examining import Examining
from broker.flows.following_up import FollowingUp
from broker.flows.handing_out import HandingOut
from broker.flows.inviting import Inviting
from broker.oidc.authorization_request import RequestReader
from broker.oidc.end_session import EndSessionReader
from broker.oidc.id_token_hint import HintReader
from broker.oidc.pushed_requests import PushedRequests
from broker.oidc.server import TokenServer
from broker.opened_stores import open_database, open_stores, utc_now
from broker.parts import Parts, build_parts
from broker.provider_face import endpoint_views, registration_views
from broker.store.migrations import pending
from broker.web import assets, dpop, errors, guards, headers, i18n, observability
from broker.web.account import AccountViews, account_blueprint
from broker.web.account_door import AccountDoor
from broker.web.account_links import AccountLinksViews, account_links_blueprint
from broker.web.citizen import CitizenViews, citizen_blueprint
from broker.web.cookies import Cookies
from broker.web.deliveries import DeliveryViews, deliveries_blueprint
from broker.web.description import DescriptionViews, description_blueprint
from broker.web.device import DeviceViews, device_blueprint
from broker.web.end_session import EndSessionViews, end_session_blueprint
from broker.web.endpoints import endpoints_blueprint
from broker.web.health import Readiness, health_blueprint
from broker.web.keycloak_paths import KeycloakPaths, keycloak_paths_blueprints
from broker.web.logos import LogoViews, logos_blueprint
from broker.web.oidc import AuthorizeViews, oidc_blueprint
from broker.web.pushed import PushedViews, pushed_blueprint
from broker.web.registration import registration_blueprint
from broker.web.signed_out import SignedOutViews, signed_out_blueprint
from broker.web.token_status import TokenStatusViews, token_status_blueprint
from broker.web.told_why import ToldWhy
from broker.web.upstream_logout import upstream_logout_blueprint
from broker.web.voucher import VoucherViews, voucher_blueprint

__all__ = ["build_examination", "build_handing_out", "build_inviting", "create_app", "open_database"]

LARGEST_BODY = 64 * 1024
MOST_FORM_PARTS = 100


@dataclass(frozen=True, slots=True)
class Site:
    """What every page says about who runs this place; never the settings themselves, which hold secrets."""

    site_name: str
    operator_name: str
    privacy_url: str
    imprint_url: str
    accessibility_url: str
    official_label: str


class Application(Flask):
    """Flask, without looking at every view and hook on every request whether it is asynchronous: none is."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """The function itself."""
        return func


def create_app(settings: Settings, clock: Clock = utc_now, upstream: Upstream | None = None) -> Flask:
    """The WSGI application. Raises ConfigurationError for what would never work; a store or hub that is away is no reason not to start."""
    parts = build_parts(settings, clock, upstream)
    parts.check()
    cookies = Cookies(settings.secure_cookies)
    app = Application("broker.web")
    app.config.update(MAX_CONTENT_LENGTH=LARGEST_BODY, MAX_FORM_PARTS=MOST_FORM_PARTS, WTF_CSRF_TIME_LIMIT=None, WTF_CSRF_SSL_STRICT=False)
    app.secret_key = settings.keys.cookie
    app.session_interface = guards.FormTokens(cookies, settings.keys.cookie)
    app.url_map.merge_slashes = False  # its redirect would be built from the Host header
    app.extensions["broker"] = parts
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=0, x_host=0)  # type: ignore[method-assign]  # as Flask's guide does
    _install(app, settings, parts)
    _mount(app, settings, parts, cookies)
    return app


def build_inviting(settings: Settings) -> Inviting:
    """What `broker clients invite`, `approve` and the like work with."""
    stores = open_stores(settings)
    return Inviting(stores.clients, stores.registration_tokens, stores.grants, settings.keys.pepper, utc_now)


def build_handing_out(settings: Settings) -> HandingOut:
    """What `broker vouchers` works with."""
    parts = build_parts(settings)
    stores, linking, thresholds = parts.stores, parts.signing_in.linking, parts.claim_table.age_thresholds
    return HandingOut(stores.vouchers, linking, parts.signing_out, stores.grants, thresholds, settings.keys.voucher, utc_now)


def build_examination(settings: Settings, keycloak_version: Callable[[], str] | None = None) -> Examining:
    """What `broker doctor` looks at. Keycloak tells its version to administrators only: without one it is not looked at."""
    stores, table = open_stores(settings), load_claim_table(settings.claim_table)
    networks, hub_address = partial(networks_finding, settings.networks, settings.trusted_proxies), settings.hub_internal_url
    return examination(stores, table, networks, hub_address or settings.hub_issuer, settings.hub_issuer, utc_now, keycloak_version)


def _install(app: Flask, settings: Settings, parts: Parts) -> None:
    """What every request passes, in this order: numbered first, counted last."""
    observability.install(app)
    headers.install(app, settings.secure_cookies)
    i18n.install(app, settings.secure_cookies)
    assets.install(app)
    guards.install(app, settings.issuer)
    errors.install(app, parts.responses)
    dpop.install(app, parts.proofs.nonces.fresh)
    site = Site(**{field.name: getattr(settings, field.name) for field in fields(Site)})
    app.context_processor(lambda: {"site": site})


def _mount(app: Flask, settings: Settings, parts: Parts, cookies: Cookies) -> None:
    stores, hints = parts.stores, HintReader(settings.issuer, parts.keys, parts.issuing.clock)
    csrf = CSRFProtect(app)
    source, reader = parts.request_source, RequestReader(parts.claim_table, hints, parts.recognising.voting.open_at, parts.issuing.clock)
    find_client, authorize = stores.clients.find, _authorize_views(parts, reader, cookies)
    for_tools, end_session = endpoint_views(settings, parts), _end_session_views(settings, parts, hints, cookies)
    endpoints = endpoints_blueprint(for_tools)
    requests = PushedRequests(for_tools.server, source, reader, parts.proofs.announced, stores.pushed_requests.add)
    pushed = pushed_blueprint(PushedViews(requests, for_tools.origins, settings.client_certificate_header))
    devices = DeviceViews(settings.issuer, for_tools.server, reader, parts.devices, cookies, settings.client_certificate_header)
    aliases = keycloak_paths_blueprints(
        KeycloakPaths(authorize.authorize, end_session.logout, for_tools, end_session.reader, find_client, stores.clients.list)
    )
    registration, heard = registration_blueprint(registration_views(settings, parts)), upstream_logout_blueprint(parts.heeding)
    asked = _asked_blueprints(settings, parts, for_tools.server)
    for blueprint in (
        oidc_blueprint(authorize),
        endpoints,
        pushed,
        *asked,
        registration,
        logos_blueprint(LogoViews(stores.logos.find)),
        end_session_blueprint(end_session),
        signed_out_blueprint(end_session.last_page),
        heard,
        device_blueprint(devices),
        citizen_blueprint(_citizen_views(settings, parts, cookies)),
        voucher_blueprint(_voucher_views(settings, parts, cookies)),
        *_account_blueprints(parts, cookies, end_session),
        health_blueprint(_readiness(parts)),
        description_blueprint(DescriptionViews(settings.issuer)),
        *aliases,
    ):
        app.register_blueprint(blueprint)
    # Tools post to these without our form token; every other POST needs it (SE-11).
    for exempt in (endpoints, pushed, *asked, registration, heard, *aliases):
        csrf.exempt(exempt)
    csrf.exempt("broker.web.oidc.authorize")
    csrf.exempt("broker.web.device.device_authorization")
    csrf.exempt("broker.web.end_session.logout")


def _asked_blueprints(settings: Settings, parts: Parts, server: TokenServer) -> tuple[Blueprint, Blueprint]:
    """What tools' servers ask: about tokens, and about sign-outs."""
    log, clock, header = parts.stores.delivery_log, parts.issuing.clock, settings.client_certificate_header
    deliveries = DeliveryViews(server, log.newest, log.summaries, clock, header)
    return token_status_blueprint(TokenStatusViews(server, parts.introspection, header)), deliveries_blueprint(deliveries)


def _authorize_views(parts: Parts, reader: RequestReader, cookies: Cookies) -> AuthorizeViews:
    find_client, is_down = parts.stores.clients.find, parts.choosing.is_down
    source = parts.request_source
    return AuthorizeViews(parts.responses, source, reader, find_client, parts.signing_in, parts.issuing, parts.devices, is_down, cookies)


def _end_session_views(settings: Settings, parts: Parts, hints: HintReader, cookies: Cookies) -> EndSessionViews:
    stores, clients, standings = parts.stores, parts.stores.clients, parts.stores.standings
    following_up = FollowingUp(stores.sign_out_tickets, stores.outbox, stores.hub_logouts, parts.issuing.clock)
    return EndSessionViews(
        issuer=settings.issuer,
        reader=EndSessionReader(hints, clients.find, clients.find_by_post_logout_uri),
        signing_out=parts.signing_out,
        overseeing=parts.overseeing,
        subject_at=lambda session, client: standings.find(session.subject_id, client).sub,
        last_page=SignedOutViews(following_up, stores.providers.list, cookies),
        cookies=cookies,
    )


def _citizen_views(settings: Settings, parts: Parts, cookies: Cookies) -> CitizenViews:
    return CitizenViews(
        door=_door(parts, cookies),
        signing_in=parts.signing_in,
        consenting=parts.consenting,
        choosing=parts.choosing,
        find_client=parts.stores.clients.find,
        list_providers=parts.stores.providers.list,
        find_session=parts.stores.sessions.find,
        claim_table=parts.claim_table,
        networks=parts.networks,
        cookies=cookies,
        told_why=ToldWhy(parts.overseeing, cookies),
        hub_origin=settings.hub_issuer,
    )


def _account_blueprints(parts: Parts, cookies: Cookies, end_session: EndSessionViews) -> tuple[Blueprint, Blueprint]:
    door, providers = _door(parts, cookies), parts.stores.providers
    return (
        account_blueprint(AccountViews(door, parts.overseeing, providers.list, parts.networks, end_session.goodbye)),
        account_links_blueprint(AccountLinksViews(door, parts.managing_links, providers.list)),
    )


def _door(parts: Parts, cookies: Cookies) -> AccountDoor:
    return AccountDoor(parts.signing_in, parts.managing_links, cookies)


def _voucher_views(settings: Settings, parts: Parts, cookies: Cookies) -> VoucherViews:
    clients, providers = parts.stores.clients, parts.stores.providers
    find_client = parts.signing_in.judging.find_client
    return VoucherViews(settings.issuer, parts.redeeming, find_client, clients.list, providers.list, parts.networks, cookies)


def _readiness(parts: Parts) -> Readiness:
    stores = parts.stores
    return Readiness(
        {
            "sql": stores.database.ping,
            "redis": stores.redis.ping,
            "schema": lambda: not pending(stores.database),
            "clock": lambda: abs(stores.database.seconds_ahead(utc_now())) <= observability.CLOCK_TOLERANCE_SECONDS,
            "signing_key": lambda: "RS256" in parts.keys.algorithms,
        },
        watched={"hub": parts.upstream.reachable},
    )
