"""From a tool's file and its product's preset to a client record; every rule that a file can break (A-01, RU-04, RU-07)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar
from urllib.parse import urlsplit

from broker.core.claim import ClaimTable, ReleaseClass
from broker.core.client import Client, ClientClaim, ClientStatus, Operator
from broker.core.client_policy import (
    Appearance,
    AuthMethod,
    ClaimPolicy,
    ClientKeys,
    LoginStart,
    LogoutPolicy,
    RequestPolicy,
    SubjectType,
    TokenPolicy,
)
from broker.core.grant import OFFLINE_ACCESS, OPENID
from broker.core.provider import IdentityProvider
from broker.core.trust import TrustLevel
from broker.flows.checking_answers import answer_faults
from broker.flows.checking_eligibility import eligibility_faults
from broker.flows.checking_grants import grant_faults, needs_return_address
from broker.flows.checking_keys import key_faults
from broker.flows.checking_requests import request_faults
from broker.flows.checking_tokens import token_faults
from broker.flows.client_tables import merged
from broker.flows.reading_clients import ClientFile, Locale, Location, PresetFile, TomlFile

LOOPBACK = ("localhost", "127.0.0.1", "::1")
_PRIVATE_SCHEME = re.compile(r"[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+")  # RFC 8252 7.1: a reversed domain name
_PRINTABLE = re.compile(r"[!-~]+")

Fault = tuple[Location, str]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a tool's file may refer to."""

    claim_table: ClaimTable
    providers: Mapping[str, IdentityProvider]
    presets: Mapping[str, TomlFile[PresetFile]]

    def client(self, file: TomlFile[ClientFile]) -> tuple[Client | None, list[str]]:
        """The record (its secret still missing), or the sentences that say what is wrong."""
        content = file.content
        if content.preset not in self.presets:
            return None, [file.sentence(("preset",), f"no such preset; known are {', '.join(self.presets)}")]
        client = _merged(content, self.presets[content.preset].content)
        faults = [file.sentence(location, what) for check in _CHECKS for location, what in check(content, client, self)]
        return client, faults


def _merged(content: ClientFile, preset: PresetFile) -> Client:
    """The tool's own words first, else the preset's."""
    fill = _Filling({"{base}": content.base_url.rstrip("/"), "{slug}": content.slug, "{realm}": content.realm})
    redirect_uris = tuple(_own(content.redirect_uris, fill.all(preset.redirect_uris)))
    email_policy = content.email_policy or preset.email_policy
    scopes = tuple(scope for scope in _own(content.scopes, preset.scopes) if not (scope == "email" and email_policy == "none"))
    client = Client(
        client_id=content.client_id,
        name=content.name,
        operator=Operator(content.operator.name, content.operator.contact, content.operator.privacy_url),
        status=ClientStatus(content.status),
        redirect_uris=redirect_uris,
        sector=content.sector or default_sector(redirect_uris, content.client_id),
        preset=content.preset,
        description=_texts(content.description),
        base_url=content.base_url,
        post_logout_redirect_uris=tuple(_own(content.post_logout_redirect_uris, fill.all(preset.post_logout_redirect_uris))),
        backchannel_logout_uri=_own(content.backchannel_logout_uri, fill.one(preset.backchannel_logout_uri)),
        auth_method=AuthMethod(content.auth_method),
        subject_type=SubjectType(content.subject_type),
        fapi=content.fapi,
        keycloak_paths=_own(content.keycloak_paths, preset.keycloak_paths),
        scopes=scopes,
        claims=tuple(ClientClaim(one.name, _texts(one.purpose), one.legal_basis, one.required) for one in content.claims),
        release_without_scope=tuple(_own(content.release_without_scope, preset.release_without_scope)),
        allowed_providers=tuple(content.allowed_providers),
        minimum_trust=TrustLevel.from_word(content.minimum_level),
        municipalities=tuple(content.municipalities),
        age_thresholds=tuple(content.age_thresholds),
        claim_policy=ClaimPolicy(tuple(content.age_bands), content.minimum_evidence or ""),
        first_party=content.first_party,
        pkce_waived=content.pkce == "waived" or (content.pkce is None and preset.pkce == "none"),
        claims_in_id_token=_own(content.claims_in_id_token, preset.claims_in_id_token),
        id_token_alg=_own(content.id_token_alg, preset.id_token_alg),
        response_modes=tuple(_own(content.response_modes, preset.response_modes)),
        email_verified_only=email_policy != "any",
    )
    return _with_policies(client, content, preset, fill)


def _with_policies(client: Client, content: ClientFile, preset: PresetFile, fill: _Filling) -> Client:
    return replace(
        client,
        keys=merged(ClientKeys(), content.keys),
        login_start=fill.start(merged(LoginStart(), preset.login_start, content.login_start)),
        requests=merged(RequestPolicy(), preset.requests, content.requests),
        tokens=merged(TokenPolicy(), preset.tokens, content.tokens),
        logout=fill.logout(merged(LogoutPolicy(), preset.logout, content.logout)),
        appearance=merged(Appearance(), content.appearance),
    )


def default_sector(redirect_uris: tuple[str, ...], client_id: str) -> str:
    """The host of the first redirect URI (OIDC Core 8.1); with its port on a loopback address, where hosts tell nothing apart."""
    parts = urlsplit(redirect_uris[0]) if redirect_uris and not _is_malformed(redirect_uris[0]) else None
    host = (parts.hostname if parts else None) or client_id.lower()
    return f"{host}:{parts.port}" if parts and parts.hostname in LOOPBACK and parts.port else host


def address_fault(uri: str, *, native: bool = False, page: bool = False) -> str | None:
    """What is wrong with an address of a tool, or None: https, or http on a loopback address.

    `native` apps may also use a private-use scheme, a `page` for people may have a fragment.
    """
    if not _PRINTABLE.fullmatch(uri) or _is_malformed(uri):
        return "is no address"
    parts = urlsplit(uri)
    if "*" in uri or "\\" in uri or "{" in uri:
        return "must be one exact address, without wildcards or placeholders"
    if "#" in uri and not page:
        return "must not have a fragment (#...)"
    if "@" in parts.netloc:
        return "must not have a user name before the host"
    if parts.scheme == "https" and parts.hostname:
        return None
    if parts.scheme == "http" and parts.hostname in LOOPBACK:
        return None
    if native and _PRIVATE_SCHEME.fullmatch(parts.scheme) and uri.startswith(f"{parts.scheme}:/") and not parts.netloc:
        return None
    return "must start with https:// (http:// only on localhost; a native app without a secret may use a scheme like de.stadt.app:/)"


def frontchannel_fault(uri: str, redirect_uris: Iterable[str]) -> str | None:
    """What is wrong with an address that browsers load at a sign-out, or None: it has to stand where the tool itself does."""
    if fault := address_fault(uri):
        return fault
    places = [urlsplit(one)[:2] for one in redirect_uris if not _is_malformed(one)]
    return None if urlsplit(uri)[:2] in places else "needs scheme, host and port of a redirect URI (Front-Channel Logout 1.0, 2)"


def _is_malformed(uri: str) -> bool:
    try:
        parts = urlsplit(uri)
        return not parts.scheme or (parts.port is not None and not 0 < parts.port < 65536)
    except ValueError:
        return True


@dataclass(frozen=True, slots=True)
class _Filling:
    """Puts what the tool's file says into a preset's templates; a template of which a part is not given is left out."""

    parts: Mapping[str, str]

    def all(self, templates: Iterable[str]) -> list[str]:
        return [filled for filled in map(self.one, templates) if filled]

    def start(self, start: LoginStart) -> LoginStart:
        return replace(start, url=self.one(start.url))

    def logout(self, logout: LogoutPolicy) -> LogoutPolicy:
        return replace(logout, frontchannel_uri=self.one(logout.frontchannel_uri))

    def one(self, template: str) -> str:
        for name, part in self.parts.items():
            if name in template and not part:
                return ""
            template = template.replace(name, part)
        return template


def _texts(by_locale: Mapping[Locale, str]) -> dict[str, str]:
    return {str(locale): text for locale, text in by_locale.items()}


def _own(value: T | None, preset: T) -> T:
    return preset if value is None else value


def _check_addresses(content: ClientFile, client: Client, around: Surroundings) -> Iterator[Fault]:
    if not client.redirect_uris and needs_return_address(client):
        yield ("redirect_uris",), "is missing; the preset makes it from base_url (and slug, realm), or list it here"
    for index, uri in enumerate(client.redirect_uris):
        if fault := address_fault(uri, native=client.is_public):
            yield ("redirect_uris", index), f"{uri!r} {fault}"
    for index, uri in enumerate(client.post_logout_redirect_uris):
        if fault := address_fault(uri, native=client.is_public):
            yield ("post_logout_redirect_uris", index), f"{uri!r} {fault}"
    if client.backchannel_logout_uri and (fault := address_fault(client.backchannel_logout_uri)):
        yield ("backchannel_logout_uri",), f"{client.backchannel_logout_uri!r} {fault}"
    frontchannel_uri = client.logout.frontchannel_uri
    if frontchannel_uri and (fault := frontchannel_fault(frontchannel_uri, client.redirect_uris)):
        yield ("logout", "frontchannel_uri"), f"{frontchannel_uri!r} {fault}"
    shown = {f"appearance.{name}": getattr(client.appearance, name) for name in ("logo_uri", "policy_uri", "tos_uri")}
    pages = {"base_url": client.base_url, "login_start.url": client.login_start.url, "operator.privacy_url": client.operator.privacy_url}
    pages |= shown
    for name, uri in pages.items():
        if uri and (fault := address_fault(uri, page=True)):
            yield tuple(name.split(".")), f"{uri!r} {fault}"


def _check_sector(content: ClientFile, client: Client, around: Surroundings) -> Iterator[Fault]:
    if client.subject_type is SubjectType.PUBLIC:
        if content.sector is not None:
            yield ("sector",), 'means nothing beside subject_type = "public": all such tools know a citizen by the same `sub`'
        return
    hosts = {default_sector((uri,), client.client_id) for uri in client.redirect_uris}
    if content.sector is None and len(hosts) > 1:
        yield ("redirect_uris",), "several hosts: say with `sector` that they belong together (one `sub` for all of them)"


def _check_scopes(content: ClientFile, client: Client, around: Surroundings) -> Iterator[Fault]:
    known = (OPENID, *around.claim_table.scopes, OFFLINE_ACCESS)
    for index, scope in enumerate(client.scopes):
        if scope not in known:
            yield ("scopes", index), f"unknown scope {scope!r}; known are {', '.join(known)}"
    if "openid" not in client.scopes:
        yield ("scopes",), "has to contain openid"


def _check_claims(content: ClientFile, client: Client, around: Surroundings) -> Iterator[Fault]:
    table, seen = around.claim_table, set()
    for index, claim in enumerate(client.claims):
        if claim.name not in table or table[claim.name].release is ReleaseClass.NEVER:
            yield ("claims", index, "name"), f"{claim.name!r} is no claim that a tool can get"
        elif table[claim.name].release is ReleaseClass.ALWAYS:
            yield ("claims", index, "name"), f"every tool gets {claim.name!r}; it needs no entry"
        if claim.name in seen:
            yield ("claims", index, "name"), f"{claim.name!r} stands here twice"
        seen.add(claim.name)
        if not (claim.purpose.get("de", "").strip() and claim.purpose.get("en", "").strip()):
            yield ("claims", index, "purpose"), "say in German (de) and English (en) what the tool needs it for; citizens read it"
    for index, name in enumerate(client.release_without_scope):
        if name not in table or table[name].release is ReleaseClass.NEVER:
            yield ("release_without_scope", index), f"{name!r} is no claim that a tool can get"


def _check_providers(content: ClientFile, client: Client, around: Surroundings) -> Iterator[Fault]:
    for index, alias in enumerate(client.allowed_providers):
        if alias not in around.providers:
            yield ("allowed_providers", index), f"no citizen ID {alias!r}; known are {', '.join(around.providers) or 'none yet'}"
    able = [one for one in around.providers.values() if client.allows_provider(one)]
    if able and all(one.trust_ceiling < client.minimum_trust for one in able):
        yield ("minimum_level",), "no citizen ID that this tool allows reaches it"


def _check_secrecy(content: ClientFile, client: Client, around: Surroundings) -> Iterator[Fault]:
    if not client.has_secret and content.secret is not None:
        yield ("secret",), f"a client with auth_method {client.auth_method} has no secret"
    if client.is_public and content.pkce == "waived":
        yield ("pkce",), "cannot be waived for a client without a secret"
    if content.secret is not None and (content.secret.env is None) == (content.secret.file is None):
        yield ("secret",), "give either env or file"


def _check_policies(content: ClientFile, client: Client, around: Surroundings) -> Iterator[Fault]:
    yield from eligibility_faults(client, around.claim_table)
    yield from key_faults(client)
    yield from request_faults(client)
    yield from answer_faults(client)
    yield from token_faults(client)
    yield from grant_faults(client)
    if client.only_for and client.logout.may_stay_elsewhere:
        yield ("logout", "may_stay_elsewhere"), "is of no use beside isolated_session: that session is for this tool alone"


_CHECKS = (
    _check_addresses,
    _check_sector,
    _check_scopes,
    _check_claims,
    _check_providers,
    _check_secrecy,
    _check_policies,
)
