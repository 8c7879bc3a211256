"""Records as the stores keep them, complete and plausible; `dataclasses.replace` makes variants."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from broker.core.claim import HeldClaim
from broker.core.client import Client, ClientClaim, ClientStatus, Operator
from broker.core.consent import Consent
from broker.core.grant import ACCESS_TOKEN_LIFETIME, Grant, IssuedCode
from broker.core.ids import new_id, new_secret
from broker.core.request import AuthorizationRequest, Prompt, UpstreamLogin
from broker.core.session import SESSION_LIFETIME, BrokerSession
from broker.core.subject import LinkedIdentity, Subject, SubjectStatus
from broker.core.trust import TrustLevel

ERIKA = {
    "given_name": "Erika",
    "family_name": "Mustermann",
    "name": "Erika Mustermann",
    "email": "erika.mustermann@example.org",
    "birthdate": "1964-08-12",
    "address": {"street_address": "Heidestraße 17", "postal_code": "51147", "locality": "Köln", "country": "DE"},
    "place_of_birth": "Berlin",
    "bp_resident_of": "05315000",
}


def client(client_id: str = "karte", **fields: object) -> Client:
    """A live tool."""
    return Client(
        client_id=client_id,
        name="Mitmachkarte",
        operator=Operator("Stadt Beispiel", "mail@example.org", "https://example.org/privacy"),
        status=ClientStatus.LIVE,
        redirect_uris=(f"https://{client_id}.example.org/callback",),
        sector=f"{client_id}.example.org",
        description={"de": "Karte", "en": "Map"},
        post_logout_redirect_uris=(f"https://{client_id}.example.org/",),
        backchannel_logout_uri=f"https://{client_id}.example.org/logout",
        secret_hash="x" * 43,
        scopes=("openid", "profile"),
        claims=(ClientClaim("given_name", {"de": "Anrede"}, "Art. 6", required=False), ClientClaim("email", {"de": "Nachricht"})),
        minimum_trust=TrustLevel.SUBSTANTIAL,
        age_thresholds=(16, 18),
        **fields,  # type: ignore[arg-type]
    )


def subject(now: datetime, subject_id: str | None = None) -> Subject:
    """An active account."""
    return Subject(id=subject_id or new_id(), status=SubjectStatus.ACTIVE, locale="de", created_at=now)


def link(of: Subject, now: datetime, upstream_hash: str | None = None) -> LinkedIdentity:
    """A link to BundID."""
    return LinkedIdentity(of.id, "bundid", upstream_hash or new_secret(), TrustLevel.HIGH, now, now)


def consent(subject_id: str, client_id: str, now: datetime, *claims: str) -> Consent:
    """A decision of now."""
    return Consent(new_id(), subject_id, client_id, frozenset({"openid", "profile"}), frozenset(claims), "v1", now)


def session(subject_id: str, now: datetime, session_id: str | None = None) -> BrokerSession:
    """A session of level high with eight attributes and an ID token of the size Keycloak makes."""
    return BrokerSession(
        id=session_id or new_secret(),
        browser_id=new_secret(),
        subject_id=subject_id,
        provider_alias="bundid",
        trust=TrustLevel.HIGH,
        amr=("eid", "mfa"),
        claims={name: HeldClaim(value, TrustLevel.HIGH) for name, value in ERIKA.items()},
        authenticated_at=now,
        last_seen_at=now,
        expires_at=now + SESSION_LIFETIME,
        upstream_sid=new_id(),
        upstream_id_token=_random_text(40) + "." + _random_text(2070) + "." + _random_text(86),
    )


def request(now: datetime) -> AuthorizationRequest:
    """A request that uses every field."""
    return AuthorizationRequest(
        id=new_id(),
        browser_id=new_secret(),
        client_id="karte",
        redirect_uri="https://karte.example.org/callback",
        scopes=("openid", "profile"),
        created_at=now,
        response_mode="form_post",
        state="s",
        nonce="n",
        code_challenge="c",
        prompts=frozenset({Prompt.LOGIN, Prompt.CONSENT}),
        max_age=0,
        wanted_trust=TrustLevel.HIGH,
        required_trust=TrustLevel.LOW,
        ui_locales=("de", "en"),
        asked_userinfo=("email",),
        signed_in_at=now + timedelta(microseconds=1),
        session_id=new_id(),
    )


def upstream_login(of: AuthorizationRequest, now: datetime) -> UpstreamLogin:
    """A sign-in sent to the hub."""
    return UpstreamLogin(of.id, of.browser_id, "bundid", new_secret(), new_secret(), now)


def issued_code(of: BrokerSession, sub: str, consent_id: str | None = None) -> IssuedCode:
    """What a code of this session stands for."""
    return IssuedCode(
        client_id="karte",
        redirect_uri="https://karte.example.org/callback",
        subject_id=of.subject_id,
        session_id=of.id,
        sub=sub,
        scopes=("openid", "profile"),
        claims=("given_name",),
        id_token_claims=(),
        trust=of.trust,
        amr=of.amr,
        auth_time=of.authenticated_at,
        created_at=of.last_seen_at,
        consent_id=consent_id,
        nonce="n",
        code_challenge="c",
    )


def grant(subject_id: str, now: datetime, client_id: str = "karte", session_id: str = "session", consent_id: str | None = None) -> Grant:
    """A grant of now."""
    return Grant(
        id=new_id(),
        code_hash=new_secret(),
        access_hash=new_secret(),
        client_id=client_id,
        subject_id=subject_id,
        session_id=session_id,
        sub=f"sub-of-{subject_id}",
        sid=f"{client_id}-{session_id}",
        scopes=("openid", "profile"),
        claims=("given_name", "email"),
        trust=TrustLevel.HIGH,
        amr=("eid", "mfa"),
        auth_time=now,
        created_at=now,
        access_expires_at=now + ACCESS_TOKEN_LIFETIME,
        expires_at=now + SESSION_LIFETIME,
        consent_id=consent_id,
    )


def _random_text(length: int) -> str:
    return secrets.token_urlsafe(length)[:length]
