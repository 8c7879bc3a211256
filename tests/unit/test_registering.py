"""Tools as files: what is wrong is told with file and line, what is right is planned and applied (A-01, A-31, CN-09, RU-04, RU-07)."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from broker.claim_table import load_claim_table
from broker.config import ROOT
from broker.core.client import ClientStatus, SecretMethod
from broker.core.errors import ConfigurationError
from broker.core.ids import keyed_hash
from broker.core.trust import TrustLevel
from broker.flows.reading_clients import ClientFile, read_presets
from broker.flows.registering import Registering
from broker.store.clients import Clients
from broker.store.providers import Providers
from broker.store.sql import Database
from tests.support.makers import client, provider

TABLE = load_claim_table(ROOT / "realm-config" / "claim-table.yaml")
PRESETS = ROOT / "clients" / "presets"
PEPPER = bytes(32)
SECRET = "a-secret-of-the-town-hall-0123456789"

KARTE = """
client_id = "karte"
name = "Mitmachkarte"
base_url = "https://karte.example.org"
redirect_uris = ["https://karte.example.org/callback"]

[operator]
name = "Stadt Beispiel"
"""


class Office:
    """Where tools are registered: a folder of files, and what is on record."""

    def __init__(self, folder: Path, database: Database) -> None:
        self.folder = folder
        self.environ: dict[str, str] = {}
        self.clients = Clients(database, seconds=0)
        providers = Providers(database, seconds=0)
        providers.replace_all([provider("bundid"), provider("sh", trust_ceiling=TrustLevel.SUBSTANTIAL)])
        self.registering = Registering(self.clients, providers, TABLE, PEPPER, self.environ)

    def file(self, name: str, text: str) -> Path:
        path = self.folder / f"{name}.toml"
        path.write_text(text, encoding="utf-8")
        return path

    def plan(self) -> list[str]:
        return self.registering.plan(self.folder, PRESETS).lines()

    def apply(self) -> dict[str, str]:
        return dict(self.registering.apply(self.folder, PRESETS).secrets)

    def complains(self) -> list[str]:
        """What is wrong, as `line: key: sentence` per file."""
        with pytest.raises(ConfigurationError) as caught:
            self.plan()
        return [line.removeprefix(f"{self.folder}/") for line in caught.value.detail.splitlines()]


@pytest.fixture
def office(tmp_path: Path, quick_database: Database) -> Office:
    folder = tmp_path / "registered"
    folder.mkdir()
    return Office(folder, quick_database)


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
        office.file("karte", app.replace("[operator]", 'secret_method = "none"\n[operator]'))
        assert office.apply() == {}
        found = office.clients.get("karte")
        assert found.secret_method is SecretMethod.NONE
        assert found.secret_hash == ""
        assert found.needs_pkce


class TestWhatIsWrongIsNamed:
    @pytest.mark.parametrize(
        ("old", "new", "line"),
        [
            ('base_url =', 'colour = "red"\nbase_url =', "4: colour: unknown key"),
            ('name = "Mitmachkarte"', "", "1: name: is missing"),
            ('name = "Mitmachkarte"', "name = 5", "3: name: Input should be a valid string"),
            ('"karte"', '"kar te"', "2: client_id: String should match"),
            ('base_url =', 'preset = "wiki"\nbase_url =', "4: preset: no such preset"),
            ('base_url =', 'minimum_level = "gold"\nbase_url =', "4: minimum_level: Input should be"),
            ('base_url =', 'scopes = ["openid",\n"phone"]\nbase_url =', "4: scopes.1: unknown scope 'phone'"),
            ('base_url =', 'scopes = ["profile"]\nbase_url =', "4: scopes: has to contain openid"),
            ('base_url =', 'allowed_providers = ["evil"]\nbase_url =', "4: allowed_providers.0: no citizen ID 'evil'"),
            ('base_url =', 'allowed_providers = ["sh"]\nminimum_level = "high"\nbase_url =', "5: minimum_level: no citizen ID that"),
            ('base_url =', 'age_thresholds = [17]\nbase_url =', "4: age_thresholds.0: 17 is not offered"),
            ('base_url =', 'municipalities = ["Köln"]\nbase_url =', "4: municipalities.0: 'Köln' is no AGS"),
            ('base_url =', 'secret_method = "none"\npkce = "waived"\nbase_url =', "5: pkce: cannot be waived"),
            ('[operator]', '[operator]\nhomepage = "x"', "8: operator.homepage: unknown key"),
            ('[operator]', '[[claims]]\nname = "shoe_size"\npurpose = TEXTS\n[operator]', "8: claims.0.name: 'shoe_size' is no claim"),
            ('[operator]', '[[claims]]\nname = "birthdate"\npurpose = TEXTS\n[operator]', "8: claims.0.name: 'birthdate' is no claim"),
            ('[operator]', '[[claims]]\nname = "name"\n[operator]', "7: claims.0.purpose: say in German"),
            ('[operator]', '[[claims]]\nname = "name"\n[claims.purpose]\nen = "P"\n[operator]', "9: claims.0.purpose: say in German"),
        ],
    )  # fmt: skip
    def test_with_file_and_line(self, office: Office, old: str, new: str, line: str) -> None:
        office.file("karte", KARTE.replace(old, new.replace("TEXTS", '{ de = "Z", en = "P" }'), 1))
        complaints = office.complains()
        assert any(one.startswith(f"karte.toml:{line}") for one in complaints), complaints

    def test_broken_toml_is_named_with_its_line(self, office: Office) -> None:
        office.file("karte", 'client_id = "karte\n')
        (line,) = office.complains()
        assert line.startswith("karte.toml: not TOML:")
        assert "line 1" in line

    @pytest.mark.parametrize(
        "uri",
        [
            "http://karte.example.org/callback",
            "https://karte.example.org/callback#here",
            "https://user@karte.example.org/callback",
            "https://karte.example.org@evil.test/callback",
            "http://127.0.0.1:80@evil.test/callback",
            "http://localhost.evil.test/callback",
            "https://*.example.org/callback",
            "https://karte.example.org/*",
            "https://karte.example.org:99999/callback",
            "javascript:alert(1)",
            "data:text/html,x",
            "JaVaScRiPt:alert(1)",
            "myapp:/callback",
            "org.example.karte:/callback",
            "//karte.example.org/callback",
            "/callback",
            "karte.example.org",
            "https://karte.example.org\\\\@evil.test/",
            "https://kärte.example.org/",
            "",
        ],
    )
    def test_bad_redirect_uris_are_refused_ru_04_ru_07(self, office: Office, uri: str) -> None:
        office.file("karte", KARTE.replace("https://karte.example.org/callback", uri))
        assert [line for line in office.complains() if line.startswith("karte.toml:5: redirect_uris.0:")]

    @pytest.mark.parametrize(
        "uri",
        [
            "http://localhost:8091/callback",
            "http://127.0.0.1/cb",
            "http://[::1]:5000/cb",
            "https://x.example/cb?a=b",
            "https://x.example:8443/cb",
        ],
    )
    def test_good_redirect_uris_are_taken_as_they_are(self, office: Office, uri: str) -> None:
        office.file("karte", KARTE.replace("https://karte.example.org/callback", uri))
        office.apply()
        assert office.clients.get("karte").redirect_uris == (uri,)

    def test_a_doubled_id_is_refused_across_files(self, office: Office) -> None:
        office.file("a", KARTE)
        office.file("b", KARTE)
        assert office.complains() == ["b.toml:2: client_id: 'karte' stands in a.toml already"]

    def test_everything_wrong_is_told_at_once(self, office: Office) -> None:
        office.file("a", KARTE + "homepage = 1\n")
        office.file("b", KARTE.replace('"karte"', "5"))
        assert [line.split(":")[0] for line in office.complains()] == ["a.toml", "b.toml"]


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
