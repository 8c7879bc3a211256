"""The account without a citizen ID on a real Keycloak: both realms as `realm-config/` describes them, the demo's mailbox, its people."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import jwt
import requests
from keycloak import KeycloakAdmin

from broker.upstream.keycloak_connection import KeycloakAccess, KeycloakConnection
from broker.upstream.realm import RealmReconciler
from broker.upstream.realm_desired import DesiredRealm
from broker.upstream.realm_files import load_realms
from deploy.demo.citizen_browser import CitizenBrowser
from deploy.demo.keycloak_server import KeycloakServer
from deploy.demo.mailbox.received import Mail, Mailbox
from tests.live.hub_places import SECRET, Callback, serving
from tests.support.realm_config import ENVIRON, BentConfig
from tests.support.services import free_port

VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


@dataclass
class ResidentsPlace:
    """Two realms with names of their own, the broker's callback, and every mail sent."""

    keycloak: KeycloakServer
    config: BentConfig
    callback: Callback
    mailbox: Mailbox
    environ_more: dict[str, str] = field(default_factory=dict)
    suffix: str = field(default_factory=lambda: secrets.token_hex(4))

    def __post_init__(self) -> None:
        self.config.replace("environments/local.yaml", "identity_providers: [", "identity_providers: [local] # [")
        self.config.replace("environments/local.yaml", "  realm: citizens", f"  realm: citizens-{self.suffix}")
        self.config.replace("environments/local.yaml", "local_realm: residents", f"local_realm: residents-{self.suffix}")

    @property
    def environ(self) -> dict[str, str]:
        return {
            **ENVIRON,
            "BROKER_URL": self.callback.broker_url,
            "KEYCLOAK_URL": self.keycloak.base_url,
            "MAILBOX_SMTP_PORT": str(self.mailbox.port),
            **self.environ_more,
        }

    @property
    def access(self) -> KeycloakAccess:
        return KeycloakAccess(self.keycloak.base_url, self.keycloak.admin_user, self.keycloak.admin_password)

    def desired(self) -> tuple[DesiredRealm, ...]:
        return load_realms(self.config.folder, "local", self.environ)

    def reconcilers(self) -> list[RealmReconciler]:
        return [RealmReconciler(KeycloakConnection(self.access, each.name), each) for each in self.desired()]

    @property
    def issuer(self) -> str:
        return f"{self.keycloak.base_url}/realms/citizens-{self.suffix}"

    def sends(self, locale: str = "de") -> str:
        """Where the broker sends somebody who chose the account without a citizen ID."""
        asked = {
            "client_id": "broker", "redirect_uri": f"{self.callback.broker_url}/callback", "response_type": "code", "scope": "openid",
            "state": "s", "nonce": "n", "code_challenge": CHALLENGE, "code_challenge_method": "S256",
            "prompt": "login", "kc_idp_hint": "local", "ui_locales": locale,
        }  # fmt: skip
        return f"{self.issuer}/protocol/openid-connect/auth?{urlencode(asked)}"

    def redeems(self, code: str) -> dict[str, Any]:
        """The claims of the ID token that the broker gets for a code."""
        form = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": f"{self.callback.broker_url}/callback",
            "code_verifier": VERIFIER,
        }  # fmt: skip
        told = requests.post(f"{self.issuer}/protocol/openid-connect/token", data=form, auth=("broker", SECRET), timeout=60)
        told.raise_for_status()
        return dict(jwt.decode(told.json()["id_token"], options={"verify_signature": False}))

    @property
    def residents(self) -> KeycloakAdmin:
        """The realm of the accounts, as an administrator sees it."""
        return KeycloakConnection(self.access, f"residents-{self.suffix}").admin

    def people_of_realm_citizens(self) -> list[Any]:
        """Whoever the brokering realm stores: nobody."""
        return list(KeycloakConnection(self.access, f"citizens-{self.suffix}").admin.get_users({}))

    def resident(self, address: str = "") -> Resident:
        """Somebody in a fresh browser; the address is nobody else's."""
        return Resident(self, address or f"resident-{secrets.token_hex(4)}@town.example")


@dataclass
class Resident:
    """Somebody without a citizen ID, who can read the mail to their address."""

    place: ResidentsPlace
    address: str
    browser: CitizenBrowser = field(default_factory=CitizenBrowser)

    def comes_from_the_broker(self, locale: str = "de") -> None:
        """The broker sends them to the hub, for the account without a citizen ID."""
        self.place.callback.answer = {}
        self.browser.opens(self.place.sends(locale))
        assert self.browser.shows("email"), self.browser.where()

    def asks_for_a_link(self, button: str = "send") -> Mail:
        """Types the address and presses a button; the mail that then arrives."""
        before = len(self.place.mailbox.to(self.address))
        self.browser.submits(button, {"email": self.address})
        mails = self.place.mailbox.to(self.address)
        assert len(mails) == before + 1, self.browser.reads()
        return mails[0]

    def opens(self, mail: Mail) -> None:
        self.browser.opens(mail.link)

    def is_at_the_broker(self) -> dict[str, Any]:
        """The claims that the broker then gets from the hub."""
        answer = self.place.callback.answer
        assert "code" in answer, f"{answer.get('error')}, shown: {self.browser.where()} {self.browser.reads()[:300]}"
        return self.place.redeems(answer["code"])

    def accounts(self) -> list[dict[str, Any]]:
        """What is stored under this address."""
        return [dict(each) for each in self.place.residents.get_users({"email": self.address, "exact": True})]

    def registers(self) -> dict[str, Any]:
        """All of a first sign-in."""
        self.comes_from_the_broker()
        self.opens(self.asks_for_a_link())
        self.browser.submits("create")
        return self.is_at_the_broker()


@contextmanager
def residents_place(keycloak: KeycloakServer, folder: Path) -> Iterator[ResidentsPlace]:
    """Both realms made, the mailbox and the broker's callback listening."""
    mailbox = Mailbox(free_port()).open()
    place = ResidentsPlace(keycloak, BentConfig(folder / "realm-config"), Callback(), mailbox)
    try:
        for each in place.reconcilers():
            each.apply()
        with serving(place.callback, place.callback.port):
            yield place
    finally:
        mailbox.close()
