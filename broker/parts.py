"""From settings to everything below the views: stores, the hub's side, flows. For the application, the worker and the commands."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from broker.claim_table import load_claim_table
from broker.config import Settings
from broker.core.claim import ClaimTable
from broker.core.errors import BrokerError, StoreUnavailable
from broker.core.linking import account_pages
from broker.core.network import Networks
from broker.core.ports import Clock, Upstream
from broker.flows.authorizing_devices import AuthorizingDevices
from broker.flows.changing_claims import ChangingClaims, refuse_losses
from broker.flows.choosing import Choosing
from broker.flows.consenting import Consenting
from broker.flows.ending_at_hub import EndingAtHub
from broker.flows.fetching import Fetching
from broker.flows.heeding import Heeding
from broker.flows.introspecting import Introspecting
from broker.flows.issuing import Issuing
from broker.flows.judging import Judging
from broker.flows.linking import Linking
from broker.flows.managing_links import ManagingLinks
from broker.flows.opening import Opening
from broker.flows.overseeing import Overseeing
from broker.flows.recognising import Recognising
from broker.flows.redeeming import VOUCHER_PATH, Redeeming
from broker.flows.refreshing import Refreshing
from broker.flows.releasing import Releasing
from broker.flows.self_registering import SelfRegistering
from broker.flows.serving import Serving
from broker.flows.signing_in import SigningIn
from broker.flows.signing_out import SigningOut
from broker.flows.supplementing import Supplementing
from broker.flows.throttling import Throttling
from broker.flows.visiting import Visiting
from broker.flows.voting import Voting
from broker.flows.watching import Watching
from broker.hub import open_hub
from broker.network_list import read_networks
from broker.oidc.access_token import AccessTokenForm
from broker.oidc.client_certificate import thumbprint
from broker.oidc.client_keys import ClientKeyring
from broker.oidc.client_signature import ClientSignatures
from broker.oidc.dpop_nonce import DpopNonces
from broker.oidc.fetched_objects import FetchedObjects
from broker.oidc.introspection import IntrospectionAnswers
from broker.oidc.keys import KeyRing
from broker.oidc.proofs import Proofs
from broker.oidc.request_object import RequestObjects
from broker.oidc.request_source import RequestSource
from broker.oidc.responses import AuthorizationResponses
from broker.opened_stores import Stores, open_stores, utc_now
from broker.store.migrations import pending


@dataclass(frozen=True, slots=True)
class Parts:
    """All that is wired for one application; in `app.extensions["broker"]` for tests and commands, never for views."""

    stores: Stores
    claim_table: ClaimTable
    networks: Networks
    changing_claims: ChangingClaims
    upstream: Upstream
    keys: KeyRing
    managing_links: ManagingLinks
    responses: AuthorizationResponses
    request_source: RequestSource
    fetching: Fetching
    client_keys: ClientKeyring
    signing_in: SigningIn
    redeeming: Redeeming
    overseeing: Overseeing
    heeding: Heeding
    consenting: Consenting
    choosing: Choosing
    issuing: Issuing
    recognising: Recognising
    refreshing: Refreshing
    token_form: AccessTokenForm
    introspection: IntrospectionAnswers
    proofs: Proofs
    self_registering: SelfRegistering
    devices: AuthorizingDevices
    serving: Serving

    @property
    def signing_out(self) -> SigningOut:
        """What ends the session of the browser at hand."""
        return self.overseeing.signing_out

    def check(self) -> None:
        """Raises ConfigurationError or SealBroken for what would go wrong at the first sign-in; what does not answer is looked at later."""
        try:
            with suppress(StoreUnavailable):
                self.stores.redis.check_policy()
            with suppress(StoreUnavailable):
                if not pending(self.stores.database):
                    self.keys.check()
                    refuse_losses(self.changing_claims.plan(self.claim_table))
        except BrokerError:
            self.stores.close()  # whoever is refused leaves no connection behind
            raise


def build_parts(settings: Settings, clock: Clock = utc_now, upstream: Upstream | None = None) -> Parts:
    """Everything below the views."""
    stores, claim_table, keys = open_stores(settings, clock), load_claim_table(settings.claim_table), settings.keys
    hub = upstream or open_hub(settings, claim_table, clock)
    judging, overseeing = _judging(settings, stores, claim_table, clock), _overseeing(settings, stores, hub, clock)
    signing_out, watching = overseeing.signing_out, Watching(stores.troubles, stores.providers, clock)
    fetching, ring = Fetching(settings.outbound_private_hosts), KeyRing(stores.signing_keys.list, clock)
    client_keys, token_form = ClientKeyring(fetching.get, clock), AccessTokenForm(settings.issuer, ring)
    recognising = Recognising(judging, stores.sessions, stores.access_tokens, token_form.hash_of, Voting(stores.procedures))
    refreshing = Refreshing(recognising, stores.grants, stores.refresh_tokens, keys.refresh, clock)
    signing_in = _signing_in(settings, stores, judging, overseeing, watching)
    issuing = Issuing(judging, stores.codes, stores.grants, recognising, refreshing, stores.subjects, keys.sid, clock)
    return Parts(
        stores=stores,
        claim_table=claim_table,
        networks=read_networks(settings.networks),
        changing_claims=ChangingClaims(stores.applied_claims, stores.clients, stores.providers, clock),
        upstream=hub,
        keys=ring,
        managing_links=ManagingLinks(judging, stores.requests, stores.subjects, stores.links, signing_out, clock),
        responses=AuthorizationResponses(settings.issuer, ring.sign, clock),
        request_source=_request_source(settings.issuer, stores, client_keys, fetching, clock),
        fetching=fetching,
        client_keys=client_keys,
        signing_in=signing_in,
        redeeming=Redeeming(signing_in, stores.vouchers, stores.attempts, keys.voucher),
        overseeing=overseeing,
        heeding=Heeding(hub, signing_out, stores.one_time_ids.add),
        choosing=Choosing(judging, watching),
        consenting=Consenting(judging, stores.requests, stores.subjects, stores.consents, recognising.voting, clock),
        issuing=issuing,
        devices=AuthorizingDevices(stores.device_codes, stores.attempts, stores.clients, stores.requests, issuing, clock),
        serving=Serving(recognising, clock),
        recognising=recognising,
        refreshing=refreshing,
        token_form=token_form,
        introspection=_introspection(settings.issuer, stores, recognising, ring, clock),
        proofs=_proofs(settings, stores, clock),
        self_registering=_self_registering(settings, stores, fetching, clock),
    )


def _judging(settings: Settings, stores: Stores, claim_table: ClaimTable, clock: Clock) -> Judging:
    own_pages = account_pages(settings.site_name, settings.operator_name)
    return Judging(stores.clients, stores.providers, stores.standings, Releasing(claim_table), clock, own_pages)


def build_overseeing(settings: Settings, stores: Stores, clock: Clock = utc_now) -> Overseeing:
    """What ends sessions for the worker and for administrators."""
    return _overseeing(settings, stores, open_hub(settings, load_claim_table(settings.claim_table), clock), clock)


def _overseeing(settings: Settings, stores: Stores, hub: Upstream, clock: Clock) -> Overseeing:
    at_hub = EndingAtHub(stores.hub_logouts, stores.sessions, hub)
    signing_out = SigningOut(stores.outbox, stores.sessions, stores.clients, at_hub)
    return Overseeing(stores.session_register, signing_out, clock, settings.keys.network, settings.sessions_per_account)


def _signing_in(settings: Settings, stores: Stores, judging: Judging, overseeing: Overseeing, watching: Watching) -> SigningIn:
    linking, hub = Linking(stores.subjects, settings.keys.link, judging.clock), overseeing.signing_out.at_hub.upstream
    vouched = Supplementing(stores.vouchers, judging.releasing.claim_table.age_thresholds)
    page = f"{settings.issuer}{VOUCHER_PATH}"
    sessions, key, clock = stores.sessions, settings.keys.person, judging.clock
    opening = Opening(judging, sessions, linking, stores.links, overseeing, key, clock)
    return SigningIn(stores.requests, sessions, judging, linking, opening, hub, watching, vouched, page, clock)


def _request_source(issuer: str, stores: Stores, client_keys: ClientKeyring, fetching: Fetching, clock: Clock) -> RequestSource:
    objects = RequestObjects(issuer, ClientSignatures(client_keys), clock)
    pushed = stores.pushed_requests
    return RequestSource(stores.clients.find, objects, FetchedObjects(fetching.get), pushed.find, pushed.revoke, clock)


def _introspection(issuer: str, stores: Stores, recognising: Recognising, ring: KeyRing, clock: Clock) -> IntrospectionAnswers:
    return IntrospectionAnswers(issuer, Introspecting(recognising, stores.grants, stores.refresh_tokens), ring, clock)


def _proofs(settings: Settings, stores: Stores, clock: Clock) -> Proofs:
    nonces = DpopNonces(settings.keys.dpop_nonce, clock)
    return Proofs(settings.issuer, nonces, partial(stores.one_time_ids.add, "dpop"), thumbprint, clock)


def _self_registering(settings: Settings, stores: Stores, fetching: Fetching, clock: Clock) -> SelfRegistering:
    visiting = Visiting(fetching, stores.logos, clock)
    return SelfRegistering(
        stores.clients,
        stores.registration_tokens,
        stores.grants,
        visiting,
        Throttling(stores.attempts),
        settings.keys.pepper,
        clock,
        settings.open_registration,
        tuple(filter(None, (settings.site_name, settings.operator_name))),
    )
