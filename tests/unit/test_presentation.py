"""Claims and choices in words a citizen reads."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from broker.core.claim import ClaimData
from broker.core.trust import TrustLevel
from broker.flows.choosing import Option
from broker.web import i18n
from broker.web.presentation import MeansOption, claim_value, provider_name, provider_options
from tests.support.choice_pages import BUNDID, LOCAL
from tests.support.makers import NOW


@pytest.fixture(autouse=True)
def _german() -> Iterator[None]:
    app = Flask("broker.web")
    i18n.install(app, secure=False)
    with app.test_request_context("/"):
        app.preprocess_request()
        yield


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("given_name", "ERIKA", "ERIKA"),
        ("email_verified", False, "Nein"),
        ("bp_age_over", [14, 16], "mindestens 14 Jahre alt, mindestens 16 Jahre alt"),
        ("bp_age_over", [], ""),
        ("bp_resident_of", ["05315000"], "Gemeindeschlüssel 05315000"),
        ("amr", ["sc", "pin", "unheard-of"], "Ausweis mit Chip, PIN, unheard-of"),
        ("bp_attr_loa", {"given_name": "http://eidas.europa.eu/LoA/high", "email": "self"}, "given_name: hoch, email: Ihre eigene Angabe"),
        ("bp_residence_evidence", "eid_ags", "Ihr Ausweis"),
        ("bp_residence_evidence", "unheard-of", "unheard-of"),
        (
            "verified_claims",
            {"verification": {"assurance_level": "high"}, "claims": {"name": "E", "bp_age_over": [16]}},
            "name: hoch, bp_age_over: hoch",
        ),
        (
            "verified_claims",
            [
                {"verification": {"assurance_level": "high"}, "claims": {"name": "E"}},
                {"verification": {"assurance_level": "low"}, "claims": {"bp_age_band": "14-17"}},
            ],
            "name: hoch, bp_age_band: niedrig",
        ),
        ("verified_claims", None, ""),
        ("locale", "de", "Deutsch"),
        ("locale", "fr", "fr"),
        ("email", None, ""),
    ],
)
def test_value_in_words(name: str, value: ClaimData | None, words: str) -> None:
    assert claim_value(name, value) == words


def test_choice_lists_only_the_means_that_are_enough_strongest_first() -> None:
    (option,) = provider_options([Option(BUNDID, True, ("age",), (), False)], TrustLevel.SUBSTANTIAL, NOW)
    assert option.means == (
        MeansOption("Online-Ausweis mit PIN", TrustLevel.HIGH),
        MeansOption("ELSTER-Zertifikat", TrustLevel.SUBSTANTIAL),
    )
    assert option.usable
    assert option.proves == ("wie alt Sie sind",)


def test_citizen_id_that_is_not_offered_is_shown_with_what_it_reaches() -> None:
    _, local = provider_options([Option(BUNDID, True, (), (), False), Option(LOCAL, False, (), (), False)], TrustLevel.HIGH, NOW)
    assert not local.usable
    assert local.reach is TrustLevel.BASIC
    assert local.means == ()


def test_citizen_id_that_is_gone_is_called_by_its_alias() -> None:
    assert provider_name([BUNDID], "bundid") == "BundID"
    assert provider_name([], "bundid") == "bundid"


def test_a_detail_is_called_by_its_label_where_it_stands_on_the_page() -> None:
    levels = {"given_name": "http://eidas.europa.eu/LoA/high", "family_name": "self"}
    assert claim_value("bp_attr_loa", levels, {"given_name": "Vorname"}) == "Vorname: hoch, family_name: Ihre eigene Angabe"
    verified = {"verification": {"assurance_level": "high"}, "claims": {"given_name": "E"}}
    assert claim_value("verified_claims", verified, {"given_name": "Vorname"}) == "Vorname: hoch"
