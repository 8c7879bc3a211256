"""A client looks after its own record, and only that (RFC 7592; OP-05, OP-06, OP-08, OP-11)."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Any

import pytest

from broker.core.client import ClientStatus
from broker.core.client_policy import AuthMethod
from tests.support.app import PROVIDERS, Broker
from tests.support.browser import Browser
from tests.support.log import Log, written
from tests.support.pictures import png
from tests.support.registrar import Registrar, Web, invitation, office, path_of
from tests.support.tool import Tool


@pytest.fixture
def made(registrar: Registrar) -> dict[str, Any]:
    """A client just registered."""
    return registrar.made()


def record_of(broker: Broker, made: dict[str, Any]) -> Any:
    return broker.parts.stores.clients.get(made["client_id"])


def test_op_11_reading_shows_everything_but_the_secret(registrar: Registrar, made: dict[str, Any]) -> None:
    answer = registrar.reads(made)

    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.get_json() == {name: value for name, value in made.items() if not name.startswith("client_secret")}


def test_op_11_neither_secret_nor_tokens_are_kept_or_logged(
    broker: Broker, registrar: Registrar, made: dict[str, Any], caplog: pytest.LogCaptureFixture, log: Log
) -> None:
    caplog.set_level(logging.DEBUG)
    registrar.reads(made)
    registrar.reads(made, token="wrong")
    kept = repr(record_of(broker, made)) + repr(broker.parts.stores.registration_tokens.list()) + caplog.text + written(log)
    assert "/register/" in written(log), "else this would prove nothing"
    for secret in (made["client_secret"], made["registration_access_token"], registrar.token):
        assert secret
        assert secret not in kept


def test_what_is_sent_replaces_all_that_was_said_before(broker: Broker, registrar: Registrar) -> None:
    made = registrar.made(contacts=["a@tool.test"], policy_uri="https://tool.test/privacy", default_max_age=60)

    answer = registrar.changes(made, client_name="Neu", contacts=None, policy_uri=None, default_max_age=None)

    assert answer.status_code == 200, answer.get_json()
    changed = answer.get_json()
    assert changed["client_name"] == "Neu"
    assert not {"contacts", "policy_uri", "default_max_age", "client_secret"} & changed.keys()
    assert changed["registration_access_token"] == made["registration_access_token"]
    assert registrar.reads(made).get_json() == changed
    assert record_of(broker, made).secret_hash


def test_a_change_is_seen_at_once_by_processes_that_knew_the_client_before(
    broker: Broker, registrar: Registrar, made: dict[str, Any]
) -> None:
    clients = broker.parts.stores.clients
    remembered = clients.get(made["client_id"])
    registrar.changes(made, client_name="Neu")
    clients._found._entries[made["client_id"]] = (float("inf"), remembered)  # another process remembers for some seconds
    assert registrar.reads(made).get_json()["client_name"] == "Neu"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"client_id": "self-of-somebody-else"}, "invalid_client_metadata"),
        ({"client_id": None}, "invalid_client_metadata"),
        ({"client_secret": "guessed"}, "invalid_client_metadata"),
        ({"registration_access_token": "mine"}, "invalid_client_metadata"),
        ({"registration_client_uri": "https://evil.test/"}, "invalid_client_metadata"),
        ({"client_id_issued_at": 1}, "invalid_client_metadata"),
        ({"client_secret_expires_at": 0}, "invalid_client_metadata"),
        ({"redirect_uris": ["https://tool.test/*"]}, "invalid_redirect_uri"),
        ({"redirect_uris": None}, "invalid_redirect_uri"),
    ],
)
def test_what_a_change_may_not_say(broker: Broker, registrar: Registrar, made: dict[str, Any], changes: dict[str, Any], error: str) -> None:
    before = record_of(broker, made)
    answer = registrar.changes(made, **changes)
    assert (answer.status_code, answer.get_json()["error"]) == (400, error)
    assert record_of(broker, made) == before


def test_the_present_secret_may_be_sent_along(registrar: Registrar, made: dict[str, Any]) -> None:
    assert registrar.changes(made, client_secret=made["client_secret"]).status_code == 200


def test_another_way_to_authenticate_takes_the_secret_away_or_makes_one(broker: Broker, registrar: Registrar, made: dict[str, Any]) -> None:
    public = registrar.changes(made, token_endpoint_auth_method="none").get_json()
    assert "client_secret" not in public
    assert record_of(broker, made).secret_hash == ""
    again = registrar.changes(made, token_endpoint_auth_method="client_secret_post").get_json()
    assert len(again["client_secret"]) >= 43
    assert again["client_secret"] != made["client_secret"]
    assert again["client_secret_expires_at"] == 0
    assert record_of(broker, made).auth_method is AuthMethod.ANY_SECRET


def test_op_05_nobody_reads_changes_or_ends_another_client(broker: Broker, registrar: Registrar, made: dict[str, Any]) -> None:
    other = registrar.made()
    filed = broker.tool()
    before = record_of(broker, made)
    answers = []
    for token in (other["registration_access_token"], made["client_secret"], registrar.token, "", "x" * 300, "\u00e4", None):
        for method in ("GET", "PUT", "DELETE"):
            body = {"client_id": made["client_id"], "redirect_uris": ["https://evil.test/"]} if method == "PUT" else None
            answers.append(registrar.calls(method, path_of(made), token, body))
    for client_id in ("unknown", filed.client.client_id, "%00", "a" * 3000, "' OR 1=1 --"):
        answers.append(registrar.calls("GET", f"/register/{client_id}", made["registration_access_token"]))
    assert {(answer.status_code, answer.get_json()["error"]) for answer in answers} == {(401, "invalid_token")}
    assert record_of(broker, made) == before


def test_op_06_nothing_that_only_an_administrator_decides_comes_in(broker: Broker, registrar: Registrar, made: dict[str, Any]) -> None:
    greedy = {
        "status": "live", "first_party": True, "trusted": True, "skip_consent": True, "approved": True, "approved_at": "2026-01-01",
        "minimum_trust": 4, "sector": "karte.test", "pkce_waived": True, "fapi": True, "managed_by": "file", "claims": [{"name": "name"}],
        "allowed_providers": ["bundid"], "release_without_scope": ["name"], "claims_in_id_token": True, "keycloak_paths": True,
        "email_verified_only": False, "municipalities": ["01003000"], "registration": {"approved_at": "2026-01-01"}, "secret_hash": "x",
        "operator": {"name": "Stadt Musterstadt"}, "basic_profile": True, "public_subject": True, "tokens": {"resource": "https://api.test"},
        "access_token_jwt": True, "resources": ["https://api.test"], "client_secret": "mine",
    }  # fmt: skip
    for response in (registrar.registers(**greedy), registrar.changes(made, **{**greedy, "client_secret": None})):
        assert response.status_code in (200, 201)
        plain = record_of(broker, made)
        got = record_of(broker, response.get_json())
        ours = {"client_id": "", "secret_hash": "", "registration": None}
        assert replace(got, **ours) == replace(plain, **ours)
        assert got.status is ClientStatus.SANDBOX
        assert response.get_json().keys() <= made.keys()
        assert response.get_json().get("client_secret") != "mine"


def test_op_06_grants_beyond_self_registration_need_an_administrator(registrar: Registrar, made: dict[str, Any]) -> None:
    for grant in (
        "client_credentials",
        "urn:ietf:params:oauth:grant-type:token-exchange",
        "urn:ietf:params:oauth:grant-type:device_code",
        "password",
        "implicit",
    ):
        for answer in (registrar.registers(grant_types=["authorization_code", grant]), registrar.changes(made, grant_types=[grant])):
            assert (answer.status_code, answer.get_json()["error"]) == (400, "invalid_client_metadata"), grant
    assert registrar.registers(subject_type="public").get_json()["error"] == "invalid_client_metadata"


def test_op_08_a_suspended_client_stays_suspended_whatever_it_does(broker: Broker, registrar: Registrar, made: dict[str, Any]) -> None:
    office(broker).suspend(made["client_id"])
    suspended = record_of(broker, made)

    answers = [
        registrar.reads(made),
        registrar.changes(made),
        registrar.changes(made, token_endpoint_auth_method="none"),
        registrar.leaves(made),
    ]

    assert {answer.status_code for answer in answers} == {401}
    assert record_of(broker, made) == suspended


def test_op_08_suspending_wins_over_a_change_at_the_same_moment(broker: Broker, registrar: Registrar, made: dict[str, Any]) -> None:
    """The administrator suspends between the look at the client and the writing of its change."""
    visiting = broker.parts.self_registering.visiting
    registrar.web.pages["https://tool.test/logo.png"] = b"\x89PNG\r\n\x1a\n"
    fetched = registrar.web.get
    registrar.web.get = lambda url, most: (office(broker).suspend(made["client_id"]), fetched(url, most))[1]  # type: ignore[method-assign]
    assert visiting.logos.find("") is None

    answer = registrar.changes(made, logo_uri="https://tool.test/logo.png")

    assert answer.status_code == 401
    assert record_of(broker, made).status is ClientStatus.SUSPENDED


def test_op_08_tokens_of_a_suspended_client_are_dead(broker: Broker, browser: Browser, registrar: Registrar) -> None:
    registrar.token = invitation(broker, live=True)
    tool = registrar.tool(registrar.made())
    access = tool.redeems(browser.arrives(tool).code).get_json()["access_token"]
    assert tool.asks_userinfo(access).status_code == 200
    office(broker).suspend(tool.client.client_id)
    assert tool.asks_userinfo(access).status_code == 401
    office(broker).approve(tool.client.client_id)
    assert tool.asks_userinfo(access).status_code == 401


def test_a_client_that_leaves_is_gone_with_all_that_citizens_granted_it(broker: Broker, browser: Browser, registrar: Registrar) -> None:
    registrar.token = invitation(broker, live=True)
    made = registrar.made()
    tool: Tool = registrar.tool(made)
    stop = browser.arrives(tool)
    access = tool.redeems(stop.code).get_json()["access_token"]

    left = registrar.leaves(made)

    assert (left.status_code, left.data) == (204, b"")
    assert tool.asks_userinfo(access).status_code == 401
    assert browser.opens(tool.url()).response.status_code == 400
    assert {registrar.reads(made).status_code, registrar.changes(made).status_code, registrar.leaves(made).status_code} == {401}
    assert record_of(broker, made).status is ClientStatus.SUSPENDED


def test_op_12_what_an_administrator_approved_is_not_swapped_afterwards(broker: Broker, browser: Browser, registrar: Registrar) -> None:
    made = registrar.made(contacts=["a@tool.test"])
    office(broker).approve(made["client_id"], "Stadt Musterstadt")
    for change in (
        {"redirect_uris": ["https://evil.test/callback"]},
        {"client_name": "Rathaus"},
        {"scope": "openid email assurance"},
        {"logo_uri": "https://evil.test/logo.png"},
        {"policy_uri": "https://evil.test/"},
        {"initiate_login_uri": "https://evil.test/"},
    ):
        answer = registrar.changes(made, **change)
        assert (answer.status_code, answer.get_json()["error"]) == (400, "invalid_client_metadata"), change
    assert registrar.changes(made, contacts=["b@tool.test"]).status_code == 200
    kept = record_of(broker, made)
    assert kept.status is ClientStatus.LIVE
    assert kept.operator.name == "Stadt Musterstadt"
    tool = registrar.tool(made)
    assert tool.redeems(browser.arrives(tool).code).status_code == 200


def test_the_addresses_take_no_other_method(registrar: Registrar, made: dict[str, Any]) -> None:
    assert registrar.calls("POST", path_of(made), made["registration_access_token"], {}).status_code == 405
    assert registrar.calls("PATCH", path_of(made), made["registration_access_token"], {}).status_code == 405


def test_an_approved_sandbox_client_meets_real_citizens_under_another_sub(broker: Broker, browser: Browser, registrar: Registrar) -> None:
    broker.parts.stores.providers.replace_all([replace(PROVIDERS[0], sandbox=True)])
    made = registrar.made()
    tool = registrar.tool(made)
    before = tool.verifies(tool.redeems(browser.arrives(tool).code).get_json()["id_token"])["sub"]
    office(broker).approve(made["client_id"])
    after = tool.verifies(tool.redeems(browser.arrives(tool).code).get_json()["id_token"])["sub"]
    assert before != after


def test_a_clients_whole_life_on_every_database(broker_everywhere: Broker, web: Web) -> None:
    registrar = Registrar(broker_everywhere, web, invitation(broker_everywhere, uses=1))
    web.pages["https://tool.test/logo.png"] = png()
    made = registrar.made(logo_uri="https://tool.test/logo.png", default_max_age=0)
    assert registrar.registers().status_code == 401
    assert registrar.changes(made, client_name="Neu").get_json()["client_name"] == "Neu"
    office(broker_everywhere).approve(made["client_id"], "Stadt Beispiel")
    assert registrar.changes(made, client_name="Anders").status_code == 400
    assert registrar.changes(made, client_name="Neu", contacts=["a@tool.test"]).status_code == 200
    digest = record_of(broker_everywhere, made).appearance.logo
    assert registrar.calls("GET", f"/logo/{digest}", None).data == png()
    assert registrar.leaves(made).status_code == 204
    assert registrar.reads(made).status_code == 401
