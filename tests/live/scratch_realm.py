"""A realm made for one test module: flows, broker client and SAML citizen IDs as the broker needs them, nothing else."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, field
from typing import Any

import jwt
import requests

from deploy.demo.keycloak_server import KeycloakServer

REDIRECT_URI = "http://localhost:8000/callback"
BASE_URL = "http://localhost:8000/registered/return"
SECRET = "secret-of-a-scratch-realm"
SP_ENTITY_ID = "https://beteiligung.test.example"
BPK2 = "urn:oid:1.3.6.1.4.1.25484.494450.3"
ATTRIBUTES = "1.3.6.1.4.1.25484.494450.3! 1.2.40.0.10.2.1.1.261.94 1.3.6.1.4.1.25484.494450.5 2.5.4.42 0.9.2342.19200300.100.1.3"
AKDB = {
    "akdbExtension": "true",
    "akdbAttributes": ATTRIBUTES,
    "akdbMethods": "eID,Elster,Benutzername,!FINK",
    "akdbMinimumLevel": "1",
    "akdbDisplayName": "Beteiligung Köln & Lübeck",
    "akdbOnlineServiceId": "BMI-A0001",
}


@dataclass
class ScratchRealm:
    """A realm of the given Keycloak, made when the object is made."""

    keycloak: KeycloakServer
    name: str = field(default_factory=lambda: f"scratch-{secrets.token_hex(4)}")

    def __post_init__(self) -> None:
        self._admin("POST", "/admin/realms", _realm(self.name))

    @property
    def url(self) -> str:
        return f"{self.keycloak.base_url}/realms/{self.name}"

    def descriptor_url(self, alias: str) -> str:
        """The SAML metadata that Keycloak shows a citizen ID."""
        return f"{self.url}/broker/{alias}/endpoint/descriptor"

    def add_saml_provider(
        self, alias: str, entity_id: str, sso_url: str, certificate: str, attributes: str = ATTRIBUTES, **more: str
    ) -> None:
        """A SAML citizen ID with our mapper, which lets `attributes` pass."""
        self._add_provider(_saml_provider(alias, entity_id, sso_url, certificate, more), "bp-upstream-note", attributes)

    def add_oidc_provider(self, alias: str, config: dict[str, str], attributes: str) -> None:
        """An OpenID Provider with our mapper, which lets `attributes` pass."""
        self._add_provider(_provider(alias, "oidc", config), "bp-upstream-claims-note", attributes)

    def _add_provider(self, representation: dict[str, Any], mapper: str, attributes: str) -> None:
        path, alias = f"/admin/realms/{self.name}/identity-provider/instances", representation["alias"]
        self._admin("POST", path, representation)
        config = {"syncMode": "FORCE", "attributes": attributes}
        body = {"name": "upstream", "identityProviderAlias": alias, "identityProviderMapper": mapper, "config": config}
        self._admin("POST", f"{path}/{alias}/mappers", body)

    def id_token(self, code: str, verifier: str) -> dict[str, Any]:
        """The claims that the broker gets for a code."""
        return redeemed(self.url, SECRET, code, verifier)

    def _admin(self, method: str, path: str, body: dict[str, Any]) -> None:
        form = {"grant_type": "password", "client_id": "admin-cli"}
        form |= {"username": self.keycloak.admin_user, "password": self.keycloak.admin_password}
        token_url = f"{self.keycloak.base_url}/realms/master/protocol/openid-connect/token"
        token = requests.post(token_url, data=form, timeout=30).json()["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        answer = requests.request(method, self.keycloak.base_url + path, json=body, headers=headers, timeout=60)
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text}"


def redeemed(realm_url: str, secret: str, code: str, verifier: str) -> dict[str, Any]:
    """The claims of the ID token that the broker's client gets for a code."""
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT_URI, "code_verifier": verifier}
    answer = requests.post(f"{realm_url}/protocol/openid-connect/token", data=form, auth=("broker", secret), timeout=30)
    answer.raise_for_status()
    claims: dict[str, Any] = jwt.decode(answer.json()["id_token"], options={"verify_signature": False})
    return claims


def _realm(name: str) -> dict[str, Any]:
    no_form = {attribute: {"view": ["admin"], "edit": ["admin"]} for attribute in ("username", "email", "firstName", "lastName")}
    profile = {"attributes": [{"name": key, "permissions": value} for key, value in no_form.items()]}
    return {
        "realm": name,
        "enabled": True,
        "registrationAllowed": False,
        "duplicateEmailsAllowed": True,
        "loginWithEmailAllowed": False,
        "internationalizationEnabled": True,
        "supportedLocales": ["de", "en"],
        "defaultLocale": "de",
        "loginTheme": "broker",
        "requiredActions": [],
        "browserFlow": "citizen browser",
        "authenticationFlows": [
            _flow("citizen browser", "ALTERNATIVE", "auth-cookie", "identity-provider-redirector", "bp-return-error"),
            _flow("citizen first login", "REQUIRED", "idp-create-user-if-unique"),
        ],
        "components": {
            "org.keycloak.userprofile.UserProfileProvider": [
                {"providerId": "declarative-user-profile", "config": {"kc.user.profile.config": [json.dumps(profile)]}}
            ]
        },
        "clients": [_client()],
    }


def _flow(alias: str, requirement: str, *authenticators: str) -> dict[str, Any]:
    executions = [
        {
            "authenticator": authenticator,
            "requirement": requirement,
            "priority": 10 * position,
            "authenticatorFlow": False,
            "userSetupAllowed": False,
        }
        for position, authenticator in enumerate(authenticators, 1)
    ]
    return {"alias": alias, "providerId": "basic-flow", "topLevel": True, "builtIn": False, "authenticationExecutions": executions}


def _client() -> dict[str, Any]:
    notes = {"up_idp": ("identity_provider", "String"), "up_principal": ("identity_provider_identity", "String")}
    notes["upstream"] = ("bp_upstream", "JSON")
    return {
        "clientId": "broker",
        "secret": SECRET,
        "publicClient": False,
        "standardFlowEnabled": True,
        "fullScopeAllowed": False,
        "baseUrl": BASE_URL,
        "redirectUris": [REDIRECT_URI],
        "defaultClientScopes": ["acr", "basic"],
        "attributes": {"pkce.code.challenge.method": "S256"},
        "protocolMappers": [_note_mapper(claim, note, kind) for claim, (note, kind) in notes.items()],
    }


def _note_mapper(claim: str, note: str, kind: str) -> dict[str, Any]:
    config = {"user.session.note": note, "claim.name": claim, "jsonType.label": kind, "id.token.claim": "true"}
    return {"name": claim, "protocol": "openid-connect", "protocolMapper": "oidc-usersessionmodel-note-mapper", "config": config}


def _saml_provider(alias: str, entity_id: str, sso_url: str, certificate: str, more: dict[str, str]) -> dict[str, Any]:
    usual = {
        "entityId": SP_ENTITY_ID,
        "idpEntityId": entity_id,
        "singleSignOnServiceUrl": sso_url,
        "postBindingAuthnRequest": "true",
        "postBindingResponse": "true",
        "wantAuthnRequestsSigned": "true",
        "signatureAlgorithm": "RSA_SHA256_MGF1",
        "wantAssertionsSigned": "true",
        "wantAssertionsEncrypted": "true",
        "encryptionAlgorithm": "RSA-OAEP",
        "validateSignature": "true",
        "signingCertificate": certificate,
        "xmlSigKeyInfoKeyNameTransformer": "NONE",
        "nameIDPolicyFormat": "urn:oasis:names:tc:SAML:2.0:nameid-format:transient",
        "principalType": "ATTRIBUTE",
        "principalAttribute": BPK2,
        "forceAuthn": "true",
        "allowedClockSkew": "5",
        "syncMode": "FORCE",
        "doNotStoreUsers": "true",
        "caseSensitiveOriginalUsername": "true",
    }
    return _provider(alias, "saml", usual | more)


def _provider(alias: str, kind: str, config: dict[str, str]) -> dict[str, Any]:
    return {
        "alias": alias,
        "providerId": kind,
        "enabled": True,
        "firstBrokerLoginFlowAlias": "citizen first login",
        "config": config,
    }
