"""The same simulator as BayernID: its own means, attributes, service numbers and accounts, and none of BundID's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from deploy.demo.bundid.product import CitizenId
from deploy.demo.bundid.simulator import SSO_PATH
from deploy.demo.saml.vocabulary import NAMESPACES
from tests.simulators.conftest import Bundid
from tests.support.bundid_citizen import BundidCitizen
from tests.support.saml_sp import ADDRESS, ALL_MEANS, BPK2, PROVED_BY, QAA, SURNAME

HOUSE_NUMBER = "urn:oid:2.5.4.9"
ORGANISATION = "urn:oid:2.5.4.10"
ARTISTIC_NAME = "urn:oid:1.2.40.0.10.2.1.1.552233"
ASKED = (BPK2 + "!", QAA, PROVED_BY, SURNAME, ADDRESS, HOUSE_NUMBER, ORGANISATION, ARTISTIC_NAME)
NUMBER = "BMI-A0001-DE"


@pytest.fixture
def bayernid(make_bundid: Callable[..., Bundid]) -> Bundid:
    return make_bundid(citizen_id=CitizenId.BAYERNID)


def _received(place: Bundid, tmp_path: Path, means: str, person: str) -> dict[str, str]:
    posted = place.answer(means, person, attributes=ASKED, means=(*ALL_MEANS, "Authega"), online_service_id=NUMBER)
    (tmp_path / "opened").mkdir()
    opened = type(posted)(posted.action, posted.relay_state, place.sp.decrypted(posted.response, tmp_path / "opened"))
    found = opened.root.iterfind(".//saml2:Attribute", NAMESPACES)
    return {one.get("Name", ""): one.findtext("saml2:AttributeValue", namespaces=NAMESPACES) or "" for one in found}


def test_authega_reaches_level_3_and_bayernid_tells_house_number_and_organisation(bayernid: Bundid, tmp_path: Path) -> None:
    received = _received(bayernid, tmp_path, "authega", "alois")
    assert (received[QAA], received[PROVED_BY]) == ("STORK-QAA-Level-3", "Authega")
    assert (received[HOUSE_NUMBER], received[ORGANISATION]) == ("7", "Landesamt für Beispiele")
    assert ARTISTIC_NAME not in received, "he has none"


def test_bundid_knows_neither_authega_nor_the_extra_attributes(make_bundid: Callable[..., Bundid], tmp_path: Path) -> None:
    bundid = make_bundid()
    citizen = bundid.citizen(attributes=ASKED, means=(*ALL_MEANS, "Authega"))
    assert "authega" not in citizen.offered("means-")
    citizen.chooses("eid", "erika")
    opened = bundid.sp.decrypted(citizen.confirms().response, tmp_path)
    assert HOUSE_NUMBER.encode() not in opened


def test_each_offers_its_own_accounts_only(bayernid: Bundid) -> None:
    citizen = bayernid.citizen(online_service_id=NUMBER)
    citizen.client.get("/healthz")
    page = citizen.client.get(f"{citizen.at().request.path}/eid")
    citizen.page = page
    assert set(citizen.offered("person-")) == {"babette", "ayse"}


@pytest.mark.parametrize(
    ("citizen_id", "number", "accepted"),
    [
        (CitizenId.BAYERNID, "BMI-A0001-DE", True),
        (CitizenId.BAYERNID, "BMI-A0001", False),
        (CitizenId.BUNDID, "BMI-A0001", True),
        (CitizenId.BUNDID, "BMI-A0001-DE", False),
    ],
)
def test_service_numbers_belong_to_one_of_them(
    make_bundid: Callable[..., Bundid], citizen_id: CitizenId, number: str, accepted: bool
) -> None:
    citizen = make_bundid(citizen_id=citizen_id).citizen(online_service_id=number)
    assert citizen.sees("idp-code") == (None if accepted else "online-service-id-invalid")


def test_the_pages_name_bayernid(bayernid: Bundid) -> None:
    citizen = bayernid.citizen(online_service_id=NUMBER)
    shown = citizen.at().get_data(as_text=True)
    assert "das ist nicht die BayernID" in shown
    assert "BundID" not in shown


def test_the_pseudonym_of_a_person_differs_from_that_at_bundid(make_bundid: Callable[..., Bundid], tmp_path: Path) -> None:
    """Two accounts: nothing but the person connects them."""
    bayern = _received(make_bundid(citizen_id=CitizenId.BAYERNID), tmp_path, "eid", "babette")
    bund = make_bundid()
    opened = bund.sp.decrypted(bund.answer("eid", "babette").response, tmp_path)
    assert bayern[BPK2].encode() not in opened


def test_a_citizen_arrives_at_the_same_paths(bayernid: Bundid) -> None:
    assert BundidCitizen(bayernid.app.test_client()).arrives(SSO_PATH, "bm9uc2Vuc2U=").status_code == 400
