"""`[keys]` in a tool's file: what is refused, and that a tool with keys has no secret (RFC 7591 2, RFC 8705 2.1.2; CL-06)."""

from __future__ import annotations

import json

import pytest
from joserfc.jwk import ECKey

from broker.core.client_policy import AuthMethod
from tests.support.office import KARTE, Office
from tests.support.signing import SigningKey

PRIVATE = ECKey.generate_key("P-256", private=True).as_dict(private=True)


def inline(value: object) -> str:
    """A value as TOML writes it inside a line."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{name} = {inline(one)}" for name, one in value.items()) + " }"
    return "[" + ", ".join(map(inline, value)) + "]" if isinstance(value, list) else json.dumps(value)


JWKS = inline({"keys": [SigningKey().jwk]})


def tool(keys: str, method: str = "private_key_jwt") -> str:
    """A tool's file with a `[keys]` table; `PUBLIC` and `PRIVATE` stand for key sets, so that names of tests stay the same."""
    keys = keys.replace("PUBLIC", JWKS).replace("PRIVATE", inline({"keys": [PRIVATE]}))
    return KARTE.replace("[operator]", f'auth_method = "{method}"\n\n[keys]\n{keys}\n\n[operator]')


@pytest.mark.parametrize(
    ("keys", "method", "complaint"),
    [
        ('jwks = PUBLIC\njwks_uri = "https://karte.example.org/keys"', "private_key_jwt", "11: keys.jwks_uri: give either"),
        ('jwks_uri = "http://karte.example.org/keys"', "private_key_jwt", "10: keys.jwks_uri: must be an https://"),
        ('jwks_uri = "http://localhost/keys"', "private_key_jwt", "10: keys.jwks_uri: must be an https://"),
        ('jwks_uri = "https://user@karte.example.org/keys"', "private_key_jwt", "10: keys.jwks_uri: must be an https://"),
        ('jwks_uri = "https://karte.example.org/keys#x"', "private_key_jwt", "10: keys.jwks_uri: must be an https://"),
        ('jwks_uri = "file:///etc/passwd"', "private_key_jwt", "10: keys.jwks_uri: must be an https://"),
        ("jwks = PRIVATE", "private_key_jwt", "10: keys.jwks: holds a private or symmetric key"),
        ('jwks = { keys = [{ kty = "oct", k = "c2VjcmV0" }] }', "private_key_jwt", "10: keys.jwks: holds a private or symmetric key"),
        ('jwks = { keys = [{ kty = "RSA", n = "AQAB", e = "AQAB" }] }', "private_key_jwt", "10: keys.jwks: holds something that is no"),
        ("jwks = { keys = [] }", "private_key_jwt", "10: keys.jwks: must be a JWK Set"),
        ('jwks = { key = "x" }', "private_key_jwt", "10: keys.jwks: must be a JWK Set"),
        ("", "private_key_jwt", "9: keys: auth_method private_key_jwt needs jwks or jwks_uri"),
        ("", "self_signed_tls_client_auth", "9: keys: auth_method self_signed_tls_client_auth needs jwks or jwks_uri"),
        ('signing_alg = "HS256"', "private_key_jwt", "10: keys.signing_alg: Input should be"),
        ("", "tls_client_auth", "9: keys.tls_names: auth_method tls_client_auth needs exactly one of"),
        (
            'tls_names = { tls_client_auth_san_dns = "a.example", tls_client_auth_san_uri = "urn:x" }',
            "tls_client_auth",
            "10: keys.tls_names: auth_method tls_client_auth needs exactly one of",
        ),
        ('tls_names = { tls_client_auth_san_dns = "*.example.org" }', "tls_client_auth", "is no name of this kind"),
        ('tls_names = { tls_client_auth_san_ip = "10.0.0.300" }', "tls_client_auth", "is no IP address"),
        ('tls_names = { tls_client_auth_subject_dn = "karte" }', "tls_client_auth", "is no distinguished name"),
        ('tls_names = { common_name = "karte" }', "tls_client_auth", "is no name that a certificate can be known by"),
        ('jwks = PUBLIC\ntls_names = { tls_client_auth_san_dns = "a.example" }', "private_key_jwt", "only a tool with auth_method tls"),
    ],
)
def test_what_is_wrong_is_named_with_file_and_line(office: Office, keys: str, method: str, complaint: str) -> None:
    office.file("karte", tool(keys, method))
    complaints = office.complains()
    assert any(complaint in one and one.startswith("karte.toml:") for one in complaints), complaints


@pytest.mark.parametrize(
    ("keys", "method"),
    [
        ("jwks = PUBLIC", "private_key_jwt"),
        ('jwks_uri = "https://karte.example.org:8443/keys?x=1"', "private_key_jwt"),
        ('jwks_uri = "https://karte.example.org"', "self_signed_tls_client_auth"),
        ('tls_names = { tls_client_auth_subject_dn = "CN=karte,O=Stadt Beispiel,C=DE" }', "tls_client_auth"),
        ('tls_names = { tls_client_auth_san_ip = "2001:db8::1" }', "tls_client_auth"),
        ('tls_names = { tls_client_auth_san_uri = "spiffe://stadt.example/karte" }', "tls_client_auth"),
        ('tls_names = { tls_client_auth_san_email = "karte@stadt.example" }', "tls_client_auth"),
    ],
)
def test_a_tool_with_keys_gets_no_secret_and_loses_its_old_one_cl_06(office: Office, keys: str, method: str) -> None:
    office.file("karte", KARTE)
    assert office.apply()["karte"]
    office.file("karte", tool(keys, method))
    assert office.apply() == {}
    found = office.clients.get("karte")
    assert (found.auth_method, found.secret_hash) == (AuthMethod(method), "")
    office.file("karte", KARTE)
    assert office.apply()["karte"], "back to a secret means a new one"


def test_a_secret_beside_keys_is_refused(office: Office) -> None:
    office.file("karte", tool("jwks = PUBLIC").replace("[keys]", 'secret = { env = "X" }\n[keys]'))
    (complaint,) = office.complains()
    assert "secret: a client with auth_method private_key_jwt has no secret" in complaint


def test_a_tool_held_to_fapi_does_not_sign_with_rs256(office: Office) -> None:
    office.file("karte", tool('jwks = PUBLIC\nsigning_alg = "RS256"').replace("[keys]", "fapi = true\n[keys]"))
    assert any("keys.signing_alg: RS256 is not allowed" in one for one in office.complains())
