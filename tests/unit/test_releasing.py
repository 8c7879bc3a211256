"""What leaves and what stands in it (citizen IDs 6; A-39, CN-04, CN-08)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from broker.claim_table import load_claim_table
from broker.config import ROOT
from broker.core.claim import HeldClaim, ReleaseClass
from broker.core.client import Client, ClientClaim
from broker.core.client_policy import ClaimPolicy
from broker.core.trust import TrustLevel
from broker.flows.releasing import Releasing
from tests.support.makers import NOW, client, request, session

TABLE = load_claim_table(ROOT / "realm-config" / "claim-table.yaml")
RELEASING = Releasing(TABLE)
PURPOSE = {"de": "Zweck", "en": "Purpose"}


def tool(*claims: str, **fields: object) -> Client:
    return client(claims=tuple(ClientClaim(name, PURPOSE) for name in claims), scopes=("openid", *TABLE.scopes), **fields)


def values(of: Client, *claims: str, **fields: object) -> dict[str, object]:
    return dict(RELEASING.values(of, claims, session(**fields), "heide-otter-1234"))


class TestWhichClaims:
    def test_scope_alone_never_gives_a_purpose_bound_claim_cn_08(self) -> None:
        everything = request(scopes=("openid", *TABLE.scopes))
        names = RELEASING.claims(tool(email_verified_only=False), everything)
        assert set(names) == {"preferred_username", "nickname", "locale", "email", "email_verified", "amr"}
        assert all(TABLE[name].release is ReleaseClass.SCOPE for name in names)

    def test_raw_input_never_leaves_cn_08(self) -> None:
        never = [name for name, row in TABLE.definitions.items() if row.release is ReleaseClass.NEVER]
        greedy = tool(*never, release_without_scope=tuple(never))
        asked = request(scopes=("openid", *TABLE.scopes), asked_userinfo=tuple(never), asked_id_token=tuple(never))
        assert never
        assert not set(never) & set(RELEASING.claims(greedy, asked))

    def test_a_registered_claim_needs_its_scope_or_to_be_asked_for(self) -> None:
        registered = tool("name")
        assert "name" in RELEASING.claims(registered, request(scopes=("openid", "profile")))
        assert "name" not in RELEASING.claims(registered, request(scopes=("openid",)))
        assert "name" in RELEASING.claims(registered, request(scopes=("openid",), asked_userinfo=("name",)))

    def test_an_address_nobody_confirmed_is_not_sent_unless_the_tool_takes_it(self) -> None:
        asked = request(scopes=("openid", "email"))
        assert RELEASING.claims(tool(), asked) == ()
        assert RELEASING.claims(tool(email_verified_only=False), asked) == ("email", "email_verified")

    def test_the_id_token_gets_them_by_the_tools_switch_or_by_asking(self) -> None:
        names = ("name", "preferred_username")
        assert RELEASING.id_token_claims(tool("name"), request(), names) == ()
        assert RELEASING.id_token_claims(tool("name"), request(asked_id_token=("name", "birthdate")), names) == ("name",)
        assert RELEASING.id_token_claims(tool("name", claims_in_id_token=True), request(), names) == names


class TestValues:
    def test_pseudonym_and_language(self) -> None:
        found = values(tool(), "preferred_username", "nickname", "locale")
        assert found == {
            "preferred_username": "heide-otter-1234",
            "nickname": "heide-otter-1234",
            "locale": "de",
            "bp_subject_type": "person",
        }

    def test_what_is_not_known_is_absent(self) -> None:
        assert values(tool("given_name"), "given_name") == {"bp_subject_type": "person"}

    def test_the_citizen_ids_address_is_never_called_verified(self) -> None:
        found = values(tool(email_verified_only=False), "email", "email_verified")
        assert found["email"] == "erika@post.example"
        assert found["email_verified"] is False

    def test_no_address_no_statement_about_it(self) -> None:
        assert "email_verified" not in values(tool(email_verified_only=False), "email", "email_verified", claims={})

    def test_ages_are_cut_to_the_tools_own(self) -> None:
        assert values(tool("bp_age_over", age_thresholds=(16, 65)), "bp_age_over")["bp_age_over"] == [16]

    @pytest.mark.parametrize(
        ("municipalities", "told"),
        [
            (("05315000",), ["05315000"]),
            (("05315", "01003000"), ["05315"]),  # a district: the village is not told
            (("01003000",), []),
        ],
    )
    def test_residence_is_cut_to_the_tools_own(self, municipalities: tuple[str, ...], told: list[str]) -> None:
        found = values(tool("bp_resident_of", municipalities=municipalities), "bp_resident_of")
        assert found["bp_resident_of"] == told

    def test_unproven_residence_is_told_only_beside_its_evidence(self) -> None:
        typed_in = {
            "bp_resident_of": HeldClaim(["01003000"], TrustLevel.BASIC),
            "bp_residence_evidence": HeldClaim("self", TrustLevel.BASIC),
        }
        asking = tool("bp_resident_of", "bp_residence_evidence", municipalities=("01003000",))
        assert "bp_resident_of" not in values(asking, "bp_resident_of", claims=typed_in)
        found = values(asking, "bp_resident_of", "bp_residence_evidence", claims=typed_in)
        assert found["bp_resident_of"] == ["01003000"]
        assert found["bp_residence_evidence"] == "self"

    def test_the_day_of_the_proof_is_the_day_in_germany(self) -> None:
        late = session(authenticated_at=NOW.replace(hour=23, minute=30), last_seen_at=NOW.replace(hour=23, minute=30))
        found = RELEASING.values(tool("bp_resident_of", municipalities=("05315000",)), ("bp_resident_of", "bp_residence_as_of"), late, None)
        assert found["bp_residence_as_of"] == (NOW + timedelta(days=1)).date().isoformat()

    @pytest.mark.parametrize(
        ("minimum", "evidence", "trust", "told"),
        [
            ("address_match", "address_match", TrustLevel.SUBSTANTIAL, True),
            ("address_match", "eid_ags", TrustLevel.HIGH, True),
            ("eid_ags", "address_match", TrustLevel.SUBSTANTIAL, False),
            ("voucher", "voucher", TrustLevel.BASIC, True),
            ("voucher", "self", TrustLevel.BASIC, False),
            ("address_match", "voucher", TrustLevel.BASIC, False),
            ("self", "self", TrustLevel.BASIC, True),
            ("address_match", "eid_ags", TrustLevel.LOW, False),  # what proves nothing any more is nobody's word
            ("address_match", "a new word", TrustLevel.HIGH, False),
        ],
    )
    def test_a_tool_sets_how_well_residence_must_be_proven(self, minimum: str, evidence: str, trust: TrustLevel, told: bool) -> None:
        of = tool("bp_resident_of", municipalities=("01003000",), claim_policy=ClaimPolicy(minimum_evidence=minimum))
        held = {"bp_resident_of": HeldClaim(["01003000"], trust), "bp_residence_evidence": HeldClaim(evidence, trust)}
        assert ("bp_resident_of" in values(of, "bp_resident_of", claims=held)) is told

    def test_evidence_never_says_more_than_the_session_is_worth(self) -> None:
        of = tool("bp_resident_of", "bp_residence_evidence", municipalities=("05315000",))
        found = values(of, "bp_resident_of", "bp_residence_evidence", trust=TrustLevel.BASIC)
        assert found["bp_residence_evidence"] == "self"

    @pytest.mark.parametrize(
        ("as_of", "told"),
        [("2026-11-26", True), ("2026-08-28", True), ("2026-08-27", False), ("2026-11-27", False), ("of old", False)],
    )
    def test_a_proof_of_residence_lasts_90_days(self, as_of: str, told: bool) -> None:
        of = tool("bp_resident_of", "bp_residence_evidence", "bp_residence_as_of", municipalities=("01003000",))
        details = ("bp_resident_of", "bp_residence_evidence", "bp_residence_as_of")
        held = dict(zip(details, (HeldClaim(value, TrustLevel.BASIC) for value in (["01003000"], "voucher", as_of)), strict=True))
        found = values(of, *details, claims=held)
        assert [found.get(name) for name in details] == ([["01003000"], "voucher", as_of] if told else [None, None, None])

    @pytest.mark.parametrize(
        ("known", "bands", "told"),
        [
            ([12, 14, 16], ("14-17", "18-26"), "14-17"),
            ([12, 14, 16, 18], ("14-17", "18-26"), "18-26"),
            ([12, 14, 16, 18, 21, 27], ("14-17", "18-26"), None),
            ([12, 14, 16, 18, 21, 27, 60, 65], ("0-13", "65+"), "65+"),
            ([12], ("0-13", "65+"), "0-13"),
            ([], ("14-17",), None),
            ("14-17", ("14-17", "18-26"), "14-17"),  # as a voucher says it
            ("14-15", ("14-17", "18-26"), None),
        ],
    )
    def test_only_the_tools_own_age_groups_are_told(self, known: list[int] | str, bands: tuple[str, ...], told: str | None) -> None:
        held = {"bp_age_band": HeldClaim(known, TrustLevel.HIGH)}
        of = tool("bp_age_band", claim_policy=ClaimPolicy(age_bands=bands))
        assert values(of, "bp_age_band", claims=held).get("bp_age_band") == told

    def test_each_purpose_bound_claim_says_how_well_it_is_proven(self) -> None:
        found = values(tool("name", "bp_resident_of", municipalities=("05315000",)), "name", "bp_resident_of", trust=TrustLevel.SUBSTANTIAL)
        substantial = TrustLevel.SUBSTANTIAL.acr
        assert found["bp_attr_loa"] == {"name": substantial, "bp_resident_of": substantial}

    def test_a_password_accounts_name_is_self_asserted(self) -> None:
        typed_in = {"name": HeldClaim("Erika", TrustLevel.BASIC)}
        assert values(tool("name"), "name", claims=typed_in)["bp_attr_loa"] == {"name": "self"}


class TestWording:
    def test_a_claim_or_purpose_more_is_another_wording_cn_04(self) -> None:
        one = tool("name")
        reworded = replace(one, claims=(ClientClaim("name", {"de": "Anderer Zweck", "en": "Purpose"}),))
        versions = {Releasing(TABLE).text_version(each) for each in (one, tool("name", "family_name"), reworded)}
        assert len(versions) == 3

    def test_asking_for_less_and_other_changes_of_the_record_are_none(self) -> None:
        one = tool("name")
        assert Releasing(TABLE).text_version(one) == Releasing(TABLE).text_version(replace(one, redirect_uris=("https://x.example/",)))

    def test_a_changed_record_is_noticed(self) -> None:
        releasing = Releasing(TABLE)
        assert releasing.text_version(tool("name")) != releasing.text_version(tool("family_name"))


def test_the_citizen_id_is_asked_for_what_the_tool_in_front_may_get() -> None:
    assert RELEASING.upstream_claims(tool("bp_age_over", "given_name", age_thresholds=(16,)), "bundid") == ("given_name", "bp_age_over")
    assert RELEASING.upstream_claims(tool("given_name"), "nobody") == ()


def test_a_tool_for_a_pseudonym_only_asks_the_citizen_id_for_nothing() -> None:
    assert RELEASING.upstream_claims(tool("preferred_username"), "bundid") == ()


def test_needed_is_what_the_tool_asked_for_cannot_do_without_and_the_citizen_id_can_give() -> None:
    one = tool("given_name", "bp_age_over", age_thresholds=(16,))
    one = replace(one, claims=(*one.claims, ClientClaim("family_name", {}, required=False), ClientClaim("preferred_username", {})))
    asked = ("preferred_username", "family_name", "bp_age_over")
    assert RELEASING.needed(one, asked, "bundid") == ("bp_age_over",)
    assert RELEASING.needed(one, asked, "nobody") == ()
