"""The wiring of what tools speak to: the token side, discovery, and their registration. A part of `app.py`, which mounts it."""

from __future__ import annotations

from functools import partial

from broker.config import Settings
from broker.flows.registering import secret_hash
from broker.flows.throttling import Throttling
from broker.oidc.client_assertion import ClientAssertions
from broker.oidc.client_auth import ClientSecrets
from broker.oidc.client_certificate import ClientCertificates
from broker.oidc.client_metadata import ClientMetadata
from broker.oidc.client_signature import ClientSignatures
from broker.oidc.encryption import Encryption
from broker.oidc.grants import TokenFlows
from broker.oidc.id_token import IdTokens
from broker.oidc.metadata import Metadata
from broker.oidc.server import ClientDesk, TokenServer
from broker.oidc.software_statement import SoftwareStatements, read_issuers
from broker.oidc.token_answer import TokenAnswers
from broker.oidc.userinfo import UserInfoAnswers
from broker.parts import Parts
from broker.web import guards
from broker.web.endpoints import EndpointViews
from broker.web.registration import RegistrationViews

UI_LOCALES = ("de", "en")


def endpoint_views(settings: Settings, parts: Parts) -> EndpointViews:
    """Token, userinfo, keys and discovery."""
    clients = parts.stores.clients
    id_tokens = IdTokens(settings.issuer, parts.keys, parts.issuing.clock, Encryption(parts.client_keys.encryption_keys))
    answers = TokenAnswers(parts.token_form, id_tokens)
    serving = parts.serving
    flows = TokenFlows(parts.issuing.redeem, parts.refreshing.refresh, parts.devices.redeem, serving.serve, serving.exchange)
    return EndpointViews(
        server=TokenServer(_client_desk(settings, parts), flows, answers, parts.proofs),
        userinfo_of=parts.issuing.userinfo,
        userinfo_answers=UserInfoAnswers(settings.issuer, parts.keys),
        keys=parts.keys,
        metadata=_metadata(settings, parts),
        origins=lambda: guards.web_origins(clients.list()),
        certificate_header=settings.client_certificate_header,
    )


def _metadata(settings: Settings, parts: Parts) -> Metadata:
    return Metadata(
        issuer=settings.issuer,
        claim_table=parts.claim_table,
        ui_locales=UI_LOCALES,
        tool_policy_url=settings.tool_policy_url,
        tool_terms_url=settings.tool_terms_url,
        certificates=bool(settings.client_certificate_header),
        certificate_url=settings.certificate_url.rstrip("/"),
    )


def registration_views(settings: Settings, parts: Parts) -> RegistrationViews:
    """Where tools register themselves."""
    metadata = _metadata(settings, parts)
    statements = SoftwareStatements(read_issuers(settings.software_statement_issuers), parts.issuing.clock)
    described = ClientMetadata(lambda: metadata.document(parts.keys.algorithms), parts.claim_table)
    return RegistrationViews(settings.issuer, parts.self_registering, described, statements.over)


def _client_desk(settings: Settings, parts: Parts) -> ClientDesk:
    pepper, ring, clock = settings.keys.pepper, parts.client_keys, parts.issuing.clock
    use_once = partial(parts.stores.one_time_ids.add, "client_assertion")
    secrets = ClientSecrets(lambda client_id, secret: secret_hash(pepper, client_id, secret))
    assertions = ClientAssertions(ClientSignatures(ring), use_once, settings.issuer, clock)
    methods = {**secrets.methods, **assertions.methods, **ClientCertificates(ring, clock).methods}
    return ClientDesk(parts.stores.clients.find, methods, Throttling(parts.stores.attempts).failed)
