"""What is wrong in a tool's file is told with file and line (A-01, RU-04, RU-07)."""

from __future__ import annotations

import pytest

from tests.support.office import KARTE, Office


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
            ('base_url =', 'age_bands = ["14-17", "18-26"]\nage_thresholds = [16]\nbase_url =', "4: age_bands: cannot stand beside"),
            ('base_url =', 'age_bands = ["14-18"]\nbase_url =', "4: age_bands.0: '14-18' would need the age 19"),
            ('base_url =', 'age_bands = ["13-17"]\nbase_url =', "4: age_bands.0: '13-17' would need the age 13"),
            ('base_url =', 'age_bands = ["14-17", "16-20"]\nbase_url =', "4: age_bands: groups must not overlap"),
            ('base_url =', 'age_bands = ["young"]\nbase_url =', "4: age_bands.0: 'young' is no age group"),
            ('base_url =', 'age_bands = ["17-14"]\nbase_url =', "4: age_bands.0: '17-14' ends before"),
            ('base_url =', 'minimum_evidence = "rumour"\nbase_url =', "4: minimum_evidence: Input should be"),
            ('base_url =', 'municipalities = ["Köln"]\nbase_url =', "4: municipalities.0: 'Köln' is no AGS"),
            ('base_url =', 'auth_method = "none"\npkce = "waived"\nbase_url =', "5: pkce: cannot be waived"),
            ('[operator]', '[logout]\nfrontchannel_uri = "https://evil.test/out"\n[operator]', "8: logout.frontchannel_uri: 'https://evil"),
            ('[operator]', '[logout]\nisolated_session = true\nmay_stay_elsewhere = true\n[operator]', "9: logout.may_stay_elsewhere: is"),
            ('[operator]', '[login_start]\nurl = "javascript:x"\n[operator]', "8: login_start.url: 'javascript:x'"),
            ('[operator]', '[login_start]\nmethod = "PUT"\n[operator]', "8: login_start.method: Input should be"),
            ('[operator]', '[tokens]\ndpop_bound = true\ncertificate_bound = true\n[operator]', "9: tokens.certificate_bound: tokens are"),
            ('[operator]', '[tokens]\ndpop_nonce = true\ncertificate_bound = true\n[operator]', "8: tokens.dpop_nonce: is of no use"),
            ('[operator]', '[tokens]\ngrant_types = ["refresh_token"]\n[operator]', "8: tokens.grant_types: refresh_token comes with"),
            ('[operator]', '[tokens]\nrefresh_with_session = true\n[operator]', "8: tokens.refresh_with_session: needs refresh_token"),
            ('base_url =', 'scopes = ["openid", "offline_access"]\nbase_url =', "4: scopes: offline_access needs refresh_token"),
            ('[operator]', '[tokens]\nresource = "https://api.test/#x"\n[operator]', "8: tokens.resource: 'https://api.test/#x' has"),
            ('[operator]', '[tokens]\nresource = "https://["\n[operator]', "8: tokens.resource: 'https://[' has"),
            ('[operator]', '[tokens]\nresources = ["https://api.test"]\n[operator]', "8: tokens.resources: 'https://api.test' is not"),
            ('[operator]', '[operator]\nhomepage = "x"', "8: operator.homepage: unknown key"),
            ('[operator]', '[[claims]]\nname = "shoe_size"\npurpose = TEXTS\n[operator]', "8: claims.0.name: 'shoe_size' is no claim"),
            ('[operator]', '[[claims]]\nname = "bp_age_band"\npurpose = TEXTS\n[operator]', "1: age_bands: name the age groups"),
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
