"""What may be registered and what not, each rule on the resulting object (RU-04, RU-06, RU-07, OP-01, OP-10)."""

from __future__ import annotations

from typing import Any

import pytest
from joserfc.jwk import ECKey, OctKey

from tests.support.app import Broker
from tests.support.browser import Browser
from tests.support.registrar import Registrar, Web, invitation, office

EC = ECKey.generate_key("P-256")


def keys(*found: Any) -> dict[str, Any]:
    return {"keys": list(found)}


def refused(registrar: Registrar, error: str = "invalid_client_metadata", **metadata: Any) -> str:
    """The sentence with which a registration and the same change of a client are refused."""
    answers = [registrar.registers(**metadata), registrar.changes(registrar.known, **metadata)]
    for answer in answers:
        assert (answer.status_code, answer.get_json()["error"]) == (400, error), (metadata, answer.get_json())
        assert answer.headers["Cache-Control"] == "no-store"
    said: str = answers[0].get_json()["error_description"]
    return said


HIDDEN_HOSTS = [
    "http://127.0.0.1:80@evil.test/cb",
    "https://tool.test@evil.test/",
    "https://user:word@tool.test/",
    "https://tool.test/cb#fragment",
    "https://tool.test/*",
    "https://*.tool.test/",
    "https://tool.test\\@evil.test/",
    "https:///callback",
    "https://",
    "//tool.test/cb",
    "/callback",
    "callback",
    "",
    " https://tool.test/",
    "https://tool.test/\r\nX: y",
    "https://tool.test:99999/",
    "https://[::1/",
    "https://t\u00f6\u00f6l.test/",
]


@pytest.mark.parametrize("kind", ["web", "native"])
def test_ru_04_addresses_with_a_hidden_host_or_no_exact_meaning(registrar: Registrar, kind: str) -> None:
    for uri in HIDDEN_HOSTS:
        refused(registrar, "invalid_redirect_uri", redirect_uris=["https://tool.test/callback", uri], application_type=kind)


def test_ru_06_a_web_client_has_https_addresses_only(registrar: Registrar) -> None:
    for uri in ("http://tool.test/cb", "http://localhost/cb", "http://127.0.0.1/cb", "http://[::1]:8/cb", "de.stadt.app:/cb"):
        refused(registrar, "invalid_redirect_uri", redirect_uris=[uri])


def test_ru_06_a_native_clients_port_varies_on_loopback_only(broker: Broker, browser: Browser, registrar: Registrar) -> None:
    registrar.token = invitation(broker, live=True)
    uris = ["http://127.0.0.1/cb", "http://[::1]:7/cb", "https://app.test/cb", "de.stadt.app:/cb"]
    tool = registrar.tool(registrar.made(application_type="native", token_endpoint_auth_method="none", redirect_uris=uris))
    for uri in ("http://127.0.0.1:4711/cb", "http://[::1]:4711/cb", *uris):
        assert browser.arrives(tool, redirect_uri=uri).code
    for uri in ("https://app.test:4711/cb", "http://localhost:4711/cb", "http://127.0.0.1:4711/cb/x", "http://127.0.0.2:4711/cb"):
        assert browser.opens(tool.url(redirect_uri=uri)).response.status_code == 400


SCRIPTS = ("javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "vbscript:x", "file:///etc/passwd", "blob:x", "about:blank")


@pytest.mark.parametrize("kind", ["web", "native"])
def test_ru_07_schemes_that_run_or_that_nobody_owns(registrar: Registrar, kind: str) -> None:
    for uri in (*SCRIPTS, "myapp:/cb"):
        refused(registrar, "invalid_redirect_uri", redirect_uris=[uri], application_type=kind)


INSIDE = [
    "https://127.0.0.1/x",
    "https://localhost/x",
    "https://169.254.169.254/latest/meta-data",
    "https://10.0.0.5/x",
    "https://192.168.1.1/x",
    "https://172.16.0.1/x",
    "https://[::1]/x",
    "https://[::ffff:127.0.0.1]/x",
    "https://2130706433/x",
    "https://0x7f000001/x",
    "https://0/x",
    "https://127.1/x",
    "http://tool.test/x",
    "gopher://tool.test/x",
    "file:///etc/passwd",
    "ftp://tool.test/x",
]


@pytest.mark.parametrize("name", ["jwks_uri", "logo_uri", "sector_identifier_uri", "backchannel_logout_uri", "request_uris"])
def test_op_01_no_address_into_a_network_is_registered(broker: Broker, name: str) -> None:
    registrar = Registrar(broker, Web(), invitation(broker))  # the real guard: this web is not asked
    for uri in INSIDE:
        answer = registrar.registers(**{name: [uri] if name == "request_uris" else uri})
        assert (answer.status_code, answer.get_json()["error"]) == (400, "invalid_client_metadata"), uri
        assert uri not in answer.get_data(as_text=True)


def test_op_02_a_name_that_leads_inside_is_refused(registrar: Registrar) -> None:
    registrar.web.inner.add("https://rebind.test/keys")
    assert "jwks_uri" in refused(registrar, jwks_uri="https://rebind.test/keys")


@pytest.mark.parametrize("name", ["client_uri", "logo_uri", "policy_uri", "tos_uri", "initiate_login_uri", "frontchannel_logout_uri"])
def test_op_10_links_lead_to_https_only(registrar: Registrar, name: str) -> None:
    for uri in (*SCRIPTS, "http://tool.test/", "https://a@tool.test/", "x", ""):
        refused(registrar, **{name: uri})


def test_op_10_what_a_client_calls_itself_is_shown_as_text(broker: Broker, browser: Browser, registrar: Registrar) -> None:
    registrar.token = invitation(broker, live=True)
    name = "<script>alert(1)</script>\"'{{7*7}}"
    made = registrar.made(client_name=name, policy_uri="https://tool.test/?a=\"%3E'")
    assert made["client_name"] == name
    tool = registrar.tool(made)
    choice = browser.opens(tool.url())
    consent = browser.signs_in(choice)
    for page in (choice.text, consent.text):
        assert "<script>" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;&#34;&#39;{{7*7}}" in page
        assert '"%3E' not in page


def test_cn_10_names_with_hidden_or_turning_marks(registrar: Registrar) -> None:
    for name in ("Rathaus\u202edoc", "Rat\u200bhaus", "Rat\x00haus", "Rat\x1bhaus", "\u2066Rathaus"):
        refused(registrar, client_name=name)


def test_cn_10_names_of_registered_tools_and_operators(broker: Broker, registrar: Registrar) -> None:
    broker.tool()
    for name in ("Tool karte", "TOOL-KARTE", "t\u00f3ol karte.", "Stadt Musterstadt", "stadt musterstadt", "Beteiligungskonto"):
        refused(registrar, client_name=name)


def test_cn_10_citizens_see_the_domain_not_what_the_client_calls_its_operator(
    broker: Broker, browser: Browser, registrar: Registrar
) -> None:
    registrar.token = invitation(broker, live=True)
    tool = registrar.tool(registrar.made(client_name="Rathaus", redirect_uris=["https://rathaus.evil.test/cb"]))
    assert "rathaus.evil.test" in browser.signs_in(browser.opens(tool.url())).text


def test_cn_09_a_live_client_takes_no_sector_of_another_operator(broker: Broker, registrar: Registrar) -> None:
    broker.tool("karte")  # its sector is karte.test
    sandboxed = registrar.made(redirect_uris=["https://karte.test/cb"])
    assert broker.parts.stores.clients.get(sandboxed["client_id"]).sector == "sandbox:karte.test"
    registrar.token = invitation(broker, live=True)
    answer = registrar.registers(redirect_uris=["https://karte.test/cb"])
    assert answer.get_json()["error"] == "invalid_client_metadata"


REFUSED: list[dict[str, Any]] = [
    {"response_types": ["token"]},
    {"response_types": ["code", "code id_token"]},
    {"grant_types": ["implicit"]},
    {"grant_types": ["refresh_token"]},
    {"grant_types": ["authorization_code", "unknown"]},
    {"token_endpoint_auth_method": "client_secret_jwt"},
    {"token_endpoint_auth_method": "any_secret"},
    {"token_endpoint_auth_method": "unknown"},
    {"token_endpoint_auth_method": "private_key_jwt"},
    {"token_endpoint_auth_method": "self_signed_tls_client_auth"},
    {"token_endpoint_auth_method": "tls_client_auth"},
    {"token_endpoint_auth_method": "client_secret_basic", "tls_client_auth_san_dns": "tool.test"},
    {"token_endpoint_auth_signing_alg": "none"},
    {"token_endpoint_auth_signing_alg": "HS256"},
    {"id_token_signed_response_alg": "none"},
    {"id_token_signed_response_alg": "HS256"},
    {"id_token_signed_response_alg": "RS1"},
    {"userinfo_signed_response_alg": "none"},
    {"request_object_signing_alg": "none"},
    {"authorization_signed_response_alg": "none"},
    {"id_token_encrypted_response_alg": "RSA1_5", "jwks_uri": "https://tool.test/keys"},
    {"id_token_encrypted_response_alg": "dir", "jwks_uri": "https://tool.test/keys"},
    {"id_token_encrypted_response_alg": "RSA-OAEP-256"},
    {"id_token_encrypted_response_enc": "A256GCM"},
    {"dpop_bound_access_tokens": True, "tls_client_certificate_bound_access_tokens": True},
    {"userinfo_encrypted_response_alg": "RSA-OAEP-256", "jwks_uri": "https://tool.test/keys"},
    {"request_object_encryption_alg": "RSA-OAEP-256"},
    {"jwks": keys(EC.as_dict(private=False)), "jwks_uri": "https://tool.test/keys"},
    {"jwks": keys()},
    {"jwks": {}},
    {"jwks": {"keys": 1}},
    {"jwks": keys("x")},
    {"jwks": keys({"kty": "EC"})},
    {"jwks": keys({"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"})},
    {"jwks": keys(EC.as_dict(private=True))},
    {"jwks": keys(OctKey.generate_key(256).as_dict(private=True))},
    {"jwks": keys({"kty": "RSA", "n": "AQAB", "e": "AQAB"})},
    {"jwks": keys(*[EC.as_dict(private=False)] * 21)},
    {"subject_type": "public"},
    {"subject_type": "unknown"},
    {"application_type": "service"},
    {"default_max_age": -1},
    {"default_max_age": "60"},
    {"default_max_age": True},
    {"default_acr_values": ["urn:unknown"]},
    {"require_auth_time": "yes"},
    {"contacts": "a@tool.test"},
    {"contacts": ["a"] * 11},
    {"client_name": 7},
    {"client_name": "x" * 81},
    {"scope": ["openid"]},
    {"software_id": "x" * 201},
    {"request_uris": "https://tool.test/r"},
    {"request_uris": [f"https://tool{number}.test/r" for number in range(6)]},
    {"post_logout_redirect_uris": ["http://tool.test/"]},
    {"post_logout_redirect_uris": ["javascript:alert(1)"]},
    {"frontchannel_logout_uri": "https://elsewhere.test/front"},
    {"backchannel_logout_uri": "https://tool.test/back#fragment"},
    {"policy_uri": f"https://tool.test/{'x' * 2000}"},
]


def test_what_does_not_exist_does_not_fit_or_needs_an_administrator(registrar: Registrar) -> None:
    for metadata in REFUSED:
        assert next(iter(metadata)).split("_")[0] in refused(registrar, **metadata) or "jwks" in metadata


def test_scopes_without_a_purpose_are_all_that_is_given(registrar: Registrar) -> None:
    made = registrar.made(scope="email eligibility voting org openid unknown profile")
    assert made["scope"] == "openid profile email"
    assert registrar.made(scope="")["scope"] == "openid"


def test_the_basic_profile_needs_an_invitation_that_says_so(broker: Broker, browser: Browser, registrar: Registrar) -> None:
    registrar.token = invitation(broker, live=True)
    strict = registrar.tool(registrar.made())
    assert "error=invalid_request" in (browser.opens(strict.url(code_challenge=None, code_challenge_method=None)).location or "")
    registrar.token = invitation(broker, live=True, basic_profile=True)
    basic = registrar.tool(registrar.made())
    code = browser.arrives(basic, code_challenge=None, code_challenge_method=None).code
    assert basic.redeems(code, code_verifier=None).status_code == 200
    public = registrar.tool(registrar.made(token_endpoint_auth_method="none"))
    assert "error=invalid_request" in (browser.opens(public.url(code_challenge=None, code_challenge_method=None)).location or "")


def test_an_invitation_that_was_withdrawn_lets_nobody_in(broker: Broker, registrar: Registrar) -> None:
    registrar.token = invitation(broker, label="fair")
    assert office(broker).withdraw("fair") == 1
    assert office(broker).withdraw("fair") == 0
    assert registrar.registers().status_code == 401


def test_after_an_invitation_for_public_subjects_clients_share_one_sub(broker: Broker, browser: Browser, registrar: Registrar) -> None:
    registrar.token = invitation(broker, live=True, public_subject=True)
    hosts = ("one", "two")
    made = [registrar.made(subject_type="public", redirect_uris=[f"https://{host}.test/cb"]) for host in hosts]
    assert [one["subject_type"] for one in made] == ["public", "public"]
    tools = [registrar.tool(one) for one in made] + [registrar.tool(registrar.made(redirect_uris=["https://one.test/cb"]))]
    subs = [tool.verifies(tool.redeems(browser.arrives(tool).code).get_json()["id_token"])["sub"] for tool in tools]
    assert subs[0] == subs[1] != subs[2]


def test_cn_10_citizens_are_told_where_a_client_leads_now(broker: Broker, registrar: Registrar) -> None:
    made = registrar.made(redirect_uris=["https://harmless.test/cb"])
    registrar.changes(made, redirect_uris=["https://rathaus.evil.test/cb"], client_name="Rathaus")
    assert broker.parts.stores.clients.get(made["client_id"]).operator.name == "rathaus.evil.test"
