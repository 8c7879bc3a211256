"""Software statements (RFC 7591 2.3): signed by somebody the administrator named, or worth nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest
from joserfc.jwk import ECKey, OctKey, RSAKey

from broker.core.errors import ConfigurationError
from broker.oidc.software_statement import read_issuers
from tests.support.app import Broker, start
from tests.support.clock import Clock
from tests.support.registrar import Registrar, Web, invitation

ISSUER = "https://verband.test"
KEY = ECKey.generate_key("P-256", {"kid": "one"}, private=True)
OTHER = ECKey.generate_key("P-256", {"kid": "one"}, private=True)
CLAIMS = {"iss": ISSUER, "software_id": "karte-4", "client_name": "Mitmachkarte des Verbands", "redirect_uris": ["https://karte.test/cb"]}


def statement(claims: dict[str, Any], key: ECKey | RSAKey = KEY, alg: str = "ES256", **header: Any) -> str:
    """A statement made with PyJWT, another library than ours."""
    return jwt.encode(claims, key.as_pem(private=True), alg, {"kid": "one", **header})


@pytest.fixture
def trusting(sqlite_url: str, clock: Clock, web: Web, tmp_path: Path) -> Iterator[Registrar]:
    """Somebody who may register where statements of one issuer are believed."""
    file = tmp_path / "issuers.json"
    file.write_text(json.dumps({ISSUER: {"keys": [KEY.as_dict(private=False)]}}), encoding="utf-8")
    broker: Broker = start(sqlite_url, "fake://", clock, software_statement_issuers=file)
    yield Registrar(broker, web, invitation(broker))
    broker.parts.stores.redis.close()
    broker.parts.stores.database.dispose()


def error_of(registrar: Registrar, sent: Any) -> str:
    answer = registrar.registers(software_statement=sent)
    assert answer.status_code == 400
    error: str = answer.get_json()["error"]
    return error


def test_its_values_win_and_it_comes_back_unchanged(trusting: Registrar) -> None:
    signed = statement(CLAIMS)
    made = trusting.made(software_statement=signed, client_name="Etwas anderes", redirect_uris=None, contacts=["a@karte.test"])
    assert made["software_statement"] == signed
    assert {name: made[name] for name in CLAIMS if name != "iss"} == {name: value for name, value in CLAIMS.items() if name != "iss"}
    assert made["contacts"] == ["a@karte.test"]
    assert "iss" not in made
    assert trusting.reads(made).get_json()["software_statement"] == signed


def test_what_it_says_obeys_the_same_rules(trusting: Registrar) -> None:
    assert error_of(trusting, statement({**CLAIMS, "redirect_uris": ["http://karte.test/cb"]})) == "invalid_redirect_uri"
    assert error_of(trusting, statement({**CLAIMS, "grant_types": ["client_credentials"]})) == "invalid_client_metadata"
    made = trusting.made(software_statement=statement({**CLAIMS, "first_party": True, "status": "live"}))
    record = trusting.broker.parts.stores.clients.get(made["client_id"])
    assert not record.first_party
    assert record.status == "sandbox"


def test_a_statement_of_somebody_else_is_unapproved(trusting: Registrar, registrar: Registrar) -> None:
    for issuer in ("https://other.test", f"{ISSUER}/", ISSUER.upper(), ""):
        assert error_of(trusting, statement({**CLAIMS, "iss": issuer})) == "unapproved_software_statement"
    anonymous = {name: value for name, value in CLAIMS.items() if name != "iss"}
    assert error_of(trusting, statement(anonymous)) == "unapproved_software_statement"
    assert error_of(registrar, statement(CLAIMS)) == "unapproved_software_statement"


def test_jt_01_to_03_what_its_issuer_did_not_sign_is_invalid(trusting: Registrar) -> None:
    forgeries: list[Any] = [
        statement(CLAIMS, OTHER),
        statement(CLAIMS, OTHER, jwk=OTHER.as_dict(private=False), jku="https://evil.test/keys"),
        statement(CLAIMS, RSAKey.generate_key(2048, private=True), "RS256"),
        jwt.encode(CLAIMS, None, "none", {"kid": "one"}),
        jwt.encode(CLAIMS, OctKey.generate_key(256).as_dict(private=True)["k"], "HS256", {"kid": "one"}),
        jwt.encode(CLAIMS, "x" * 40 + str(KEY.as_dict(private=False)), "HS256", {"kid": "one"}),
        statement(CLAIMS, kid="unknown"),
        statement(CLAIMS)[:-4] + "AAAA",
        statement(CLAIMS) + ".x",
        ".".join(statement(CLAIMS).split(".")[:2]) + ".",
        "x.y.z",
        "",
        "x" * 9000,
        7,
        ["x"],
    ]
    for forged in forgeries:
        assert error_of(trusting, forged) == "invalid_software_statement", forged


def test_jt_05_critical_headers_that_nobody_understands(trusting: Registrar) -> None:
    assert error_of(trusting, statement(CLAIMS, crit=["x"], x=1)) == "invalid_software_statement"


def test_jt_13_times_are_kept(trusting: Registrar, clock: Clock) -> None:
    now = int(clock().timestamp())
    for times in ({"exp": now - 60}, {"nbf": now + 61}, {"iat": now + 61}):
        assert error_of(trusting, statement({**CLAIMS, **times})) == "invalid_software_statement", times
    assert trusting.made(software_statement=statement({**CLAIMS, "iat": now + 5, "exp": now + 60, "nbf": now}))


def test_a_change_without_the_statement_no_longer_carries_it(trusting: Registrar) -> None:
    made = trusting.made(software_statement=statement(CLAIMS), redirect_uris=None)
    assert trusting.changes(made, client_name="Meine").get_json()["client_name"] == CLAIMS["client_name"]
    changed = trusting.changes(made, software_statement=None, client_name="Meine").get_json()
    assert changed["client_name"] == "Meine"
    assert "software_statement" not in changed


@pytest.mark.parametrize(
    "content",
    ["", "[]", '{"https://a.test": {}}', '{"https://a.test": {"keys": []}}', '{"https://a.test": {"keys": [{"kty": "oct", "k": "QUFB"}]}}'],
)
def test_a_file_of_issuers_that_cannot_be_used_stops_the_start(tmp_path: Path, content: str) -> None:
    file = tmp_path / "issuers.json"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(ConfigurationError, match="public keys"):
        read_issuers(file)


def test_private_keys_do_not_belong_in_it(tmp_path: Path) -> None:
    file = tmp_path / "issuers.json"
    file.write_text(json.dumps({ISSUER: {"keys": [KEY.as_dict(private=True)]}}), encoding="utf-8")
    with pytest.raises(ConfigurationError):
        read_issuers(file)
    assert read_issuers(None) == {}
