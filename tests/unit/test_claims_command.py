"""`broker claims explain`, `plan`, `apply`: recorded sign-ins explained tool by tool; a table must not take what a tool requires."""

from __future__ import annotations

import base64
import json
import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from broker.app import build_parts
from broker.claim_table import load_claim_table
from broker.cli import main
from broker.config import ROOT
from broker.core.client import Client, ClientClaim, ClientStatus
from broker.core.errors import ConfigurationError
from broker.core.trust import TrustLevel
from broker.store.applied_claims import AppliedClaims
from broker.store.clients import Clients
from broker.store.providers import Providers
from broker.store.sql import Database
from tests.support.app import settings
from tests.support.makers import NOW, client, provider

TABLE = ROOT / "realm-config" / "claim-table.yaml"
RECORDING = Path(__file__).parent / "recordings" / "bundid-eid.xml"
PURPOSE = {"de": "Zweck", "en": "Purpose"}


pytestmark = pytest.mark.usefixtures("command_environment")


@pytest.fixture
def tools(quick_database: Database) -> Clients:
    """Two tools and one citizen ID on record."""
    clients = Clients(quick_database, seconds=0)
    clients.add(tool("karte", "bp_resident_of", "bp_residence_evidence", municipalities=("05315000",)))
    clients.add(tool("wahl", "email", "bp_shoe_size", "birthdate"))
    Providers(quick_database).replace_all([provider("bundid")])
    return clients


def tool(client_id: str, *claims: str, **fields: object) -> Client:
    registered = tuple(ClientClaim(name, PURPOSE) for name in claims)
    usual = {"scopes": ("openid", "profile", "eligibility"), "sector": f"{client_id}.example.org"}
    return client(client_id=client_id, claims=registered, **{**usual, **fields})


def claims(*arguments: str, recorded: str | bytes = "") -> Result:
    return CliRunner().invoke(main, ["claims", *arguments], input=recorded)


def explained(recorded: str | bytes, *arguments: str) -> dict[str, object]:
    result = claims("explain", "--provider", "bundid", "--json", *arguments, recorded=recorded)
    assert result.exit_code == 0, result.output
    return dict(json.loads(result.output))


@pytest.mark.usefixtures("tools")
class TestExplaining:
    def test_each_tool_gets_its_claims_with_a_reason(self) -> None:
        found = explained(RECORDING.read_text())

        assert (found["level"], found["amr"]) == ("high", ["sc", "pin", "mfa"])
        karte = found["tools"]["karte"]["claims"]  # type: ignore[index]
        assert karte["bp_resident_of"]["value"] == ["05315000"]
        assert karte["bp_resident_of"]["reason"].endswith("by ags_from_community_id; vouched for: high")
        assert karte["bp_residence_evidence"]["value"] == "eid_ags"

    def test_what_a_tool_does_not_get_has_its_reason_too(self) -> None:
        wahl = explained(RECORDING.read_text())["tools"]["wahl"]["claims"]  # type: ignore[index]

        assert wahl["email"] == {"value": None, "reason": "the tool takes confirmed addresses only"}
        assert wahl["bp_shoe_size"] == {"value": None, "reason": "the claim table does not know this claim"}
        assert wahl["birthdate"] == {"value": None, "reason": "never leaves the broker (class X)"}

    def test_people_read_it_line_by_line(self) -> None:
        result = claims("explain", "--provider", "bundid", "--tool", "karte", str(RECORDING))

        assert result.exit_code == 0, result.output
        assert result.output.startswith("bundid: level high, sc pin mfa, 2026-11-20T10:00:00+00:00\n")
        assert re.search(r'^  \+ bp_resident_of +\["05315000"\]   urn:oid:\S+ by ags_from_community_id', result.output, re.MULTILINE)
        assert "(wahl)" not in result.output

    def test_absent_odd_and_doubled_attributes_are_told_apart(self) -> None:
        text = RECORDING.read_text()
        place = re.search(r"   <saml2:Attribute Name=\"urn:oid:1.3.6.1.4.1.25484.494450.5\".*\n", text)
        assert place
        reasons = {
            variant: explained(changed, "--tool", "karte")["tools"]["karte"]["claims"]["bp_resident_of"]["reason"]  # type: ignore[index]
            for variant, changed in {
                "absent": text.replace(place[0], ""),
                "odd": text.replace("02760503150000", "02500503150000"),
                "doubled": text.replace(place[0], place[0] + place[0].replace("0315", "0312")),
            }.items()
        }
        assert reasons["absent"].startswith("the citizen ID did not give urn:oid:")
        assert reasons["odd"].startswith("ags_from_community_id makes nothing of what")
        assert reasons["doubled"].startswith("several values of")

    def test_another_table_and_another_day_can_be_tried_out(self, tmp_path: Path, tools: Clients) -> None:
        tools.add(tool("jugend", "bp_age_over", age_thresholds=(16, 60)))
        other = changed_table(tmp_path, "transform: ages_reached", "transform: text")

        def ages(*arguments: str) -> object:
            return explained(RECORDING.read_text(), *arguments)["tools"]["jugend"]["claims"]["bp_age_over"]["value"]  # type: ignore[index]

        assert ages() == [16, 60]
        assert ages("--at", "2024-08-11") == [16]
        assert ages("--claim-table", str(other)) != [16, 60]

    def test_a_tool_that_this_sign_in_would_not_open_says_why(self, tools: Clients) -> None:
        tools.add(tool("sh-only", allowed_providers=("sh",)))
        low = RECORDING.read_text().replace(">STORK-QAA-Level-4<", ">STORK-QAA-Level-1<")
        tools.add(tool("streng", minimum_trust=TrustLevel.HIGH))

        found = explained(low)["tools"]

        assert found["sh-only"]["refused"] == "this citizen ID is not allowed for the tool"  # type: ignore[index]
        assert found["streng"]["refused"] == "the tool demands high, the sign-in reached basic"  # type: ignore[index]

    def test_a_posted_response_and_the_hubs_note_say_the_same(self) -> None:
        posted = base64.b64encode(RECORDING.read_bytes()).decode()
        bpk2, place = "urn:oid:1.3.6.1.4.1.25484.494450.3", "urn:oid:1.3.6.1.4.1.25484.494450.5"
        attributes = {bpk2: {"t": "NORMAL", "v": ["x"]}, place: {"t": "HOCH", "v": ["02760503150000"]}}
        note = {"authn_context": "STORK-QAA-Level-4", "authn_instant": "2026-11-20T10:00:00Z", "attributes": attributes}

        first = explained(posted, "--tool", "karte")["tools"]
        assert first == explained(RECORDING.read_text(), "--tool", "karte")["tools"]
        assert explained(json.dumps({"upstream": note}), "--tool", "karte")["tools"] == first

    @pytest.mark.parametrize(
        ("recorded", "sentence"),
        [
            ("", "it is empty"),
            ("no recording at all", "neither XML, nor JSON"),
            ("{]", "not the JSON it looks like"),
            ("a.b.c", "not an ID token"),
            ("<saml", "no XML that can be read"),
            ('<!DOCTYPE x [<!ENTITY e "e">]><x>&e;</x>', "document types and entities are not allowed"),
            ("<x/>", "0 SAML assertions"),
            (b"\xff\xfe", "not UTF-8"),
            ("<" + "x" * 1024 * 1024, "larger than"),
            ('<x xmlns:s="urn:oasis:names:tc:SAML:2.0:assertion"><s:EncryptedAssertion/></x>', "the assertion in it is encrypted"),
            (
                '<x xmlns:p="urn:oasis:names:tc:SAML:2.0:protocol"><p:StatusCode Value="urn:x:status:Requester"/></x>',
                "a refusal (Requester)",
            ),
        ],
    )
    def test_what_is_no_recording_is_told_in_one_sentence(self, recorded: str | bytes, sentence: str) -> None:
        result = claims("explain", "--provider", "bundid", recorded=recorded)

        assert result.exit_code == 1
        assert sentence in result.output
        assert "Traceback" not in result.output

    def test_unknown_names_are_told(self) -> None:
        assert "knows bayernid, bundid" in claims("explain", "--provider", "bundesid", recorded=RECORDING.read_text()).output
        assert "There is no tool 'x'" in claims("explain", "--provider", "bundid", "--tool", "x", str(RECORDING)).output


def changed_table(folder: Path, old: str, new: str) -> Path:
    text = TABLE.read_text()
    assert old in text
    path = folder / "claim-table.yaml"
    path.write_text(text.replace(old, new))
    shutil.copy(TABLE.with_name("municipalities.yaml"), folder)
    return path


@pytest.mark.usefixtures("tools")
class TestChangingTheTable:
    def test_the_first_table_is_applied_and_then_nothing_is_to_do(self) -> None:
        assert claims("plan").exit_code == 2
        assert claims("apply").output.startswith("+ the first claim table")
        assert claims("apply").output == "The claim table is the one applied last; nothing to change.\n"
        assert claims("plan").exit_code == 0

    def test_every_difference_is_shown_before_it_counts(self, tmp_path: Path) -> None:
        claims("apply")
        table = changed_table(tmp_path, "Ihr Vorname und Ihr Nachname,", "Vorname und Nachname,")

        result = claims("plan", "--claim-table", str(table))

        assert result.exit_code == 2
        assert result.output.startswith("~ claims.name.sentences.de: Ihr Vorname und Ihr Nachname")
        assert "!" not in result.output

    def test_a_required_claim_is_not_taken_from_a_live_tool(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quick_database: Database
    ) -> None:
        claims("apply")
        gone = changed_table(tmp_path, "  bp_resident_of:\n    type: string[]\n    release: P\n    scope: eligibility", NEVER)

        planned = claims("plan", "--claim-table", str(gone))
        monkeypatch.setenv("BROKER_CLAIM_TABLE", str(gone))
        refused = claims("apply")

        assert "! karte requires bp_resident_of, which it would no longer get of bundid" in planned.output
        assert refused.exit_code == 1
        assert "karte requires bp_resident_of" in refused.output
        kept = AppliedClaims(quick_database).find()
        assert kept == load_claim_table(TABLE)

    def test_a_process_does_not_start_with_such_a_table(self, tmp_path: Path, sqlite_url: str, tools: Clients) -> None:
        claims("apply")
        gone = changed_table(tmp_path, "  bp_resident_of:\n    type: string[]\n    release: P\n    scope: eligibility", NEVER)
        parts = build_parts(settings(sqlite_url, "fake://", claim_table=gone))

        with pytest.raises(ConfigurationError, match="karte requires bp_resident_of"):
            parts.check()

        for one in tools.list():
            tools.replace(tool(one.client_id, *one.registered_claims, status=ClientStatus.SUSPENDED))
        build_parts(settings(sqlite_url, "fake://", claim_table=gone)).check()

    def test_ages_that_a_tool_asks_about_stay(self, tmp_path: Path, tools: Clients) -> None:
        tools.add(tool("jugend", "bp_age_over", age_thresholds=(27,)))
        claims("apply")

        planned = claims("plan", "--claim-table", str(changed_table(tmp_path, "21, 27, 60", "21, 60")))

        assert "! jugend asks whether citizens are 27, which would no longer be looked at" in planned.output

    def test_the_applied_table_is_kept_whole(self, quick_database: Database) -> None:
        table = load_claim_table(TABLE)
        AppliedClaims(quick_database).replace(table, NOW)

        assert AppliedClaims(quick_database).find() == table


NEVER = "  bp_resident_of:\n    type: string[]\n    release: X"
