"""What a tool's file may say about subjects and about how ID tokens are signed and encrypted."""

from __future__ import annotations

import pytest

from broker.core.client_policy import SubjectType
from tests.support.office import KARTE, Office

RSA_KEY = '[keys]\njwks = { keys = [{ kty = "RSA", n = "AQAB", e = "AQAB" }] }\n'


@pytest.mark.parametrize(
    ("before", "written", "line"),
    [
        ("base_url =", 'subject_type = "public"\nsector = "x"\n', "5: sector: means nothing beside"),
        ("base_url =", 'sector = "*public"\n', "4: sector: String should match"),
        ("base_url =", 'id_token_alg = "HS256"\n', "4: id_token_alg: Input should be"),
        ("[operator]", '[tokens]\nid_token_encryption_alg = "ECDH-ES"\n', "8: tokens.id_token_encryption_alg: needs the tool's"),
        ("[operator]", f'{RSA_KEY}[tokens]\nid_token_encryption_alg = "ECDH-ES"\n', "10: tokens.id_token_encryption_alg: needs an EC"),
        ("[operator]", '[tokens]\nid_token_encryption_enc = "A128GCM"\n', "8: tokens.id_token_encryption_enc: says how"),
        ("[operator]", '[tokens]\nid_token_encryption_alg = "RSA1_5"\n', "8: tokens.id_token_encryption_alg: Input should be"),
        ("[operator]", '[tokens]\nuserinfo_alg = "none"\n', "8: tokens.userinfo_alg: Input should be"),
    ],
)
def test_what_cannot_be_is_named_with_file_and_line(office: Office, before: str, written: str, line: str) -> None:
    office.file("karte", KARTE.replace(before, f"{written}{before}", 1))

    complaints = office.complains()

    assert any(one.startswith(f"karte.toml:{line}") for one in complaints), complaints


def test_public_subjects_need_no_sector_for_several_hosts(office: Office) -> None:
    several = 'subject_type = "public"\nredirect_uris = ["https://b.example.org/c", '
    office.file("karte", KARTE.replace("redirect_uris = [", several, 1))

    office.apply()

    assert office.clients.get("karte").subject_type is SubjectType.PUBLIC
