"""The pages offer what the request allows, say who asks for what, and are unmistakably a simulation."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable

import lxml.html
import pytest

from deploy.demo.bundid.faults import FAULTS
from tests.simulators.conftest import Bundid
from tests.support.saml_sp import BPK2, HANDLE, QAA, SURNAME


def test_the_first_page_names_the_organisation_and_marks_the_simulation(bundid: Bundid) -> None:
    citizen = bundid.citizen(display_name="Beteiligung Lübeck")
    page = citizen.at().get_data(as_text=True)
    assert citizen.sees("organisation") == "Beteiligung Lübeck"
    assert '<html lang="de">' in page
    assert "SIMULATION" in page


def test_a_display_name_with_markup_is_shown_as_text(bundid: Bundid) -> None:
    page = bundid.citizen(display_name="<script>alert(1)</script>").at().get_data(as_text=True)
    assert "<script>alert(1)" not in page


@pytest.mark.parametrize(
    ("asks", "means"),
    [
        ({}, ["eid", "elster", "password", "eidas"]),
        ({"means": None}, ["eid", "elster", "password", "eidas"]),
        ({"means": ("eID",)}, ["eid"]),
        ({"means": ("eID", "FINK"), "disabled": ()}, ["eid", "fink"]),
        ({"means": ("Diia", "Benutzername"), "disabled": ()}, ["password"]),
        ({"level": 2}, ["eid", "elster", "eidas"]),
        ({"level": 3}, ["eid", "elster", "eidas"]),
        ({"level": 4}, ["eid", "eidas"]),
        ({"level": None}, ["eid", "elster", "password", "eidas"]),
    ],
)
def test_means_follow_methods_and_minimum_level(bundid: Bundid, asks: dict[str, object], means: list[str]) -> None:
    assert bundid.citizen(**asks).offered("means-") == means


@pytest.mark.parametrize(
    ("attributes", "guest"),
    [((QAA,), True), ((QAA, BPK2 + "!"), False), ((QAA, BPK2), False), ((QAA, HANDLE), False)],
)
def test_asking_for_an_accounts_key_excludes_guests(bundid: Bundid, attributes: tuple[str, ...], guest: bool) -> None:
    assert ("guest" in bundid.citizen(attributes=attributes).offered("means-")) is guest


def test_where_no_means_is_left_the_citizen_can_only_cancel(bundid: Bundid) -> None:
    citizen = bundid.citizen(means=("Benutzername",), level=4)
    assert citizen.offered("means-") == []
    assert "Vertrauensniveau" in (citizen.sees("no-means") or "")
    assert citizen.cancels().status[0] == "Requester"


def test_a_simulator_may_offer_means_below_the_asked_level(make_bundid: Callable[..., Bundid]) -> None:
    bundid = make_bundid(any_level=True)
    assert "password" in bundid.citizen(level=4).offered("means-")
    assert bundid.answer("password", "paul", level=4).status == ("Success",)


def test_a_means_that_is_not_offered_cannot_be_reached_by_its_address(bundid: Bundid) -> None:
    citizen = bundid.citizen(level=4)
    first_page = citizen.at().request.path
    assert bundid.app.test_client().post(f"{first_page}/password", data={"account": "paul"}).status_code == 404
    assert bundid.app.test_client().get(f"{first_page}/telepathy").status_code == 404


def test_the_review_page_shows_exactly_what_will_be_sent(bundid: Bundid) -> None:
    citizen = bundid.citizen(attributes=(SURNAME, QAA))
    citizen.chooses("eid", "erika")
    page = citizen.at().get_data(as_text=True)
    assert "MUSTERMANN" in page
    assert "1964-08-12" not in page


def test_faults_are_offered_with_a_name_each_and_only_when_switched_on(make_bundid: Callable[..., Bundid]) -> None:
    citizen = make_bundid().citizen()
    citizen.chooses("eid", "erika")
    assert citizen.offered("fault-") == list(FAULTS)
    labels = lxml.html.document_fromstring(citizen.at().get_data(as_text=True)).xpath("//label[@for]/text()")
    assert len(set(labels)) == len(FAULTS)
    plain = make_bundid(show_faults=False).citizen()
    plain.chooses("eid", "erika")
    assert plain.offered("fault") == []
    assert plain.offered("cancel") == [""]


def test_without_the_switch_a_posted_fault_is_ignored(make_bundid: Callable[..., Bundid]) -> None:
    bundid = make_bundid(show_faults=False)
    assert b"EncryptedAssertion" in bundid.answer("eid", "erika", "plain-assertion").response


def test_pages_need_no_script_and_forbid_foreign_ones(bundid: Bundid) -> None:
    page = bundid.citizen().at()
    assert "<script" not in page.get_data(as_text=True)
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    assert "unsafe" not in page.headers["Content-Security-Policy"]
    assert page.headers["Cache-Control"] == "no-store"


def test_no_address_contains_who_is_signing_in(bundid: Bundid) -> None:
    citizen = bundid.citizen()
    citizen.chooses("eid", "erika")
    assert re.fullmatch(r"/idp/login/[\w-]{22}/review", citizen.at().request.path)


def test_a_login_left_alone_for_half_an_hour_has_expired(bundid: Bundid) -> None:
    citizen = bundid.citizen()
    path = citizen.at().request.path
    bundid.now += dt.timedelta(minutes=29)
    assert bundid.app.test_client().get(path).status_code == 200
    bundid.now += dt.timedelta(minutes=1)
    assert bundid.app.test_client().get(path).status_code == 410
