"""Tools as files are planned and applied (A-31, CN-09)."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from broker.config import ROOT
from broker.core.client import ClientStatus
from broker.core.client_policy import AuthMethod
from broker.core.errors import ConfigurationError
from broker.core.ids import keyed_hash
from broker.core.trust import TrustLevel
from broker.flows.reading_clients import ClientFile, read_presets
from tests.support.makers import client
from tests.support.office import KARTE, PEPPER, PRESETS, SECRET, Office


class TestPlanAndApply:
    def test_a_new_file_is_a_new_tool_with_a_secret_shown_once(self, office: Office) -> None:
        office.file("karte", KARTE)
        assert office.plan() == ["+ create karte (Mitmachkarte, Stadt Beispiel)"]
        assert office.clients.find("karte") is None
        secrets = office.apply()
        found = office.clients.get("karte")
        assert found.secret_hash == keyed_hash(PEPPER, "karte", secrets["karte"])
        assert found.status is ClientStatus.LIVE
        assert found.needs_pkce
        assert found.sector == "karte.example.org"

    def test_the_second_time_there_is_nothing_to_do(self, office: Office) -> None:
        office.file("karte", KARTE)
        office.apply()
        before = office.clients.get("karte")
        assert office.plan() == []
        assert office.apply() == {}
        assert office.clients.get("karte") == before

    def test_a_change_is_shown_and_keeps_the_secret(self, office: Office) -> None:
        office.file("karte", KARTE)
        office.apply()
        before = office.clients.get("karte")
        office.file("karte", KARTE.replace("[operator]", 'minimum_level = "high"\n[operator]'))
        assert office.plan() == ["~ change karte minimum_trust: BASIC -> HIGH"]
        assert office.apply() == {}
        assert office.clients.get("karte") == replace(before, minimum_trust=TrustLevel.HIGH)

    def test_a_file_that_vanished_suspends_and_deletes_nothing(self, office: Office) -> None:
        path = office.file("karte", KARTE)
        office.apply()
        path.unlink()
        assert office.plan() == ["- suspend karte: its file is gone"]
        office.apply()
        assert office.clients.get("karte").status is ClientStatus.SUSPENDED
        assert office.plan() == []

    def test_a_file_that_came_back_lets_the_tool_in_again(self, office: Office) -> None:
        path = office.file("karte", KARTE)
        office.apply()
        path.unlink()
        office.apply()
        office.file("karte", KARTE)
        assert office.plan() == ["~ change karte status: suspended -> live"]

    def test_tools_registered_elsewhere_are_left_alone(self, office: Office) -> None:
        office.clients.add(client(client_id="portal", managed_by="portal"))
        assert office.plan() == []

    def test_a_file_cannot_take_over_a_tool_registered_elsewhere(self, office: Office) -> None:
        office.clients.add(client(managed_by="portal"))
        office.file("karte", KARTE)
        assert office.complains() == ["karte.toml:2: client_id: 'karte' is registered already, not by a file"]

    def test_nothing_is_written_while_anything_is_wrong(self, office: Office) -> None:
        office.file("a", KARTE.replace("karte", "other"))
        office.file("b", KARTE + "colour = 'red'\n")
        with pytest.raises(ConfigurationError):
            office.apply()
        assert office.clients.list() == ()


class TestSecrets:
    @pytest.fixture(params=["env", "file"])
    def refer(self, request: pytest.FixtureRequest, office: Office) -> Callable[[str], None]:
        """Writes the tool's file so that it refers to this secret."""

        def write(secret: str) -> None:
            office.environ["KARTE_SECRET"] = secret
            (office.folder / "secret.txt").write_text(secret + "\n")
            reference = '{ env = "KARTE_SECRET" }' if request.param == "env" else '{ file = "secret.txt" }'
            office.file("karte", KARTE.replace("[operator]", f"secret = {reference}\n[operator]"))

        return write

    def test_a_referenced_secret_is_kept_as_a_keyed_hash(self, office: Office, refer: Callable[[str], None]) -> None:
        refer(SECRET)
        assert office.apply() == {}
        assert office.clients.get("karte").secret_hash == keyed_hash(PEPPER, "karte", SECRET)

    def test_a_changed_secret_is_noticed_and_not_shown(self, office: Office, refer: Callable[[str], None]) -> None:
        refer(SECRET)
        office.apply()
        refer(SECRET + "-new")
        assert office.plan() == ["~ change karte secret: (changed)"]

    @pytest.mark.parametrize(
        "weak", ["", "short", "x" * 31, "with spaces and more than 32 characters", '{"kty":"oct","k":"AAAAAAAAAAAAAAAAAAAAAAAA"}']
    )
    def test_a_weak_secret_is_refused_and_not_repeated(self, office: Office, refer: Callable[[str], None], weak: str) -> None:
        refer(weak)
        (line,) = office.complains()
        assert line.startswith("karte.toml:7: secret: has to be at least 32")
        assert not weak or weak not in line

    def test_an_absent_secret_is_named(self, office: Office) -> None:
        office.file("karte", KARTE.replace("[operator]", 'secret = { env = "KARTE_SECRET" }\n[operator]'))
        assert office.complains() == ["karte.toml:7: secret: the environment variable KARTE_SECRET is not set"]

    def test_a_public_client_has_none(self, office: Office) -> None:
        app = KARTE.replace("https://karte.example.org/callback", "org.example.karte:/callback")
        office.file("karte", app.replace("[operator]", 'auth_method = "none"\n[operator]'))
        assert office.apply() == {}
        found = office.clients.get("karte")
        assert found.auth_method is AuthMethod.NONE
        assert found.secret_hash == ""
        assert found.needs_pkce


class TestSectors:
    def test_two_operators_never_share_a_sector_cn_09(self, office: Office) -> None:
        office.file("a", KARTE)
        office.file("b", KARTE.replace('client_id = "karte"', 'client_id = "haushalt"').replace("Stadt Beispiel", "Firma Fremd"))
        (line,) = office.complains()
        assert line.startswith("b.toml:")
        assert "is used by Stadt Beispiel already" in line

    def test_nor_with_a_tool_registered_elsewhere_cn_09(self, office: Office) -> None:
        office.clients.add(client(client_id="portal", managed_by="portal", operator=replace(client().operator, name="Firma Fremd")))
        office.file("a", KARTE)
        assert "is used by Firma Fremd already" in office.complains()[0]

    def test_one_operator_may(self, office: Office) -> None:
        office.file("a", KARTE)
        office.file(
            "b", KARTE.replace('client_id = "karte"', 'client_id = "haushalt"\nsector = "karte.example.org"').replace("//karte", "//h")
        )
        office.apply()
        assert {one.sector for one in office.clients.list()} == {"karte.example.org"}

    def test_tools_on_localhost_are_told_apart_by_port(self, office: Office) -> None:
        office.file("karte", KARTE.replace("https://karte.example.org/callback", "http://localhost:8091/callback"))
        office.apply()
        assert office.clients.get("karte").sector == "localhost:8091"

    def test_several_hosts_need_a_sector_said(self, office: Office) -> None:
        both = KARTE.replace('"https://karte.example.org/callback"', '"https://a.example.org/cb", "https://b.example.org/cb"')
        office.file("karte", both)
        assert office.complains()[0].startswith("karte.toml:5: redirect_uris: several hosts")
        office.file("karte", both.replace("[operator]", 'sector = "example.org"\n[operator]'))
        assert office.plan() == ["+ create karte (Mitmachkarte, Stadt Beispiel)"]


class TestPresets:
    @pytest.mark.parametrize("preset", ["decidim", "consul", "adhocracyplus", "nextcloud", "discourse"])
    def test_a_product_needs_its_base_address_only(self, office: Office, preset: str) -> None:
        text = KARTE.replace('redirect_uris = ["https://karte.example.org/callback"]', f'preset = "{preset}"\nslug = "stadt"')
        office.file("karte", text)
        office.apply()
        found = office.clients.get("karte")
        assert all(uri.startswith("https://karte.example.org/") for uri in found.redirect_uris)
        assert found.redirect_uris
        assert found.claims_in_id_token
        assert found.needs_pkce is (preset != "consul")
        assert found.email_verified_only

    def test_what_the_file_says_comes_first(self, office: Office) -> None:
        own = 'preset = "consul"\nscopes = ["openid"]\npkce = "required"\nemail_policy = "any"\nclaims_in_id_token = false\n[operator]'
        office.file("karte", KARTE.replace("[operator]", own))
        office.apply()
        found = office.clients.get("karte")
        assert found.redirect_uris == ("https://karte.example.org/callback",)
        assert found.scopes == ("openid",)
        assert found.needs_pkce
        assert not found.email_verified_only
        assert not found.claims_in_id_token

    def test_addresses_that_need_a_short_name_need_it_given(self, office: Office) -> None:
        office.file("karte", KARTE.replace('redirect_uris = ["https://karte.example.org/callback"]', 'preset = "adhocracyplus"'))
        assert "redirect_uris: is missing" in office.complains()[0]

    def test_each_is_named_like_its_file(self) -> None:
        assert {"decidim", "consul", "adhocracyplus", "nextcloud", "discourse", "generic"} <= set(read_presets(PRESETS))


def test_the_published_schema_is_current() -> None:
    published = json.loads((ROOT / "clients" / "client.schema.json").read_text(encoding="utf-8"))
    assert published == ClientFile.model_json_schema(), "run: broker clients schema > clients/client.schema.json"


def test_the_guides_example_is_right(office: Office) -> None:
    guide = (ROOT / "clients" / "README.md").read_text(encoding="utf-8")
    example = guide.partition("```toml\n")[2].partition("```")[0]
    office.file("mitmachen", "\n".join(line.removeprefix("   ") for line in example.splitlines()))
    assert office.plan() == ["+ create mitmachen (Mitmachen Lübeck, Hansestadt Lübeck, Stadtplanung)"]


class TestLogos:
    LOGO = KARTE + '[appearance]\nlogo_uri = "https://karte.example.org/logo.png"\n'

    def test_a_logo_is_fetched_once_and_kept(self, office: Office) -> None:
        asked: list[str] = []
        office.registering = replace(office.registering, logo_of=lambda uri: asked.append(uri) or "d" * 64)  # type: ignore[func-returns-value]
        office.file("karte", self.LOGO)
        office.apply()
        assert office.clients.get("karte").appearance.logo == "d" * 64
        assert office.plan() == []
        office.file("karte", self.LOGO.replace("logo.png", "new.png"))
        assert office.plan()[-1] == "~ change karte logo: none -> (fetched)"
        office.apply()
        assert asked == ["https://karte.example.org/logo.png", "https://karte.example.org/new.png"]

    def test_a_logo_that_cannot_be_fetched_is_told_and_tried_again(self, office: Office) -> None:
        office.file("karte", self.LOGO)
        notes = office.registering.apply(office.folder, PRESETS).notes
        assert notes == ("The logo of karte cannot be fetched; apply again when https://karte.example.org/logo.png shows one.",)
        assert office.plan() == ["~ change karte logo: none -> (fetched)"]

    def test_its_addresses_obey_the_rules(self, office: Office) -> None:
        office.file("karte", self.LOGO.replace("https://karte.example.org/logo.png", "javascript:alert(1)"))
        assert "appearance.logo_uri" in office.complains()[0]


def test_a_tool_that_proves_itself_by_a_key_gets_no_secret(office: Office) -> None:
    keys = '[keys]\njwks_uri = "https://karte.example.org/keys"\n'
    office.file("karte", KARTE.replace("[operator]", 'auth_method = "private_key_jwt"\n[operator]') + keys)
    assert office.apply() == {}
    assert office.plan() == []
