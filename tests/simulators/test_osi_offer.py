"""Servicekonto SH takes only requests it can serve, and offers only what reaches the asked level."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import pytest
from lxml import etree

from deploy.demo.saml.vocabulary import NAMEID_TRANSIENT
from tests.simulators.conftest import PLAIN, Osi
from tests.support.saml_sp import Asks

EIDAS = "http://eidas.europa.eu/LoA/"


@pytest.mark.parametrize(
    ("level", "offered"),
    [(None, ["plus", "password", "temporary"]), ("low", ["plus", "password", "temporary"]), ("substantial", ["plus"]), ("high", ["plus"])],
)
def test_the_asked_minimum_decides_what_is_offered(servicekonto: Osi, level: str | None, offered: list[str]) -> None:
    asked = {"level_word": EIDAS + level} if level else {}
    assert servicekonto.citizen(**PLAIN | asked).offered("means-") == offered


def test_with_any_level_everything_stays(make_osi: Callable[..., Osi]) -> None:
    citizen = make_osi(any_level=True).citizen(**PLAIN | {"level_word": EIDAS + "high"})
    assert citizen.offered("means-") == ["plus", "password", "temporary"]


def test_what_is_not_offered_cannot_be_reached_by_its_address(servicekonto: Osi) -> None:
    citizen = servicekonto.citizen(**PLAIN | {"level_word": EIDAS + "high"})
    at = citizen.at().request.path
    client = servicekonto.app.test_client()
    assert client.post(f"{at}/password", data={"account": "paul"}).status_code == 404
    assert client.get(f"{at}/telepathy").status_code == 404


@pytest.mark.parametrize(
    ("asks", "code"),
    [
        ({"level_word": "STORK-QAA-Level-3"}, "authn-context-not-supported"),
        ({"level_word": EIDAS + "high", "comparison": "exact"}, "authn-context-not-supported"),
        ({"name_id_format": NAMEID_TRANSIENT}, "name-id-policy-not-supported"),
        ({"acs_url": "https://somebody-else.example/acs"}, "acs-url-not-registered"),
        ({"destination": "https://somebody-else.example/sso"}, "destination-mismatch"),
    ],
)
def test_a_request_it_cannot_serve_ends_on_its_own_page(servicekonto: Osi, asks: dict[str, Any], code: str) -> None:
    assert servicekonto.citizen(**PLAIN | asks).sees("idp-code") == code


def test_an_unsigned_request_is_refused(servicekonto: Osi) -> None:
    request = servicekonto.sp.request(servicekonto.now, Asks(**PLAIN))
    page = servicekonto.receives(base64.b64encode(etree.tostring(request)).decode())
    assert page.status_code == 400
    assert "saml-request-not-signed" in page.get_data(as_text=True)


def test_an_answer_is_given_once(servicekonto: Osi) -> None:
    citizen = servicekonto.citizen(**PLAIN)
    first_page = citizen.at().request.path
    citizen.chooses("plus", "peer")
    citizen.confirms()
    assert servicekonto.app.test_client().post(f"{first_page}/confirm").status_code == 410
