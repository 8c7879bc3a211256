"""What a tool's record may say about keys and certificates: the rules of `[keys]` (RFC 7591 2, RFC 8705 2.1.2)."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

from cryptography import x509
from cryptography.x509.oid import NameOID

from broker.core.client import Client
from broker.core.client_policy import AuthMethod
from broker.flows.reading_keys import jwks_fault

SUBJECT, DNS, URI, IP, EMAIL = (f"tls_client_auth_{name}" for name in ("subject_dn", "san_dns", "san_uri", "san_ip", "san_email"))
"""What a certificate can be named by."""

_NAMES = {"E": NameOID.EMAIL_ADDRESS, "EMAILADDRESS": NameOID.EMAIL_ADDRESS, "SERIALNUMBER": NameOID.SERIAL_NUMBER}
_ADDRESS = re.compile(r"https://[A-Za-z0-9.:\[\]-]+(/[!-\"$-~]*)?")
_SHAPES = {
    DNS: re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+"),
    URI: re.compile(r"[a-z][a-z0-9+.-]*:[!-~]+"),
    EMAIL: re.compile(r"[!-?A-~]+@[A-Za-z0-9.-]+"),
}


def key_faults(client: Client) -> Iterator[tuple[tuple[str, ...], str]]:
    """Everything wrong with a record's keys, each as the key of the tool's file and a sentence."""
    keys, by_key = client.keys, client.auth_method in (AuthMethod.PRIVATE_KEY_JWT, AuthMethod.SELF_SIGNED_TLS)
    if keys.jwks and keys.jwks_uri:
        yield ("keys", "jwks_uri"), "give either jwks or jwks_uri"
    if keys.jwks_uri and not _ADDRESS.fullmatch(keys.jwks_uri):
        yield ("keys", "jwks_uri"), "must be an https:// address without user name and fragment"
    if keys.jwks and (fault := jwks_fault(keys.jwks)):
        yield ("keys", "jwks"), fault
    if by_key and not keys.jwks and not keys.jwks_uri:
        yield ("keys",), f"auth_method {client.auth_method} needs jwks or jwks_uri"
    if client.fapi and keys.signing_alg == "RS256":
        yield ("keys", "signing_alg"), "RS256 is not allowed to a client held to FAPI"
    if client.auth_method is AuthMethod.TLS and len(keys.tls_names) != 1:
        yield ("keys", "tls_names"), f"auth_method tls_client_auth needs exactly one of {', '.join((SUBJECT, DNS, URI, IP, EMAIL))}"
    if keys.tls_names and client.auth_method is not AuthMethod.TLS:
        yield ("keys", "tls_names"), "only a tool with auth_method tls_client_auth is known by the name in its certificate"
    yield from ((("keys", "tls_names", kind), fault) for kind, name in keys.tls_names.items() if (fault := _name_fault(kind, name)))


def distinguished_name(text: str) -> x509.Name | None:
    """A name as RFC 4514 writes it (the most special part first), or None."""
    try:
        return x509.Name.from_rfc4514_string(text, _NAMES)
    except ValueError:
        return None


def ip_address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """An address of either kind, or None."""
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _name_fault(kind: str, name: str) -> str | None:
    if kind == SUBJECT:
        return None if distinguished_name(name) else "is no distinguished name like CN=tool.example,O=Stadt,C=DE"
    if kind == IP:
        return None if ip_address(name) else "is no IP address"
    if kind not in _SHAPES:
        return "is no name that a certificate can be known by"
    return None if _SHAPES[kind].fullmatch(name) else "is no name of this kind; wildcards are not taken"
