"""Single Logout at Mein Unternehmenskonto, asked for by the service provider or begun on its own page (SAML 2.0 profiles 4.4)."""

from __future__ import annotations

import base64
import datetime as dt
from pathlib import Path

import lxml.html
import pytest
from flask.testing import FlaskClient
from lxml import etree
from signxml.algorithms import SignatureMethod
from werkzeug.test import TestResponse

from deploy.demo.saml.signature import sign
from deploy.demo.saml.vocabulary import NAMESPACES
from tests.support.muk_place import ACS, BASE_URL, MukPlace
from tests.support.saml_sp import rsa_pair

SLO = f"{BASE_URL}/ekona/slo"


@pytest.fixture
def muk(tmp_path: Path) -> MukPlace:
    return MukPlace(tmp_path)


def _signs_in(muk: MukPlace) -> tuple[FlaskClient, str, str]:
    """A browser with a session; its NameID and SessionIndex."""
    visitor = muk.visitor()
    visitor.chooses("elster", "verein")
    root = muk.opened(visitor.confirms())
    statement = root.find(".//saml2:AuthnStatement", NAMESPACES)
    assert statement is not None
    return visitor.client, root.findtext(".//saml2:NameID", namespaces=NAMESPACES) or "", statement.get("SessionIndex", "")


def _request(muk: MukPlace, name_id: str, *indexes: str, destination: str = SLO, issued_at: dt.datetime | None = None) -> etree._Element:
    issued = (issued_at or muk.now).isoformat().replace("+00:00", "Z")
    listed = "".join(f"<saml2p:SessionIndex>{index}</saml2p:SessionIndex>" for index in indexes)
    return etree.fromstring(
        f'<saml2p:LogoutRequest xmlns:saml2p="{NAMESPACES["saml2p"]}" xmlns:saml2="{NAMESPACES["saml2"]}" ID="_bye-1" Version="2.0" '
        f'IssueInstant="{issued}" Destination="{destination}"><saml2:Issuer>{muk.sp.entity_id}</saml2:Issuer>'
        f"<saml2:NameID>{name_id}</saml2:NameID>{listed}</saml2p:LogoutRequest>"
    )


def _posts(muk: MukPlace, message: etree._Element, field: str = "SAMLRequest") -> TestResponse:
    """From server to server: without the browser's cookies."""
    return muk.app.test_client().post("/ekona/slo", data={field: muk.sp.signed(message), "RelayState": "r1"})


def _form(page: TestResponse) -> tuple[str, dict[str, str], etree._Element]:
    """Where the page goes on to, its fields, and the message in them."""
    form = lxml.html.document_fromstring(page.get_data(as_text=True)).get_element_by_id("saml-message")
    fields = {str(one.get("name")): str(one.get("value")) for one in form.iterfind("input")}
    message = fields.get("SAMLResponse") or fields["SAMLRequest"]
    return str(form.get("action")), fields, etree.fromstring(base64.b64decode(message))


def _status(message: etree._Element) -> list[str]:
    return [code.get("Value", "").rpartition(":")[2] for code in message.iterfind(".//saml2p:StatusCode", NAMESPACES)]


def _is_signed_in(browser: FlaskClient) -> bool:
    return 'id="session"' in browser.get("/").get_data(as_text=True)


def test_the_service_provider_ends_a_session_without_the_browser(muk: MukPlace) -> None:
    browser, name_id, index = _signs_in(muk)
    assert _is_signed_in(browser)
    target, fields, message = _form(_posts(muk, _request(muk, name_id, index)))
    assert (target, fields["RelayState"], _status(message)) == (ACS, "r1", ["Success"])
    assert (message.get("InResponseTo"), message.find("ds:Signature", NAMESPACES) is not None) == ("_bye-1", True)
    assert not _is_signed_in(browser)


def test_without_an_index_all_sessions_of_that_name_end(muk: MukPlace) -> None:
    one, name_id, _ = _signs_in(muk)
    two, _, _ = _signs_in(muk)
    _posts(muk, _request(muk, name_id))
    assert not _is_signed_in(one)
    assert not _is_signed_in(two)


def test_with_an_index_the_others_stay(muk: MukPlace) -> None:
    one, name_id, index = _signs_in(muk)
    two, _, _ = _signs_in(muk)
    _posts(muk, _request(muk, name_id, index))
    assert (_is_signed_in(one), _is_signed_in(two)) == (False, True)


def test_who_is_not_signed_in_is_unknown(muk: MukPlace) -> None:
    _, _, message = _form(_posts(muk, _request(muk, "nobody", "_no-session")))
    assert _status(message) == ["Requester", "UnknownPrincipal"]


def test_only_the_service_provider_itself_may_ask_and_in_time(muk: MukPlace) -> None:
    browser, name_id, index = _signs_in(muk)
    request = _request(muk, name_id, index)
    forged = base64.b64encode(sign(request, rsa_pair("stranger"), SignatureMethod.SHA256_RSA_MGF1).encode()).decode()
    unsigned = base64.b64encode(etree.tostring(_request(muk, name_id, index))).decode()
    for refused in (
        muk.app.test_client().post("/ekona/slo", data={"SAMLRequest": forged}),
        muk.app.test_client().post("/ekona/slo", data={"SAMLRequest": unsigned}),
        muk.app.test_client().post("/ekona/slo", data={}),
        _posts(muk, _request(muk, name_id, index, destination=f"{BASE_URL}/ekona/sso")),
        _posts(muk, _request(muk, name_id, index, issued_at=muk.now - dt.timedelta(hours=1))),
        _posts(muk, muk.sp.request(muk.now)),
    ):
        assert refused.status_code == 400
    assert _is_signed_in(browser)


def test_begun_here_the_service_provider_is_asked(muk: MukPlace) -> None:
    browser, name_id, index = _signs_in(muk)
    target, fields, message = _form(browser.post("/ekona/end-session"))
    assert (target, set(fields)) == (ACS, {"SAMLRequest", "RelayState"})
    assert message.findtext("saml2:NameID", namespaces=NAMESPACES) == name_id
    assert message.findtext("saml2p:SessionIndex", namespaces=NAMESPACES) == index
    assert message.find("ds:Signature", NAMESPACES) is not None
    assert not _is_signed_in(browser)


@pytest.mark.parametrize(("word", "shown"), [("Success", "told"), ("Responder", "not-told")])
def test_what_the_service_provider_answers_is_shown(muk: MukPlace, word: str, shown: str) -> None:
    answer = etree.fromstring(
        f'<saml2p:LogoutResponse xmlns:saml2p="{NAMESPACES["saml2p"]}" xmlns:saml2="{NAMESPACES["saml2"]}" ID="_r" Version="2.0" '
        f'IssueInstant="{muk.now.isoformat().replace("+00:00", "Z")}" Destination="{SLO}"><saml2:Issuer>{muk.sp.entity_id}</saml2:Issuer>'
        f'<saml2p:Status><saml2p:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:{word}"/></saml2p:Status></saml2p:LogoutResponse>'
    )
    assert f'id="{shown}"' in _posts(muk, answer, "SAMLResponse").get_data(as_text=True)


def test_without_a_session_there_is_nothing_to_end(muk: MukPlace) -> None:
    assert muk.app.test_client().post("/ekona/end-session").status_code == 410
