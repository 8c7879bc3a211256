"""`verified_claims` holds what was really vouched for, and nothing that the tool does not get as a plain claim (OIDC4IDA; A-29, A-30)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broker.claim_table import load_claim_table
from broker.config import ROOT
from broker.core.claim import HeldClaim
from broker.core.client import Client, ClientClaim
from broker.core.errors import InvalidRequest
from broker.core.trust import TrustLevel
from broker.flows.releasing import Releasing
from broker.oidc.claims_parameter import read_claims
from tests.support.makers import client, request, session

TABLE = load_claim_table(ROOT / "realm-config" / "claim-table.yaml")
RELEASING = Releasing(TABLE)
PURPOSE = {"de": "Zweck", "en": "Purpose"}
NAMES = ("name", "bp_age_over", "verified_claims")
VERIFIED = {"verification": {"trust_framework": None}, "claims": {"given_name": None}}


def tool(*claims: str, **fields: Any) -> Client:
    registered = tuple(ClientClaim(name, PURPOSE) for name in claims)
    return client(claims=registered, scopes=("openid", *TABLE.scopes), age_thresholds=(16,), **fields)


def values(*names: str, **fields: Any) -> dict[str, Any]:
    return dict(RELEASING.values(tool(*NAMES), names, session(**fields), None))


class TestWhatIsInIt:
    def test_the_same_data_with_level_and_time(self) -> None:
        found = values(*NAMES)
        assert found["verified_claims"] == {
            "verification": {"trust_framework": "eidas", "assurance_level": "high", "time": "2026-11-26T08:50:00Z"},
            "claims": {"name": "ERIKA MUSTERMANN", "bp_age_over": [16]},
        }

    def test_each_level_has_an_object_of_its_own(self) -> None:
        held = {"name": HeldClaim("E", TrustLevel.LOW), "bp_age_over": HeldClaim([16], TrustLevel.HIGH)}
        high, low = values(*NAMES, claims=held)["verified_claims"]
        assert (high["verification"]["assurance_level"], high["claims"]) == ("high", {"bp_age_over": [16]})
        assert (low["verification"]["assurance_level"], low["claims"]) == ("low", {"name": "E"})

    def test_what_nobody_vouched_for_is_not_in_it(self) -> None:
        held = {"name": HeldClaim("E", TrustLevel.BASIC), "bp_age_over": HeldClaim([16], TrustLevel.NONE)}
        assert "verified_claims" not in values(*NAMES, claims=held)

    def test_an_address_is_never_in_it(self) -> None:
        found = RELEASING.values(tool(*NAMES, email_verified_only=False), (*NAMES, "email"), session(), None)
        assert "email" in found
        assert "email" not in json.dumps(found["verified_claims"])

    @settings(deadline=None)
    @given(
        st.dictionaries(st.sampled_from(("name", "given_name", "bp_age_band")), st.sampled_from(TrustLevel)), st.sampled_from(TrustLevel)
    )
    def test_no_level_in_it_exceeds_the_sign_in_or_the_claims_own(self, trusts: dict[str, TrustLevel], trust: TrustLevel) -> None:
        held = {name: HeldClaim("x", level) for name, level in trusts.items()}
        found = RELEASING.values(tool(*trusts, "verified_claims"), (*trusts, "verified_claims"), session(claims=held, trust=trust), None)
        verified: Any = found.get("verified_claims", [])
        for one in verified if isinstance(verified, list) else [verified]:
            level = TrustLevel.from_word(one["verification"]["assurance_level"])
            assert one["claims"]
            for name, value in one["claims"].items():
                assert level <= min(trust, trusts[name])
                assert value == found[name]

    def test_only_a_tool_that_registered_it_gets_it(self) -> None:
        assert "verified_claims" in RELEASING.claims(tool(*NAMES), request(scopes=("openid", "assurance")))
        assert "verified_claims" in RELEASING.claims(tool(*NAMES), request(scopes=("openid",), asked_userinfo=("verified_claims",)))
        assert "verified_claims" not in RELEASING.claims(tool("name"), request(scopes=("openid", "assurance")))
        assert "verified_claims" not in values("name")


def asked(*wishes: object, part: str = "userinfo") -> tuple[str, ...]:
    wish = wishes[0] if len(wishes) == 1 else list(wishes)
    return getattr(read_claims(json.dumps({part: {"email": None, "verified_claims": wish}})), part)  # type: ignore[no-any-return]


class TestAskingForIt:
    @pytest.mark.parametrize("part", ["userinfo", "id_token"])
    def test_with_the_claims_inside(self, part: str) -> None:
        assert asked(VERIFIED, part=part) == ("email", "verified_claims", "given_name")

    @pytest.mark.parametrize(
        "verification",
        [
            {"trust_framework": None},
            {"trust_framework": {"value": "eidas"}},
            {"trust_framework": {"values": ["de_aml", "eidas"]}},
            {"trust_framework": None, "assurance_level": None, "time": {}, "evidence": []},
        ],
    )
    def test_what_can_be_given(self, verification: dict[str, object]) -> None:
        assert "verified_claims" in asked({"verification": verification, "claims": {"name": None}})

    @pytest.mark.parametrize(
        "verification",
        [
            {"trust_framework": {"value": "de_aml"}},
            {"trust_framework": {"values": ["de_aml"]}},
            {"trust_framework": {"values": "eidas"}},
            {"trust_framework": None, "assurance_level": {"value": "high"}},
            {"trust_framework": None, "time": {"max_age": 60}},
            {"trust_framework": None, "evidence": [{"type": {"value": "document"}}]},
        ],
    )
    def test_what_is_insisted_on_and_not_looked_at_is_not_answered(self, verification: dict[str, object]) -> None:
        assert asked({"verification": verification, "claims": {"name": None}}) == ("email",)

    def test_of_several_the_one_that_can_be_given(self) -> None:
        other = {"verification": {"trust_framework": {"value": "de_aml"}}, "claims": {"birthdate": None}}
        assert asked(other, VERIFIED) == ("email", "verified_claims", "given_name")

    @pytest.mark.parametrize("wish", [None, 5, "yes", [], {}, {"claims": {"name": None}}, {"verification": {}, "claims": {}}, [None]])
    def test_what_is_not_of_the_form_is_refused_or_nothing(self, wish: object) -> None:
        text = json.dumps({"userinfo": {"verified_claims": wish}})
        if wish == []:
            assert read_claims(text).userinfo == ()
        else:
            with pytest.raises(InvalidRequest):
                read_claims(text)

    def test_a_request_without_end_is_refused(self) -> None:
        deep: object = {}
        for _ in range(50):
            deep = {"a": deep}
        with pytest.raises(InvalidRequest):
            asked({"verification": {"trust_framework": deep}, "claims": {"name": None}})
