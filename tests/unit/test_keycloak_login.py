"""The broker as a client of the hub: beginning, a good answer, levels, ending (UP-12; A-29)."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from broker.core.errors import UpstreamCancelled, UpstreamRefused
from broker.core.ports import UpstreamRequest
from broker.core.trust import TrustLevel
from broker.core.upstream_errors import AttributesMissing
from tests.support.hub_scene import CLIENT, HubScene
from tests.support.stub_hub import BPK2, PROVED_BY, QAA, attribute, erika


class TestBeginning:
    def test_the_browser_carries_a_reference_only(self, hub_scene: HubScene) -> None:
        redirect = hub_scene.login.begin(UpstreamRequest("bundid", TrustLevel.HIGH, "de-leicht"))
        query = parse_qs(urlsplit(redirect.url).query)
        assert query == {"client_id": ["broker"], "request_uri": ["urn:stub:1"]}
        pushed = hub_scene.hub.pushed
        assert pushed["state"] == redirect.state
        assert pushed["nonce"] == redirect.nonce
        assert pushed["prompt"] == "login"
        assert pushed["kc_idp_hint"] == "bundid"
        assert pushed["bp_level"] == "4"
        assert pushed["ui_locales"] == "de"
        assert pushed["code_challenge_method"] == "S256"
        assert redirect.code_verifier not in pushed.values()

    def test_without_par_the_same_goes_by_the_browser(self, hub_scene: HubScene) -> None:
        hub_scene.hub.with_par = False
        redirect = hub_scene.login.begin(UpstreamRequest("bundid", TrustLevel.BASIC, "en"))
        query = parse_qs(urlsplit(redirect.url).query)
        assert query["state"] == [redirect.state]
        assert query["bp_level"] == ["1"]

    def test_the_citizen_is_really_asked_again_each_time(self, hub_scene: HubScene) -> None:
        for _ in range(2):
            hub_scene.login.begin(UpstreamRequest("bundid", TrustLevel.BASIC, "de"))
            assert hub_scene.hub.pushed["prompt"] == "login"
            assert "max_age" not in hub_scene.hub.pushed

    def test_what_the_tool_believes_to_know_is_a_hint(self, hub_scene: HubScene) -> None:
        hub_scene.login.begin(UpstreamRequest("bundid", TrustLevel.BASIC, "de", login_hint="erika@example.org"))
        assert hub_scene.hub.pushed["login_hint"] == "erika@example.org"
        hub_scene.login.begin(UpstreamRequest("bundid", TrustLevel.BASIC, "de"))
        assert "login_hint" not in hub_scene.hub.pushed

    def test_no_more_is_asked_for_than_the_claims_need(self, hub_scene: HubScene) -> None:
        hub_scene.login.begin(UpstreamRequest("bundid", TrustLevel.BASIC, "de", claims=("bp_age_over",)))
        asked = hub_scene.hub.pushed["bp_attrs"].split()
        assert BPK2.removeprefix("urn:oid:") in asked
        assert "1.2.40.0.10.2.1.1.55" in asked
        assert "2.5.4.4" not in asked

    def test_an_openid_connect_account_is_asked_for_single_claims_and_in_the_words_it_may_know(self, hub_scene: HubScene) -> None:
        hub_scene.login.begin(UpstreamRequest("oidc", TrustLevel.SUBSTANTIAL, "de", claims=("given_name",)))
        assert json.loads(hub_scene.hub.pushed["claims"]) == {"id_token": {"given_name": None, "amr": None}}
        assert hub_scene.hub.pushed["acr_values"] == "http://eidas.europa.eu/LoA/substantial STORK-QAA-Level-3"
        hub_scene.login.begin(UpstreamRequest("bundid", TrustLevel.BASIC, "de"))
        assert "claims" not in hub_scene.hub.pushed

    def test_every_secret_is_new_each_time(self, hub_scene: HubScene) -> None:
        one, two = (hub_scene.login.begin(UpstreamRequest("bundid", TrustLevel.BASIC, "de")) for _ in range(2))
        assert len({one.state, one.nonce, one.code_verifier, two.state, two.nonce, two.code_verifier}) == 6

    def test_a_request_the_hub_does_not_take_is_refused(self, hub_scene: HubScene) -> None:
        hub_scene.hub.breaks("/par", 400, b'{"error": "invalid_request"}')
        with pytest.raises(UpstreamRefused, match="invalid_request"):
            hub_scene.login.begin(UpstreamRequest("bundid", TrustLevel.BASIC, "de"))


def test_a_good_answer_becomes_one_identity(hub_scene: HubScene) -> None:
    identity = hub_scene.completes()
    assert identity.upstream_sub == "bpk2-of-erika"
    assert identity.trust is TrustLevel.HIGH
    assert identity.amr == ("sc", "pin", "mfa")
    assert identity.upstream_sid == "hub-session"
    assert identity.authenticated_at == hub_scene.clock().replace(microsecond=0)
    held = {name: claim.value for name, claim in identity.claims.items()}
    assert held == {
        "name": "ERIKA MUSTERMANN",
        "given_name": "ERIKA",
        "family_name": "MUSTERMANN",
        "email": "erika.mustermann@post.example",
        "bp_age_over": [12, 14, 16, 18, 21, 27, 60],
        "bp_age_band": [12, 14, 16, 18, 21, 27, 60],
        "bp_resident_of": ["05315000"],
        "bp_residence_evidence": "eid_ags",
    }
    assert identity.claims["email"].trust is TrustLevel.LOW
    assert hub_scene.hub.redeemed["code_verifier"] == hub_scene.proof.code_verifier
    assert hub_scene.hub.redeemed["redirect_uri"] == CLIENT.redirect_uri


class TestLevels:
    """The lowest counts, unknown is none, nothing is believed beyond what was said (UP-12)."""

    @pytest.mark.parametrize(
        ("context", "attributes", "level"),
        [
            ("STORK-QAA-Level-4", {}, TrustLevel.HIGH),
            ("stork-qaa-level-1", {}, TrustLevel.BASIC),
            ("http://eidas.europa.eu/LoA/substantial", {}, TrustLevel.SUBSTANTIAL),
            ("Substanziell", {}, TrustLevel.SUBSTANTIAL),
            ("STORK-QAA-Level-4", {QAA: attribute("STORK-QAA-Level-3")}, TrustLevel.SUBSTANTIAL),
            ("STORK-QAA-Level-1", {QAA: attribute("STORK-QAA-Level-4")}, TrustLevel.BASIC),
            ("STORK-QAA-Level-4", {QAA: {"v": ["STORK-QAA-Level-4", "STORK-QAA-Level-1"]}}, TrustLevel.BASIC),
        ],
    )
    def test_the_lowest_counts(self, hub_scene: HubScene, context: str, attributes: dict[str, Any], level: TrustLevel) -> None:
        note = {"authn_context": context, "attributes": {PROVED_BY: attribute("eID")} | attributes}
        assert hub_scene.completes(upstream=note).trust is level

    @pytest.mark.parametrize(
        "note",
        [
            {"attributes": {}},
            {"authn_context": "STORK-QAA-Level-5", "attributes": {}},
            {"authn_context": None, "attributes": {QAA: attribute("STORK-QAA-Level-4")}},
            {"authn_context": "STORK-QAA-Level-4", "attributes": {QAA: attribute("very high")}},
        ],
    )
    def test_an_unknown_level_is_no_sign_in(self, hub_scene: HubScene, note: dict[str, Any]) -> None:
        with pytest.raises(UpstreamRefused):
            hub_scene.completes(upstream=note)

    def test_no_attribute_counts_for_more_than_the_sign_in(self, hub_scene: HubScene) -> None:
        identity = hub_scene.completes(upstream=erika() | {"authn_context": "STORK-QAA-Level-2"})
        assert {claim.trust for claim in identity.claims.values()} == {TrustLevel.LOW}

    @pytest.mark.parametrize(
        ("word", "trust"), [("UNTERGEORDNET", TrustLevel.BASIC), ("Sehr hoch", TrustLevel.NONE), (None, TrustLevel.NONE)]
    )
    def test_an_attribute_counts_for_what_was_said_of_it(self, hub_scene: HubScene, word: str | None, trust: TrustLevel) -> None:
        note = erika()
        note["attributes"]["urn:oid:2.5.4.4"] = attribute("MUSTERMANN", word)
        identity = hub_scene.completes(upstream=note)
        assert identity.claims["family_name"].trust is trust
        assert identity.claims["name"].trust is trust

    @pytest.mark.parametrize(
        ("means", "mfa", "amr"),
        [
            ("Benutzername", None, ("pwd",)),
            ("Benutzername", "true", ("pwd", "mfa")),
            ("Elster", "false", ("swk", "pin", "mfa")),
            ("eID", None, ("sc", "pin", "mfa")),
            ("Handauflegen", None, ()),
        ],
    )
    def test_means_become_amr(self, hub_scene: HubScene, means: str, mfa: str | None, amr: tuple[str, ...]) -> None:
        note = erika()
        note["attributes"][PROVED_BY] = attribute(means)
        if mfa:
            note["attributes"]["urn:oid:1.3.6.1.4.1.25484.494450.7"] = attribute(mfa)
        assert hub_scene.completes(upstream=note).amr == amr

    def test_spaces_in_attribute_names_do_no_harm(self, hub_scene: HubScene) -> None:
        note = erika()
        note["attributes"]["urn:oid: 2.5.4.42"] = note["attributes"].pop("urn:oid:2.5.4.42")
        assert hub_scene.completes(upstream=note).claims["given_name"].value == "ERIKA"


class TestAttributesThatAreMissing:
    """What a citizen ID could not give is handed up as claims, so that a page can name it (citizen IDs 2.4)."""

    @pytest.mark.parametrize(
        ("names", "claims"),
        [
            ("urn:oid:1.3.6.1.4.1.25484.494450.5", ("bp_resident_of", "bp_residence_evidence")),
            ("urn:oid:2.5.4.42 urn:oid:1.2.40.0.10.2.1.1.55", ("name", "given_name", "bp_age_over")),
            (BPK2, ("upstream_key",)),
            ("urn:oid:9.9.9 <script>", ()),
            ("", ()),
        ],
    )
    def test_they_are_named_by_the_claim_table(self, hub_scene: HubScene, names: str, claims: tuple[str, ...]) -> None:
        with pytest.raises(AttributesMissing) as missing:
            hub_scene.answered(error="access_denied", error_description=f"IDP_REQUIRED_ATTRIBUTES_MISSING {names}")
        assert set(claims) <= set(missing.value.claims)
        assert bool(missing.value.claims) == bool(claims)
        assert "urn:oid" not in str(missing.value)

    @pytest.mark.parametrize("description", ["", "Cancelled.", "XIDP_REQUIRED_ATTRIBUTES_MISSING urn:oid:2.5.4.42"])
    def test_any_other_no_is_a_no(self, hub_scene: HubScene, description: str) -> None:
        with pytest.raises(UpstreamCancelled) as refused:
            hub_scene.answered(error="access_denied", error_description=description)
        assert not isinstance(refused.value, AttributesMissing)


class TestEndingTheSession:
    def test_the_hub_is_told_with_its_own_token(self, hub_scene: HubScene) -> None:
        assert hub_scene.login.end_session("the-id-token") is True
        assert hub_scene.hub.logouts == [{"id_token_hint": "the-id-token", "client_id": "broker"}]

    def test_a_hub_that_is_away_stops_nothing(self, hub_scene: HubScene) -> None:
        hub_scene.hub.breaks("/logout", 503)
        assert hub_scene.login.end_session("the-id-token") is False
