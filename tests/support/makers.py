"""Makers of the core's types for tests of rules and flows: plausible by default, one field different per test."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from broker.core.claim import HeldClaim
from broker.core.client import Client, ClientClaim, ClientStatus, Operator
from broker.core.consent import Consent, Standing
from broker.core.next_step import Situation
from broker.core.provider import IdentityProvider, ProviderLogout
from broker.core.request import AuthorizationRequest
from broker.core.session import SESSION_LIFETIME, BrokerSession
from broker.core.trust import TrustLevel

NOW = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
BROWSER = "browser-of-erika"
REDIRECT = "https://karte.example.org/callback"


def provider(alias: str = "bundid", **fields: Any) -> IdentityProvider:
    """A citizen ID that reaches high, and that hears of a sign-out."""
    names, logout = {"de": alias}, ProviderLogout.SINGLE
    usual = IdentityProvider(alias, names, names, (), trust_ceiling=TrustLevel.HIGH, position=1, logout=logout)
    return replace(usual, **fields)


def client(**fields: Any) -> Client:
    """A live tool that wants a pseudonym and, for a purpose, a name."""
    usual = Client(
        client_id="karte",
        name="Mitmachkarte",
        operator=Operator("Stadt Beispiel"),
        status=ClientStatus.LIVE,
        redirect_uris=(REDIRECT,),
        sector="karte.example.org",
        scopes=("openid", "profile"),
        claims=(ClientClaim("name", {"de": "Anrede", "en": "Salutation"}),),
        backchannel_logout_uri="https://karte.example.org/backchannel",
    )
    return replace(usual, **fields)


def request(**fields: Any) -> AuthorizationRequest:
    """A plain request of that tool, made a minute ago."""
    usual = AuthorizationRequest("request", BROWSER, "karte", REDIRECT, ("openid", "profile"), NOW - timedelta(minutes=1))
    return replace(usual, **fields)


def session(**fields: Any) -> BrokerSession:
    """Erika signed in with high ten minutes ago and has been here since."""
    usual = BrokerSession(
        id="session",
        browser_id=BROWSER,
        subject_id="erika",
        provider_alias="bundid",
        trust=TrustLevel.HIGH,
        amr=("sc", "pin", "mfa"),
        claims={
            "name": HeldClaim("ERIKA MUSTERMANN", TrustLevel.HIGH),
            "email": HeldClaim("erika@post.example", TrustLevel.LOW),
            "bp_resident_of": HeldClaim(["05315000"], TrustLevel.HIGH),
            "bp_residence_evidence": HeldClaim("eid_ags", TrustLevel.HIGH),
            "bp_age_over": HeldClaim([12, 14, 16, 18, 21, 27, 60], TrustLevel.HIGH),
            "locale": HeldClaim("de", TrustLevel.NONE),
        },
        authenticated_at=NOW - timedelta(minutes=10),
        last_seen_at=NOW,
        expires_at=NOW - timedelta(minutes=10) + SESSION_LIFETIME,
    )
    return replace(usual, **fields)


def consent(*claims: str, **fields: Any) -> Consent:
    """Erika agreed to these claims a day ago."""
    usual = Consent("consent", "erika", "karte", frozenset({"openid", "profile"}), frozenset(claims), "v1", NOW - timedelta(days=1))
    return replace(usual, **fields)


def standing(**fields: Any) -> Standing:
    """Erika is known to the tool and agreed to her name."""
    return replace(Standing(subject_active=True, consent=consent("name"), sub="sub-of-erika", pseudonym="heide-otter-1234"), **fields)


def situation(**fields: Any) -> Situation:
    """All is well: issue."""
    usual = Situation(request(), client(), (provider(),), session(), standing(), ("name",), "v1", NOW)
    return replace(usual, **fields)
