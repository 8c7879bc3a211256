"""Single logout of Servicekonto SH, in both directions and by POST: who is asked, who may ask, and what is answered."""

from __future__ import annotations

import base64
import datetime as dt

import pytest
from flask.testing import FlaskClient
from lxml import etree
from signxml.algorithms import SignatureMethod

from deploy.demo.osi.simulator import SLO_PATH
from deploy.demo.saml.signature import sign
from deploy.demo.saml.vocabulary import NAMESPACES
from tests.simulators.conftest import PLAIN, Osi
from tests.support.bundid_citizen import BundidCitizen, Posted, posted_in
from tests.support.saml_sp import SamlSp, rsa_pair, xmlsec1_verifies


def _signs_in(place: Osi, person: str = "hanne") -> tuple[FlaskClient, str, str]:
    """A browser of somebody who signed in, their NameID and SessionIndex."""
    citizen: BundidCitizen = place.citizen(**PLAIN)
    citizen.chooses("plus", person)
    posted = citizen.confirms()
    statement = posted.root.find(".//saml2:AuthnStatement", NAMESPACES)
    assert statement is not None
    return citizen.client, posted.text(".//saml2:NameID") or "", statement.get("SessionIndex", "")


def _asks(place: Osi, name_id: str, *indexes: str, sp: SamlSp | None = None) -> Posted:
    """The service provider asks from server to server; the answer."""
    sender = sp or place.sp
    request = sender.logout_request(place.now, place.settings.slo_url, name_id, *indexes)
    page = place.app.test_client().post(SLO_PATH, data={"SAMLRequest": sender.signed(request), "RelayState": "state-2"})
    assert page.status_code == 200, page.get_data(as_text=True)
    return posted_in(page)


def _is_signed_in(client: FlaskClient) -> bool:
    return 'id="session"' in client.get("/").get_data(as_text=True)


def test_a_signed_request_from_the_service_provider_ends_the_session(servicekonto: Osi) -> None:
    browser, name_id, index = _signs_in(servicekonto)
    assert _is_signed_in(browser)
    answer = _asks(servicekonto, name_id, index)
    assert not _is_signed_in(browser)
    assert answer.status == ("Success",)
    assert (answer.action, answer.relay_state) == (servicekonto.sp.acs_url, "state-2")
    assert answer.root.get("InResponseTo") == "_logout-1"
    assert etree.QName(answer.root).localname == "LogoutResponse"


def test_the_answer_is_signed(servicekonto: Osi) -> None:
    _, name_id, index = _signs_in(servicekonto)
    answer = _asks(servicekonto, name_id, index)
    kind = "urn:oasis:names:tc:SAML:2.0:protocol:LogoutResponse"
    assert xmlsec1_verifies(answer.response, servicekonto.keys.signing, kind, servicekonto.folder)


def test_without_an_index_all_sessions_of_the_person_end_and_nobody_elses(servicekonto: Osi) -> None:
    first, name_id, _ = _signs_in(servicekonto)
    second, _, _ = _signs_in(servicekonto)
    other, _, _ = _signs_in(servicekonto, "jasper")
    _asks(servicekonto, name_id)
    assert [_is_signed_in(browser) for browser in (first, second, other)] == [False, False, True]


def test_with_an_index_only_that_session_ends(servicekonto: Osi) -> None:
    first, name_id, index = _signs_in(servicekonto)
    second, _, _ = _signs_in(servicekonto)
    _asks(servicekonto, name_id, index)
    assert [_is_signed_in(browser) for browser in (first, second)] == [False, True]


def test_an_unknown_person_is_said_to_be_unknown(servicekonto: Osi) -> None:
    assert _asks(servicekonto, "nobody").status == ("Requester", "UnknownPrincipal")


def test_who_is_not_the_service_provider_ends_nothing(servicekonto: Osi) -> None:
    browser, name_id, index = _signs_in(servicekonto)
    stranger = SamlSp(servicekonto.sp.sso_url, signing=rsa_pair("stranger"))
    unsigned, request, hollow = (stranger.logout_request(servicekonto.now, servicekonto.settings.slo_url, name_id, index) for _ in range(3))
    etree.SubElement(hollow, f"{{{NAMESPACES['ds']}}}Signature")
    for signed in (stranger.signed(request), *(base64.b64encode(etree.tostring(one)).decode() for one in (unsigned, hollow))):
        page = servicekonto.app.test_client().post(SLO_PATH, data={"SAMLRequest": signed})
        assert page.status_code == 400
    assert _is_signed_in(browser)


@pytest.mark.parametrize("data", [{}, {"SAMLRequest": ""}, {"SAMLRequest": "bm9uc2Vuc2U="}, {"SAMLResponse": "bm9uc2Vuc2U="}])
def test_what_is_no_message_is_refused_on_its_own_page(servicekonto: Osi, data: dict[str, str]) -> None:
    page = servicekonto.app.test_client().post(SLO_PATH, data=data)
    assert (page.status_code, "saml-request-invalid" in page.get_data(as_text=True)) == (400, True)


def test_the_button_ends_the_session_and_asks_the_service_provider(servicekonto: Osi) -> None:
    browser, name_id, index = _signs_in(servicekonto)
    asked = posted_in(browser.post("/webidp/end-session"))
    assert not _is_signed_in(browser)
    assert asked.action == servicekonto.sp.acs_url
    assert etree.QName(asked.root).localname == "LogoutRequest"
    assert (asked.text("saml2:NameID"), asked.text("saml2p:SessionIndex")) == (name_id, index)
    kind = "urn:oasis:names:tc:SAML:2.0:protocol:LogoutRequest"
    assert xmlsec1_verifies(asked.response, servicekonto.keys.signing, kind, servicekonto.folder)


@pytest.mark.parametrize(("status", "told"), [("Success", "told"), ("Requester", "not-told")])
def test_what_the_service_provider_answers_is_shown(servicekonto: Osi, status: str, told: str) -> None:
    response = etree.fromstring(
        f'<saml2p:LogoutResponse xmlns:saml2p="{NAMESPACES["saml2p"]}" xmlns:saml2="{NAMESPACES["saml2"]}" ID="_r" Version="2.0" '
        f'IssueInstant="{servicekonto.now.isoformat()}" Destination="{servicekonto.settings.slo_url}">'
        f"<saml2:Issuer>{servicekonto.sp.entity_id}</saml2:Issuer>"
        f'<saml2p:Status><saml2p:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:{status}"/></saml2p:Status></saml2p:LogoutResponse>'
    )
    signed = base64.b64encode(sign(response, servicekonto.sp.signing, SignatureMethod.RSA_SHA256).encode()).decode()
    page = servicekonto.app.test_client().post(SLO_PATH, data={"SAMLResponse": signed})
    assert f'id="{told}"' in page.get_data(as_text=True)


def test_a_button_without_a_session_says_so(servicekonto: Osi) -> None:
    assert servicekonto.app.test_client().post("/webidp/end-session").status_code == 410


def test_the_session_is_over_after_half_an_hour(servicekonto: Osi) -> None:
    browser, _, _ = _signs_in(servicekonto)
    assert _is_signed_in(browser)
    servicekonto.now += dt.timedelta(minutes=31)
    assert not _is_signed_in(browser)
