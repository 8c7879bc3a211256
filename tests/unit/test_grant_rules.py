"""Which grants a tool's file may list together (A-15; RFC 6749 4.4, RFC 8628, RFC 8693)."""

from __future__ import annotations

import pytest

from broker.core.client_policy import GrantType
from tests.support.office import KARTE, Office

API = 'resources = ["https://api.example.org/"]'
THE_API = """
client_id = "api"
name = "Archiv"
redirect_uris = ["https://api.example.org/callback"]

[tokens]
resource = "https://api.example.org/"

[operator]
name = "Stadt Beispiel"
"""
ANSWERS = KARTE.replace('redirect_uris = ["https://karte.example.org/callback"]\n', "")


def with_tokens(table: str, text: str = KARTE, top: str = "") -> str:
    """The tool's file with a table `[tokens]`, and more keys before the tables."""
    return text.replace("[operator]", f"{top}\n[tokens]\n{table}\n[operator]")


@pytest.mark.parametrize(
    ("table", "top", "complaint"),
    [
        ("grant_types = []", "", "tokens.grant_types: names no grant"),
        ('grant_types = ["password"]', "", "tokens.grant_types.0: Input should be"),
        ('grant_types = ["implicit"]', "", "tokens.grant_types.0: Input should be"),
        ('grant_types = ["client_credentials"]', "", "tokens.resources: client_credentials needs the addresses"),
        ('grant_types = ["authorization_code", "token_exchange"]', "", "tokens.resources: token_exchange needs the addresses"),
        (
            f'grant_types = ["client_credentials"]\n{API}',
            'auth_method = "none"',
            "tokens.grant_types: client_credentials needs a tool that",
        ),
        (
            f'grant_types = ["device_code", "token_exchange"]\n{API}',
            'auth_method = "none"',
            "tokens.grant_types: token_exchange needs a tool",
        ),
        (
            f'grant_types = ["client_credentials", "token_exchange"]\n{API}',
            "",
            "tokens.grant_types: token_exchange needs a citizen's token",
        ),
        (
            f'grant_types = ["client_credentials"]\n{API}',
            'claims = [{ name = "name", purpose = { de = "Z", en = "P" } }]',
            "claims: no citizen signs in here",
        ),
        (
            f'grant_types = ["client_credentials"]\n{API}\n[logout]\nisolated_session = true',
            "",
            "logout.isolated_session: no citizen signs in here",
        ),
    ],
)
def test_grants_that_do_not_fit_together_are_named(office: Office, table: str, top: str, complaint: str) -> None:
    office.file("karte", with_tokens(table, top=top))
    complaints = office.complains()
    assert any(complaint in one for one in complaints), complaints


@pytest.mark.parametrize("table", ['grant_types = ["device_code"]', f'grant_types = ["client_credentials"]\n{API}'])
def test_devices_and_services_need_no_return_address(office: Office, table: str) -> None:
    office.file("karte", with_tokens(table, ANSWERS))
    office.file("api", THE_API)
    office.apply()
    found = office.clients.get("karte")
    assert found.redirect_uris == ()
    assert not found.may_use(GrantType.AUTHORIZATION_CODE)


def test_whoever_signs_citizens_in_by_redirect_needs_one(office: Office) -> None:
    office.file("karte", with_tokens('grant_types = ["authorization_code", "device_code"]', ANSWERS))
    assert any("redirect_uris: is missing" in one for one in office.complains())


def test_whether_a_tool_keeps_a_session_of_its_own_stands_in_its_file(office: Office) -> None:
    office.file("karte", KARTE)
    office.apply()
    assert office.clients.get("karte").only_for == ""
    office.file("karte", f"{KARTE}\n[logout]\nisolated_session = true\n")
    office.apply()
    assert office.clients.get("karte").only_for == "karte"


def test_without_a_word_about_it_there_is_the_code_grant_alone(office: Office) -> None:
    office.file("karte", KARTE)
    office.apply()
    assert office.clients.get("karte").tokens.grant_types == (GrantType.AUTHORIZATION_CODE,)
