"""Cancelled logins and missing required attributes come back as SAML errors, in the spellings BundID uses."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from lxml import etree

from deploy.demo.bundid.simulator import CancelStatus
from deploy.demo.saml.vocabulary import NAMESPACES
from tests.simulators.conftest import Bundid
from tests.support.bundid_citizen import Posted
from tests.support.saml_sp import BPK2, COMMUNITY_ID, openssl_verifies_pss

CANCELLED = "Authentication was canceled by the user."


def _assert_carries_no_assertion(posted: Posted) -> None:
    assert b"Assertion>" not in posted.response
    assert posted.root.get("InResponseTo") == "_request-1"
    assert posted.relay_state == "state-1"


@pytest.mark.parametrize("status", list(CancelStatus))
def test_cancelling_answers_in_the_configured_spelling(make_bundid: Callable[..., Bundid], status: CancelStatus) -> None:
    posted = make_bundid(cancel_status=status).citizen().cancels()
    assert posted.status == ("Requester", status.value)
    assert posted.text("saml2p:Status/saml2p:StatusMessage") == CANCELLED
    _assert_carries_no_assertion(posted)


@pytest.mark.parametrize("button", ["cancel-request-denied", "cancel-authn-failed"])
def test_the_faults_panel_offers_both_spellings(bundid: Bundid, button: str) -> None:
    outer, inner = bundid.citizen().cancels(button).status
    assert outer == "Requester"
    assert inner.lower() == button.removeprefix("cancel-").replace("-", "")


def test_cancelling_is_possible_at_every_step(bundid: Bundid) -> None:
    citizen = bundid.citizen()
    citizen.chooses("eid", "erika")
    assert citizen.cancels().status == ("Requester", "AuthnFailed")


def test_a_missing_required_attribute_is_denied_with_detail(bundid: Bundid) -> None:
    posted = bundid.answer("elster", "elke", attributes=(BPK2, COMMUNITY_ID + "!"))
    assert posted.status == ("Requester", "RequestDenied")
    message = f"Attribute {COMMUNITY_ID} is required but not available in Nutzerkonto."
    assert posted.text("saml2p:Status/saml2p:StatusMessage") == message
    detail = json.loads(posted.text("saml2p:Status/saml2p:StatusDetail/akdb:StatusDetail") or "")
    assert detail == {"version": "1.0", "errors": [{"code": "IDP_REQUIRED_ATTRIBUTES_MISSING", "message": message}]}
    _assert_carries_no_assertion(posted)


def test_the_detail_comes_only_when_asked_for(bundid: Bundid) -> None:
    posted = bundid.answer("elster", "elke", attributes=(COMMUNITY_ID + "!",), status_detail=False)
    assert posted.status == ("Requester", "RequestDenied")
    assert b"StatusDetail" not in posted.response


def test_a_missing_optional_attribute_is_no_error(bundid: Bundid) -> None:
    assert bundid.answer("elster", "elke", attributes=(BPK2, COMMUNITY_ID)).status == ("Success",)


def test_the_review_page_warns_of_what_is_missing(bundid: Bundid) -> None:
    citizen = bundid.citizen(attributes=(COMMUNITY_ID + "!",))
    citizen.chooses("elster", "elke")
    assert "fehlt" in (citizen.sees("missing") or "")


def test_an_error_is_signed_itself(bundid: Bundid, tmp_path: Path) -> None:
    """Without an assertion there is nothing else whose signature could count."""
    root = bundid.citizen().cancels().root
    signature = root[1]
    assert signature.tag == f"{{{NAMESPACES['ds']}}}Signature"
    assert signature.find(".//ds:Reference", NAMESPACES).get("URI") == f"#{root.get('ID')}"  # type: ignore[union-attr]
    signed_info = etree.tostring(signature[0], method="c14n", exclusive=True)
    value = base64.b64decode(signature.findtext("ds:SignatureValue", namespaces=NAMESPACES) or "")
    assert openssl_verifies_pss(signed_info, value, bundid.keys.signing, tmp_path)


def test_a_login_is_answered_once(bundid: Bundid) -> None:
    citizen = bundid.citizen()
    citizen.chooses("eid", "erika")
    review = citizen.at()
    citizen.confirms()
    citizen.page = review
    with pytest.raises(KeyError):
        citizen.confirms()
    assert citizen.at().status_code == 410
