"""A request that BundID would refuse ends on the simulator's page with its idp.code, and nothing is sent anywhere."""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from lxml import etree
from signxml.algorithms import SignatureMethod

from deploy.demo.bundid.simulator import SSO_PATH
from deploy.demo.saml.vocabulary import NAMESPACES
from tests.simulators.conftest import BASE_URL, Bundid
from tests.support.bundid_citizen import BundidCitizen
from tests.support.saml_sp import Asks, SamlSp, rsa_pair


def _code(bundid: Bundid, saml_request: str) -> str | None:
    citizen = BundidCitizen(bundid.app.test_client())
    page = citizen.arrives(SSO_PATH, saml_request)
    assert page.status_code == 400
    assert "SAMLResponse" not in page.get_data(as_text=True)
    return citizen.sees("idp-code")


@pytest.mark.parametrize(
    ("asks", "code"),
    [
        ({"extension": False}, "akdb-extension-missing"),
        ({"version": "1"}, "akdb-extension-v1-deprecated"),
        ({"version": None}, "akdb-extension-version-unsupported"),
        ({"attributes": ()}, "requested-attributes-empty"),
        ({"nameless_attribute": True}, "requested-attributes-missing-name"),
        ({"means": (), "disabled": ()}, "empty-authentication-methods"),
        ({"means": (), "disabled": ("eID",)}, "empty-authentication-methods"),
        ({"display_name": None}, "organization-display-name-missing"),
        ({"display_name": "  "}, "organization-display-name-missing"),
        ({"display_name": "x" * 51}, "organization-display-name-too-long"),
        ({"online_service_id": None}, "online-service-id-invalid"),
        ({"online_service_id": "12345"}, "online-service-id-invalid"),
        ({"purpose": "<b>Beteiligung</b>"}, "purpose-does-not-support-restricted-html"),
        ({"comparison": "exact"}, "authn-context-not-supported"),
        ({"level": 5}, "authn-context-not-supported"),
        ({"acs_url": "https://attacker.example/acs"}, "acs-url-not-registered"),
        ({"destination": "https://id.bund.de/idp/profile/SAML2/POST/SSO"}, "destination-mismatch"),
        ({"issued_at": dt.datetime(2026, 11, 26, 9, 54, tzinfo=dt.UTC)}, "message-expired"),
        ({"issued_at": dt.datetime(2026, 11, 26, 10, 2, tzinfo=dt.UTC)}, "message-expired"),
    ],
)
def test_every_fault_of_the_content_has_its_code(bundid: Bundid, asks: dict[str, Any], code: str) -> None:
    assert _code(bundid, bundid.sp.signed(bundid.sp.request(bundid.now, Asks(**asks)))) == code


def test_a_display_name_of_50_characters_and_a_plain_purpose_are_fine(bundid: Bundid) -> None:
    citizen = bundid.citizen(display_name="x" * 50, purpose="Beteiligung")
    assert citizen.sees("organisation") == "x" * 50


def test_an_eid_request_without_berca_is_refused_other_means_are_not(make_bundid: Callable[..., Bundid]) -> None:
    bundid = make_bundid(has_berca=False)
    assert _code(bundid, bundid.sp.signed(bundid.sp.request(bundid.now))) == "missing-berca"
    assert bundid.citizen(means=("Elster",)).offered("means-") == ["elster"]


def test_an_unsigned_request_is_refused(bundid: Bundid) -> None:
    unsigned = base64.b64encode(etree.tostring(bundid.sp.request(bundid.now))).decode()
    assert _code(bundid, unsigned) == "saml-request-not-signed"


@pytest.mark.parametrize("method", [SignatureMethod.RSA_SHA256, SignatureMethod.SHA256_RSA_MGF1])
def test_rsa_sha256_and_pss_requests_are_accepted(bundid: Bundid, method: SignatureMethod) -> None:
    citizen = bundid.citizen(bundid.sp.signed(bundid.sp.request(bundid.now), method))
    assert citizen.offered("means-")


def test_a_weaker_signature_method_is_refused(bundid: Bundid) -> None:
    signed = bundid.sp.signed(bundid.sp.request(bundid.now), SignatureMethod.SHA224_RSA_MGF1)
    assert _code(bundid, signed) == "signature-invalid"


def test_a_request_changed_after_signing_is_refused(bundid: Bundid) -> None:
    signed = base64.b64decode(bundid.sp.signed(bundid.sp.request(bundid.now)))
    changed = signed.replace(b"STORK-QAA-Level-1", b"STORK-QAA-Level-2")
    assert _code(bundid, base64.b64encode(changed).decode()) == "signature-invalid"


def test_a_request_signed_with_a_strange_key_is_refused(bundid: Bundid) -> None:
    stranger = replace(bundid.sp, signing=rsa_pair("stranger"))
    assert _code(bundid, stranger.signed(stranger.request(bundid.now))) == "signature-invalid"


def test_a_signature_over_another_element_does_not_count(bundid: Bundid) -> None:
    """Signature wrapping: a truly signed request carried inside a forged one."""
    genuine = etree.fromstring(base64.b64decode(bundid.sp.signed(bundid.sp.request(bundid.now))))
    forged = bundid.sp.request(bundid.now, Asks(level=4), request_id="_forged")
    signature = genuine.find("ds:Signature", NAMESPACES)
    assert signature is not None
    forged.insert(1, signature)
    extensions = forged.find("saml2p:Extensions", NAMESPACES)
    assert extensions is not None
    extensions.append(genuine)
    assert _code(bundid, base64.b64encode(etree.tostring(forged)).decode()) == "signature-invalid"


def test_an_unknown_service_provider_is_refused(bundid: Bundid) -> None:
    unknown = SamlSp(BASE_URL + SSO_PATH, entity_id="https://unknown.example")
    assert _code(bundid, unknown.signed(unknown.request(bundid.now))) == "unknown-service-provider"


@pytest.mark.parametrize(
    "message",
    [
        "%%%",
        base64.b64encode(b"<not-xml").decode(),
        base64.b64encode(b"<Response/>").decode(),
        base64.b64encode(b'<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>').decode(),
        "",
    ],
)
def test_garbage_is_refused(bundid: Bundid, message: str) -> None:
    assert _code(bundid, message) == "saml-request-invalid"


def test_only_http_post_is_spoken(bundid: Bundid) -> None:
    assert bundid.app.test_client().get(SSO_PATH, query_string={"SAMLRequest": "x"}).status_code == 405


def test_a_new_key_of_the_service_provider_is_found_by_reading_its_metadata_again(bundid: Bundid) -> None:
    bundid.citizen()
    rolled = replace(bundid.sp, signing=rsa_pair("sp next signing"))
    (bundid.folder / "sp.xml").write_text(rolled.metadata())
    assert bundid.citizen(rolled.signed(rolled.request(bundid.now))).offered("means-")


def test_metadata_that_cannot_be_had_is_an_outage_not_a_refusal_and_heals(bundid: Bundid) -> None:
    (bundid.folder / "sp.xml").unlink()
    request = bundid.sp.signed(bundid.sp.request(bundid.now))
    page = bundid.receives(request)
    assert page.status_code == 503
    assert page.headers["Retry-After"] == "3"
    (bundid.folder / "sp.xml").write_text(bundid.sp.metadata())
    assert bundid.receives(request).status_code == 200
