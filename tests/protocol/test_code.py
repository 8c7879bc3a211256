"""Authorization codes: one use, bound, short-lived (A-05, A-48, CO-01 to CO-12)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from werkzeug.test import TestResponse

from broker.core.client_policy import GrantType, TokenPolicy
from tests.support.app import Broker
from tests.support.browser import Browser
from tests.support.log import Log, written
from tests.support.tool import Tool


def refused(response: TestResponse, error: str = "invalid_grant", status: int = 400) -> bool:
    """A JSON error of the token endpoint, never cached."""
    assert (response.status_code, response.get_json()["error"]) == (status, error), response.get_data(as_text=True)
    assert response.headers["Cache-Control"] == "no-store"
    assert response.mimetype == "application/json"
    return True


def test_the_answer_is_complete_and_never_cached(broker_everywhere: Broker) -> None:
    tool = broker_everywhere.tool()

    response = tool.redeems(broker_everywhere.browser().arrives(tool, scope="openid profile").code)

    assert response.status_code == 200
    assert response.mimetype == "application/json"
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["Pragma"] == "no-cache"
    answer = response.get_json()
    assert answer.keys() == {"access_token", "token_type", "expires_in", "scope", "id_token"}
    assert (answer["token_type"], answer["scope"]) == ("Bearer", "openid profile")
    assert 0 < answer["expires_in"] <= 3600


def test_co_01_a_second_use_is_refused_and_kills_what_the_first_issued(broker_everywhere: Broker) -> None:
    tool = broker_everywhere.tool()
    code = broker_everywhere.browser().arrives(tool).code
    token = tool.redeems(code).get_json()["access_token"]
    assert tool.asks_userinfo(token).status_code == 200

    assert refused(tool.redeems(code))
    assert tool.asks_userinfo(token).status_code == 401


def test_co_01_a_second_use_after_half_a_minute_is_refused_alike(broker: Broker, browser: Browser, tool: Tool) -> None:
    code = browser.arrives(tool).code
    token = tool.redeems(code).get_json()["access_token"]
    broker.clock.advance(seconds=31)

    assert refused(tool.redeems(code))
    assert tool.asks_userinfo(token).status_code == 401


def test_co_02_of_many_at_once_exactly_one_wins(broker_everywhere: Broker) -> None:
    tool, browser = broker_everywhere.tool(), broker_everywhere.browser()
    browser.arrives(tool)

    for _ in range(5):
        code = browser.opens(tool.url()).code
        with ThreadPoolExecutor(8) as pool:
            statuses = sorted(response.status_code for response in pool.map(lambda _: tool.redeems(code), range(8)))  # noqa: B023
        assert statuses == [200] + [400] * 7


def test_co_03_another_clients_code_is_refused_and_burnt(broker: Broker, browser: Browser, tool: Tool) -> None:
    other = broker.tool("other")
    code = browser.arrives(tool).code

    assert refused(other.redeems(code, code_verifier=tool.verifier))
    assert refused(tool.redeems(code))


def test_co_03_stolen_and_copied_codes_are_an_alarm(broker: Broker, browser: Browser, tool: Tool, log: Log) -> None:
    stolen, copied = browser.arrives(tool).code, browser.opens(tool.url()).code
    tool.redeems(copied)
    log.clear()

    broker.tool("thief").redeems(stolen)
    tool.redeems(copied)

    logged = written(log)
    assert logged.count("BP-400-MISUSE") == 2
    assert stolen not in logged
    assert copied not in logged


def test_co_04_a_code_yields_only_its_own_citizen(broker: Broker, tool: Tool) -> None:
    erika, max_ = broker.browser(), broker.browser()
    of_erika = erika.arrives(tool).code
    broker.hub.person = "max"
    of_max = max_.arrives(tool).code

    first, second = (tool.verifies(tool.redeems(code).get_json()["id_token"]) for code in (of_erika, of_max))

    assert first["sub"] != second["sub"]
    assert first["sid"] != second["sid"]


@pytest.mark.parametrize("uri", [None, "https://tool.test/Callback", "https://tool.test/second"])
def test_co_05_the_redirect_uri_has_to_be_the_same_again(broker: Broker, browser: Browser, uri: str | None) -> None:
    tool = broker.tool(redirect_uris=("https://tool.test/callback", "https://tool.test/second"))
    code = browser.arrives(tool).code

    assert refused(tool.redeems(code, redirect_uri=uri))
    assert refused(tool.redeems(code))


@pytest.mark.parametrize(("seconds", "status"), [(58, 200), (60, 400), (61, 400)])
def test_co_06_a_code_lives_a_minute(broker: Broker, browser: Browser, tool: Tool, seconds: int, status: int) -> None:
    code = browser.arrives(tool).code
    broker.clock.advance(seconds=seconds)

    assert tool.redeems(code).status_code == status


@pytest.mark.parametrize(
    "tampered", ["{0}x", "{0}=", " {0}", "{0} ", "{0}\n", "{1}", "{2}", "{3}", "\x00", "x" * 60_000, "ü", "%", "'; drop table grants; --"]
)
def test_co_07_a_tampered_code_is_worth_nothing(browser: Browser, tool: Tool, tampered: str) -> None:
    code = browser.arrives(tool).code
    swapped = code.swapcase()

    assert refused(tool.redeems(tampered.format(code, code[:-1], swapped, code[1:] + code[0])))
    assert tool.redeems(code).status_code == 200, "guessing must not use up the real one"


def test_co_08_a_consent_withdrawn_before_the_redemption_counts(broker_everywhere: Broker) -> None:
    tool, browser = broker_everywhere.tool(), broker_everywhere.browser()
    code = browser.arrives(tool).code
    session = broker_everywhere.session_of(browser)
    broker_everywhere.parts.stores.consents.withdraw(session.subject_id, tool.client.client_id)

    assert refused(tool.redeems(code))


def test_co_08_a_citizen_signed_out_before_the_redemption_counts(broker: Broker, browser: Browser, tool: Tool) -> None:
    code = browser.arrives(tool).code
    browser.presses(browser.opens("/logout"), "logout-confirm")

    assert refused(tool.redeems(code))


def test_co_08_a_citizen_id_switched_off_before_the_redemption_counts(broker: Broker, browser: Browser, tool: Tool) -> None:
    code = browser.arrives(tool).code
    broker.parts.stores.providers.replace_all([])

    assert refused(tool.redeems(code))


@pytest.mark.parametrize(
    "grant_type",
    [
        "password",
        "implicit",
        "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "urn:ietf:params:oauth:grant-type:saml2-bearer",
        "urn:openid:params:grant-type:ciba",
        None,
        "",
        "Authorization_Code",
    ],
)
def test_co_12_no_other_grant_exists(tool: Tool, grant_type: str | None) -> None:
    assert refused(tool.redeems("x", grant_type=grant_type), "unsupported_grant_type")


@pytest.mark.parametrize("grant_type", sorted(set(GrantType) - {GrantType.AUTHORIZATION_CODE}))
def test_co_12_a_grant_that_the_record_does_not_list_is_not_allowed(tool: Tool, grant_type: str) -> None:
    assert refused(tool.redeems("x", grant_type=grant_type), "unauthorized_client")


def test_co_12_the_code_grant_too_can_be_left_out(broker: Broker) -> None:
    tool = broker.tool("service", tokens=TokenPolicy(grant_types=(GrantType.CLIENT_CREDENTIALS,)))

    assert refused(tool.redeems("x"), "unauthorized_client")


def test_a_missing_code_is_an_invalid_request(tool: Tool) -> None:
    assert refused(tool.calls_token({"grant_type": "authorization_code"}, tool.basic()), "invalid_request")


@pytest.mark.parametrize("name", ["grant_type", "code", "redirect_uri", "code_verifier", "client_id", "client_secret"])
def test_doubled_parameters_are_refused_and_consume_nothing(broker: Broker, browser: Browser, tool: Tool, name: str) -> None:
    code = browser.arrives(tool).code
    form = {
        "grant_type": ["authorization_code"],
        "code": [code],
        "redirect_uri": [tool.client.redirect_uris[0]],
        "code_verifier": [tool.verifier],
        name: ["a", "b"],
    }

    response = broker.app.test_client().post("/token", base_url=broker.issuer, data=form, headers=tool.basic())

    assert refused(response, "invalid_request")
    assert tool.redeems(code).status_code == 200


def test_a_repeated_scope_and_other_extras_are_ignored(browser: Browser, tool: Tool) -> None:
    response = tool.redeems(browser.arrives(tool).code, scope="openid everything", state="x", resource="https://x.test")

    assert response.get_json()["scope"] == "openid"


def test_parameters_in_the_query_do_not_count(broker: Broker, browser: Browser, tool: Tool) -> None:
    code = browser.arrives(tool).code
    client = broker.app.test_client()

    response = client.post(f"/token?code={code}", base_url=broker.issuer, data={"grant_type": "authorization_code"}, headers=tool.basic())

    assert refused(response, "invalid_request")


def test_only_a_form_by_post_is_taken(broker: Broker, tool: Tool) -> None:
    client = broker.app.test_client()

    as_json = client.post("/token", base_url=broker.issuer, json={"grant_type": "authorization_code"}, headers=tool.basic())
    by_get = client.get("/token", base_url=broker.issuer)

    assert refused(as_json, "invalid_request")
    assert refused(by_get, "invalid_request", 405)
    assert "POST" in by_get.headers["Allow"]
