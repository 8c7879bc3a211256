"""tls_client_auth and self_signed_tls_client_auth, with the certificate in a header that only the proxy sets (RFC 8705 2; A-07, CL-06)."""

from __future__ import annotations

import base64
import hashlib
import ipaddress
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from jwt.algorithms import ECAlgorithm
from werkzeug.test import TestResponse

from broker.core.client import ClientStatus
from broker.core.client_policy import AuthMethod, ClientKeys
from broker.oidc.client_certificate import thumbprint
from tests.protocol.test_client_auth import turned_away
from tests.support.app import Broker, closing, start
from tests.support.certificates import Certified, authority, certified, named
from tests.support.clock import Clock
from tests.support.tool import Tool

HEADER = "X-Client-Certificate"
CA = authority()
NAMES = [
    x509.DNSName("tool.stadt.example"),
    x509.UniformResourceIdentifier("spiffe://stadt.example/tool"),
    x509.IPAddress(ipaddress.ip_address("192.0.2.7")),
    x509.IPAddress(ipaddress.ip_address("2001:db8::7")),
    x509.RFC822Name("tool@stadt.example"),
]
SUBJECT = named(COUNTRY_NAME="DE", ORGANIZATION_NAME="Stadt Beispiel", COMMON_NAME="tool.stadt.example")
GOOD = certified(SUBJECT, NAMES, CA)
OWN = certified(named(COMMON_NAME="tool"))


@pytest.fixture
def proxied(sqlite_url: str, clock: Clock) -> Iterator[Broker]:
    """The application behind a proxy that passes certificates on."""
    yield from closing(start(sqlite_url, "fake://", clock, client_certificate_header=HEADER))


@dataclass
class Bearer:
    """A tool that shows a certificate."""

    tool: Tool

    def redeems(self, code: str, header: str | None, **more: str) -> TestResponse:
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": self.tool.client.redirect_uris[0]}
        form |= {"code_verifier": self.tool.verifier, "client_id": self.tool.client.client_id, **more}
        return self.tool.calls_token(form, {} if header is None else {HEADER: header})


def escaped(shown: Certified) -> str:
    """As nginx writes `$ssl_client_escaped_cert`."""
    return quote(shown.pem, safe="")


def by_name(broker: Broker, kind: str = "san_dns", name: str = "tool.stadt.example", **changes: Any) -> Bearer:
    keys = ClientKeys(tls_names={f"tls_client_auth_{kind}": name})
    return Bearer(broker.tool(f"by-{kind}", auth_method=AuthMethod.TLS, keys=keys, **changes))


def by_key(broker: Broker, jwk: dict[str, Any], **changes: Any) -> Bearer:
    keys = ClientKeys(jwks={"keys": [jwk]})
    return Bearer(broker.tool("by-key", auth_method=AuthMethod.SELF_SIGNED_TLS, keys=keys, **changes))


def public_jwk(of: Certified) -> dict[str, Any]:
    found: dict[str, Any] = ECAlgorithm.to_jwk(of.key.public_key(), as_dict=True)
    return {name: found[name] for name in ("kty", "crv", "x", "y")}


def knows(broker: Broker, bearer: Bearer, shown: Certified) -> bool:
    """Whether the tool is known by this certificate; the code tells, which is used up only then."""
    answer = bearer.redeems(broker.browser().arrives(bearer.tool).code, escaped(shown))
    return answer.status_code == 200 or not turned_away(answer)


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("subject_dn", "CN=tool.stadt.example,O=Stadt Beispiel,C=DE"),
        ("subject_dn", "CN=Tool.Stadt.Example,O=stadt  beispiel,C=de"),
        ("subject_dn", "2.5.4.3=tool.stadt.example,O=Stadt Beispiel,C=DE"),
        ("san_dns", "tool.stadt.example"),
        ("san_dns", "TOOL.stadt.example"),
        ("san_uri", "spiffe://stadt.example/tool"),
        ("san_ip", "192.0.2.7"),
        ("san_ip", "2001:DB8:0::7"),
        ("san_email", "tool@stadt.example"),
    ],
)
def test_a_client_is_known_by_the_name_in_its_certificate(proxied: Broker, kind: str, name: str) -> None:
    assert knows(proxied, by_name(proxied, kind, name), GOOD)


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("subject_dn", "C=DE,O=Stadt Beispiel,CN=tool.stadt.example"),
        ("subject_dn", "CN=tool.stadt.example"),
        ("subject_dn", "CN=tool.stadt.example,O=Stadt Beispiel,C=DE,DC=x"),
        ("subject_dn", "nonsense"),
        ("san_dns", "stadt.example"),
        ("san_dns", "*.stadt.example"),
        ("san_dns", "tool.stadt.example."),
        ("san_dns", "spiffe://stadt.example/tool"),
        ("san_uri", "spiffe://stadt.example/"),
        ("san_uri", "tool.stadt.example"),
        ("san_ip", "192.0.2.8"),
        ("san_ip", "nonsense"),
        ("san_email", "TOOL@stadt.example.evil"),
        ("unknown", "tool.stadt.example"),
    ],
)
def test_another_name_is_another_client(proxied: Broker, kind: str, name: str) -> None:
    assert turned_away(by_name(proxied, kind, name).redeems("x", escaped(GOOD)))


@pytest.mark.parametrize("spelling", ["nginx", "plain", "traefik", "structured", "apache"])
def test_certificates_come_as_proxies_write_them(proxied: Broker, spelling: str) -> None:
    plain = base64.b64encode(GOOD.der).decode()
    header = {
        "nginx": escaped(GOOD),
        "plain": plain,
        "traefik": quote(plain + "," + base64.b64encode(CA.der).decode(), safe=""),
        "structured": f":{plain}:",
        "apache": GOOD.pem.replace("\n", " "),
    }[spelling]
    bearer = by_name(proxied)
    assert bearer.redeems(proxied.browser().arrives(bearer.tool).code, header).status_code == 200


@pytest.mark.parametrize(
    "header", ["", " ", "x", "::", "(null)", "-----BEGIN CERTIFICATE-----", "AAAA", "%", "%ff%fe", "A" * 20_000, "NONE"]
)
def test_what_is_no_certificate_shows_nothing(proxied: Broker, header: str) -> None:
    assert turned_away(by_name(proxied).redeems("x", header))
    assert turned_away(by_key(proxied, public_jwk(OWN)).redeems("x", header))


@pytest.mark.filterwarnings("ignore")  # cryptography warns of what it finds odd
def test_a_certificate_that_is_odd_somewhere_is_never_our_fault(proxied: Broker) -> None:
    dice, known = Random(8705), [by_name(proxied), by_name(proxied, "subject_dn", "CN=x"), by_key(proxied, public_jwk(GOOD))]
    for number in range(600):
        odd = bytearray(GOOD.der)
        for _ in range(dice.randint(1, 3)):
            odd[dice.randrange(len(odd))] = dice.randrange(256)
        answer = known[number % 3].redeems("x", base64.b64encode(odd).decode())
        assert answer.status_code in (400, 401, 429), answer.get_data(as_text=True)


def test_a_certificate_that_signs_itself_has_no_name(proxied: Broker) -> None:
    """It would be anybody's: proxies let such certificates pass for the other method. Letters' case and spaces do not hide it."""
    bearer = by_name(proxied)
    assert turned_away(bearer.redeems("x", escaped(certified(SUBJECT, NAMES))))
    shouting = certified(named(COMMON_NAME="AUTHORITY  of the tests"), NAMES, CA)
    assert turned_away(bearer.redeems("x", escaped(shouting)))


def test_several_names_on_record_are_none(proxied: Broker) -> None:
    keys = ClientKeys(tls_names={"tls_client_auth_san_dns": "tool.stadt.example", "tls_client_auth_san_ip": "192.0.2.7"})
    bearer = Bearer(proxied.tool("two", auth_method=AuthMethod.TLS, keys=keys))
    assert turned_away(bearer.redeems("x", escaped(GOOD)))


def test_a_client_is_known_by_its_registered_key_or_certificate(proxied: Broker) -> None:
    bearer = by_key(proxied, public_jwk(OWN))
    assert knows(proxied, bearer, OWN)
    renewed = Certified(OWN.key, _again(OWN))
    assert knows(proxied, bearer, renewed), "a new certificate of the same key"
    assert turned_away(bearer.redeems("x", escaped(certified(named(COMMON_NAME="tool")))))


def test_a_registered_certificate_is_the_only_one(proxied: Broker) -> None:
    bearer = by_key(proxied, {**public_jwk(OWN), "x5c": [base64.b64encode(OWN.der).decode()]})
    assert knows(proxied, bearer, OWN)
    assert turned_away(bearer.redeems("x", escaped(Certified(OWN.key, _again(OWN)))))


def _again(one: Certified) -> x509.Certificate:
    """The same once more, under another number."""
    old = one.certificate
    dates = old.not_valid_before_utc, old.not_valid_after_utc
    builder = x509.CertificateBuilder(old.issuer, old.subject, one.key.public_key(), x509.random_serial_number(), *dates)
    return builder.sign(one.key, hashes.SHA256())


@pytest.mark.parametrize(("begin", "end"), [(timedelta(seconds=11), timedelta(days=1)), (timedelta(days=-2), timedelta(seconds=-1))])
def test_a_certificate_counts_in_its_time_only(proxied: Broker, begin: timedelta, end: timedelta) -> None:
    now = proxied.clock()
    assert turned_away(by_name(proxied).redeems("x", escaped(certified(SUBJECT, NAMES, CA, now + begin, now + end))))
    own = certified(named(COMMON_NAME="tool"), (), None, now + begin, now + end)
    assert turned_away(by_key(proxied, public_jwk(own)).redeems("x", escaped(own)))


def test_cl_06_a_client_with_a_certificate_has_no_other_way(proxied: Broker) -> None:
    bearer = by_name(proxied)
    tool, code = bearer.tool, proxied.browser().arrives(bearer.tool).code
    assert turned_away(bearer.redeems(code, None))
    assert turned_away(bearer.redeems(code, None, client_secret=tool.secret))
    assert turned_away(tool.redeems(code))
    assert bearer.redeems(code, escaped(GOOD)).status_code == 200, "a failed authentication consumes no code"


def test_cl_06_the_two_methods_are_not_one(proxied: Broker) -> None:
    keys = ClientKeys(jwks={"keys": [public_jwk(GOOD)]}, tls_names={"tls_client_auth_san_dns": "other.example"})
    bearer = Bearer(proxied.tool("named", auth_method=AuthMethod.TLS, keys=keys))
    assert turned_away(bearer.redeems("x", escaped(GOOD))), "its registered key does not stand in for the name"


def test_a_client_with_a_secret_may_show_a_certificate_as_well(proxied: Broker) -> None:
    tool = proxied.tool()
    code = proxied.browser().arrives(tool).code
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": tool.client.redirect_uris[0], "code_verifier": tool.verifier}
    assert turned_away(tool.calls_token({**form, "client_id": "karte"}, {HEADER: escaped(GOOD)}))
    assert tool.calls_token(form, {**tool.basic(), HEADER: escaped(GOOD)}).status_code == 200


@pytest.mark.parametrize("client_id", [None, "nobody"])
def test_the_form_names_the_client(proxied: Broker, client_id: str | None) -> None:
    form = {"grant_type": "authorization_code", "code": "x"} | ({} if client_id is None else {"client_id": client_id})
    assert turned_away(by_name(proxied).tool.calls_token(form, {HEADER: escaped(GOOD)}))


def test_a_31_a_client_that_is_not_live_any_more_is_turned_away(proxied: Broker) -> None:
    assert turned_away(by_name(proxied, status=ClientStatus.SUSPENDED).redeems("x", escaped(GOOD)))


def test_without_the_setting_no_header_is_believed(broker: Broker) -> None:
    bearer = by_name(broker)
    assert turned_away(bearer.redeems("x", escaped(GOOD)))
    methods = bearer.tool.gets("/.well-known/openid-configuration").get_json()["token_endpoint_auth_methods_supported"]
    assert not any("tls" in method for method in methods)


def test_discovery_announces_both_methods_where_they_work(proxied: Broker) -> None:
    methods = proxied.tool().gets("/.well-known/openid-configuration").get_json()["token_endpoint_auth_methods_supported"]
    assert {"tls_client_auth", "self_signed_tls_client_auth"} <= set(methods)


def test_discovery_says_where_certificates_are_asked_for(sqlite_url: str, clock: Clock) -> None:
    settings = {"client_certificate_header": HEADER, "certificate_url": "https://broker.test:8443/"}
    with contextmanager(closing)(start(sqlite_url, "fake://", clock, **settings)) as elsewhere:
        document = elsewhere.tool().gets("/.well-known/openid-configuration").get_json()
    assert document["mtls_endpoint_aliases"]["token_endpoint"] == "https://broker.test:8443/token"
    assert "authorization_endpoint" not in document["mtls_endpoint_aliases"]
    assert document["token_endpoint"] == "https://broker.test/token"


def test_the_thumbprint_is_of_the_whole_certificate() -> None:
    expected = base64.urlsafe_b64encode(hashlib.sha256(GOOD.der).digest()).rstrip(b"=").decode()
    assert thumbprint(escaped(GOOD)) == expected
    assert thumbprint("nonsense") is None
