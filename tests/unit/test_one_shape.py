"""Whichever citizen ID was used, a tool sees the same names, types and words (issue 5; A-30): nothing but `bp_idp` tells it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from broker.claim_table import load_claim_table
from broker.config import ROOT
from broker.core.claim import ReleaseClass
from broker.core.client import Client, ClientClaim
from broker.core.client_policy import EVIDENCE
from broker.core.session import SESSION_LIFETIME, BrokerSession
from broker.core.trust import TrustLevel
from broker.flows.releasing import Releasing
from broker.upstream.assertion import read_assertion
from tests.support.makers import client

TABLE = load_claim_table(ROOT / "realm-config" / "claim-table.yaml")
NOW = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
KINDS: dict[str, type] = {"string": str, "boolean": bool, "integer": int, "object": dict}
LEVELS = {level.acr for level in TrustLevel if level > TrustLevel.BASIC} | {"self"}
MADE_ELSEWHERE = {"sub", "acr", "auth_time", "bp_vote_key", "bp_vote_key_strength"}


def saml(context: str, trust: str | None, **values: str) -> dict[str, Any]:
    return {"authn_context": context, "attributes": {name: {"t": trust, "v": [value]} for name, value in values.items()}}


def akdb(context: str, trust: str, means: str, **more: str) -> dict[str, Any]:
    usual = {"urn:oid:2.5.4.42": "HANNE", "urn:oid:2.5.4.4": "BRODERSEN", "urn:oid:1.2.40.0.10.2.1.1.55": "1987-03-04"}
    mail = {"urn:oid:0.9.2342.19200300.100.1.3": "hanne@post.example", "urn:oid:1.3.6.1.4.1.25484.494450.2": means}
    return saml(context, trust, **usual, **mail, **more)


ADDRESS = {"urn:oid:2.5.4.17": "23552", "urn:oid:2.5.4.7": "LÜBECK"}
CARD = {"urn:oid:1.3.6.1.4.1.25484.494450.5": "02760100030000", "urn:oid:1.2.40.0.10.2.1.1.225577": "D", **ADDRESS}
OSI = {"GivenNames": "Hanne", "FamilyNames": "Brodersen", "DateOfBirth": "1987-03-04", "EmailAddress": "hanne@post.example"}
OSI |= {"PlaceOfResidence/ZipCode": "23552", "PlaceOfResidence/City": "Lübeck", "PrincipalType": "NaturalPerson"}
MUK = {"ElsterVertrauensniveauIdentifizierung": "substanziell", "ElsterVertrauensniveauAuthentifizierung": "substanziell"}
MUK |= {"Firmenname": "Nordlichter e. V.", "DatenuebermittlerPseudonymId": "du-1", "HandelndePerson/Geburtsdatum": "20.01.1977"}
MUK |= {"HandelndePerson/Vorname": "Vera", "HandelndePerson/Nachname": "Vorstand", "Unternehmensanschrift/Ort": "Kiel"}
OIDC = {"given_name": "Hanne", "family_name": "Brodersen", "birthdate": "1987-03-04", "email": "hanne@post.example", "amr": "pwd"}
OIDC |= {"address/postal_code": "23552", "address/locality": "Lübeck", "email_verified": "true"}
HIGH, LOW = "http://eidas.europa.eu/LoA/high", "http://eidas.europa.eu/LoA/low"

# The same woman wherever she is known, and an association.
RECORDED: dict[str, tuple[str, dict[str, Any]]] = {
    "bundid-eid": ("bundid", akdb("STORK-QAA-Level-4", "HOCH", "eID", **CARD)),
    "bayernid-eid": ("bayernid", akdb("STORK-QAA-Level-4", "HOCH", "eID", **CARD)),
    "bundid-elster": ("bundid", akdb("STORK-QAA-Level-3", "SUBSTANTIELL", "Elster", **ADDRESS)),
    "bayernid-authega": ("bayernid", akdb("STORK-QAA-Level-3", "SUBSTANTIELL", "Authega", **ADDRESS)),
    "bundid-password": ("bundid", akdb("STORK-QAA-Level-1", "UNTERGEORDNET", "Benutzername", **ADDRESS)),
    "sh-plus": ("sh", saml(HIGH, None, AssuranceLevel=HIGH, **OSI)),
    "sh-password": ("sh", saml(LOW, None, AssuranceLevel=LOW, **OSI)),
    "muk": ("muk", saml("urn:oasis:names:tc:SAML:2.0:ac:classes:X509", None, **MUK)),
    "oidc-substantial": ("oidc", saml("http://eidas.europa.eu/LoA/substantial", None, **OIDC)),
    "oidc-silent": ("oidc", saml("", None, **OIDC)),
    "local": ("local", saml("1", None, email="hanne@post.example", amr="pwd")),
}


def everything(**fields: Any) -> Client:
    """A tool that may get all there is, but which citizen ID it was."""
    leaving = [row.name for row in TABLE.definitions.values() if row.release is ReleaseClass.PURPOSE and row.name != "bp_idp"]
    claims = tuple(ClientClaim(name, {"de": "Zweck", "en": "Purpose"}) for name in leaving)
    scopes = ("openid", *TABLE.scopes)
    return client(claims=claims, scopes=scopes, municipalities=("01003000",), age_thresholds=(16, 18), email_verified_only=False, **fields)


def released(name: str) -> dict[str, Any]:
    alias, said = RECORDED[name]
    assertion = read_assertion(said, TABLE, alias)
    session = BrokerSession(
        id="session",
        browser_id="browser",
        subject_id="hanne",
        provider_alias=alias,
        trust=assertion.trust,
        amr=assertion.amr,
        claims=assertion.claims(TABLE, NOW),
        authenticated_at=NOW,
        last_seen_at=NOW,
        expires_at=NOW + SESSION_LIFETIME,
        subject_type=assertion.subject_type(TABLE, NOW),
    )
    tool = everything()
    return dict(Releasing(TABLE).values(tool, Releasing(TABLE).widest(tool), session, "heide-otter-1234"))


@pytest.mark.parametrize("name", RECORDED)
def test_names_types_and_words_are_those_of_the_table(name: str) -> None:
    found = released(name)
    for claim, value in found.items():
        row = TABLE[claim]
        assert row.release is not ReleaseClass.NEVER
        if row.type.endswith("[]"):
            assert isinstance(value, list)
            assert all(type(item) is KINDS[row.type.removesuffix("[]")] for item in value)
        elif claim != "verified_claims":
            assert type(value) is KINDS[row.type]
    assert set(found["bp_attr_loa"].values() if "bp_attr_loa" in found else ()) <= LEVELS
    assert found.get("bp_residence_evidence", "self") in EVIDENCE


@pytest.mark.parametrize("name", RECORDED)
def test_what_every_tool_gets_is_there_whoever_gave_it(name: str) -> None:
    always = {row.name for row in TABLE.definitions.values() if row.release is ReleaseClass.ALWAYS} - MADE_ELSEWHERE
    assert always <= set(released(name))


@pytest.mark.parametrize("name", RECORDED)
def test_nothing_names_the_citizen_id(name: str) -> None:
    alias, _ = RECORDED[name]
    text = json.dumps(released(name), ensure_ascii=False)
    assert alias not in json.loads(text).values()
    raw = {"STORK", "urn:oid", "HOCH", "SUBSTANTIELL", "substanziell", "AssuranceLevel", "du-1", "PlaceOfResidence"}
    assert not [word for word in raw if word in text]


@pytest.mark.parametrize("name", RECORDED)
def test_an_address_is_never_called_verified(name: str) -> None:
    assert released(name).get("email_verified", False) is False


def upper(value: Any) -> str:
    """Identity cards write in capitals."""
    return json.dumps(value, sort_keys=True).upper()


@pytest.mark.parametrize(
    ("one", "other", "apart"),
    [
        ("bundid-eid", "bayernid-eid", set()),
        ("bundid-elster", "bayernid-authega", set()),
        # An address in place of the card's key, no word about what was used, and no nationality: told by the proof, not by the citizen ID.
        ("bundid-eid", "sh-plus", {"bp_residence_evidence", "amr", "bp_union_citizen"}),
        # Nobody vouches for anything; one knows by which password.
        ("bundid-password", "oidc-silent", set()),
    ],
)
def test_who_proves_the_same_looks_the_same(one: str, other: str, apart: set[str]) -> None:
    first, second = released(one), released(other)
    alike = (set(first) | set(second)) - apart - {"verified_claims", "bp_attr_loa"}
    assert upper({name: first.get(name) for name in alike}) == upper({name: second.get(name) for name in alike})
    levels = [{name: level for name, level in each.get("bp_attr_loa", {}).items() if name not in apart} for each in (first, second)]
    assert levels[0] == levels[1]


def test_an_organisation_has_no_residence_and_no_age() -> None:
    found = released("muk")
    assert found["bp_subject_type"] == "organisation"
    assert found["bp_org_name"] == "Nordlichter e. V."
    assert not {"bp_resident_of", "bp_residence_evidence", "bp_age_over", "bp_age_band"} & set(found)


@pytest.mark.parametrize(
    ("name", "evidence"),
    [
        ("bundid-eid", "eid_ags"),
        ("bundid-elster", "address_match"),
        ("bundid-password", "self"),
        ("sh-plus", "address_match"),
        ("sh-password", "self"),
        ("oidc-substantial", "self"),
    ],
)
def test_residence_is_proven_as_the_citizen_id_can(name: str, evidence: str) -> None:
    found = released(name)
    assert found["bp_resident_of"] == ["01003000"]
    assert found["bp_residence_evidence"] == evidence
