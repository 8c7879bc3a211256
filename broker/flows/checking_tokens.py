"""What a tool's file may say about refresh tokens, APIs and bound tokens: the rules of `[tokens]` (RFC 6749 6, OIDC Core 11, RFC 8707)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import urlsplit

from broker.core.client import Client
from broker.core.client_policy import GrantType
from broker.core.grant import OFFLINE_ACCESS

_GIVING = (GrantType.AUTHORIZATION_CODE, GrantType.DEVICE_CODE)


def token_faults(client: Client) -> Iterator[tuple[tuple[str, ...], str]]:
    """Everything wrong with a record's tokens by itself, each as the key of the tool's file and a sentence."""
    tokens, refreshes = client.tokens, client.may_use(GrantType.REFRESH_TOKEN)
    if refreshes and not any(client.may_use(grant) for grant in _GIVING):
        yield ("tokens", "grant_types"), "refresh_token comes with authorization_code or device_code only"
    if refreshes and not (tokens.refresh_with_session or OFFLINE_ACCESS in client.scopes):
        yield ("tokens", "grant_types"), "refresh_token needs refresh_with_session = true or the scope offline_access"
    if tokens.refresh_with_session and not refreshes:
        yield ("tokens", "refresh_with_session"), "needs refresh_token among grant_types"
    if OFFLINE_ACCESS in client.scopes and not refreshes:
        yield ("scopes",), "offline_access needs refresh_token among tokens.grant_types"
    if tokens.resource and _is_no_resource(tokens.resource):
        yield ("tokens", "resource"), f"{tokens.resource!r} has to be an address with https:// (or urn:) without fragment (RFC 8707 2)"
    if tokens.dpop_bound and tokens.certificate_bound:
        yield ("tokens", "certificate_bound"), "tokens are bound by DPoP or by the certificate, not by both"
    if tokens.dpop_nonce and tokens.certificate_bound:
        yield ("tokens", "dpop_nonce"), "is of no use: the tokens are bound to the certificate"


def resource_faults(wanted: Iterable[Client], others: Iterable[Client]) -> Iterator[tuple[str, tuple[str, ...], str]]:
    """APIs that nobody or several tools are: client_id, key and sentence. `others` are registered already and have no file."""
    wanted = tuple(wanted)
    owners: dict[str, list[str]] = {}
    for client in (*wanted, *others):
        if client.tokens.resource:
            owners.setdefault(client.tokens.resource, []).append(client.client_id)
    for client in wanted:
        yield from _faults_of(client, owners)


def _faults_of(client: Client, owners: Mapping[str, list[str]]) -> Iterator[tuple[str, tuple[str, ...], str]]:
    for resource in client.tokens.resources:
        if resource not in owners:
            yield client.client_id, ("tokens", "resources"), f"{resource!r} is not the `tokens.resource` of any tool"
    own = client.tokens.resource
    if own and len(owners[own]) > 1:
        yield client.client_id, ("tokens", "resource"), f"{own!r} belongs to several tools: {', '.join(owners[own])}"


def _is_no_resource(resource: str) -> bool:
    try:
        parts = urlsplit(resource)
    except ValueError:
        return True
    absolute = (parts.scheme == "https" and parts.hostname) or (parts.scheme == "urn" and parts.path)
    return not absolute or "#" in resource or not resource.isascii() or any(mark.isspace() for mark in resource)
