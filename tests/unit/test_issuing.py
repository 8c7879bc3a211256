"""Codes and what they become (A-05, CO-01, CO-03 to CO-08, PK-02, PK-03, CN-05)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from broker.core.client import ClientStatus
from broker.core.errors import InvalidGrant, InvalidToken, StoreUnavailable
from broker.core.grant import Grant
from broker.core.trust import TrustLevel
from tests.support.flow_scene import VERIFIER, Scene
from tests.support.makers import REDIRECT, provider


def test_a_code_becomes_a_grant_once(scene: Scene) -> None:
    _, session = scene.signs_in()
    done = scene.redeems(scene.lets_in(session, nonce="n-1"))
    assert done.issued.nonce == "n-1"
    assert done.session.id == session.id
    assert done.grant.trust is TrustLevel.HIGH
    assert done.grant.auth_time == session.authenticated_at
    assert done.id_token_values == {}
    assert scene.issuing.userinfo(done.access_token)[1]["sub"] == done.grant.sub


def test_a_second_use_is_refused_and_revokes_the_first_co_01(scene: Scene) -> None:
    _, session = scene.signs_in()
    code = scene.lets_in(session)
    done = scene.redeems(code)
    with pytest.raises(InvalidGrant):
        scene.redeems(code)
    with pytest.raises(InvalidToken):
        scene.issuing.userinfo(done.access_token)


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "haushalt"},
        {"redirect_uri": ""},
        {"redirect_uri": REDIRECT + "/"},
        {"redirect_uri": REDIRECT.upper()},
        {"code_verifier": None},
        {"code_verifier": ""},
        {"code_verifier": VERIFIER[:-1]},
        {"code_verifier": VERIFIER + "v"},
        {"code_verifier": "w" * 43},
        {"code_verifier": "v" * 42 + " "},
        {"code_verifier": "v" * 129},
    ],
)
def test_a_code_that_does_not_fit_is_refused_and_burnt_co_03_co_05_pk_03(scene: Scene, changes: dict[str, Any]) -> None:
    _, session = scene.signs_in()
    code = scene.lets_in(session)
    with pytest.raises(InvalidGrant):
        scene.redeems(code, **changes)
    with pytest.raises(InvalidGrant):
        scene.redeems(code)


def test_a_verifier_without_a_challenge_is_a_downgrade_pk_02(scene: Scene) -> None:
    scene.changes_tool(pkce_waived=True)
    _, session = scene.signs_in()
    with pytest.raises(InvalidGrant):
        scene.redeems(scene.lets_in(session, code_challenge=None))
    assert scene.redeems(scene.lets_in(session, code_challenge=None), code_verifier=None)


@pytest.mark.parametrize(("seconds", "fine"), [(59, True), (60, False), (61, False)])
def test_a_code_lives_a_minute_co_06(scene: Scene, seconds: int, fine: bool) -> None:
    _, session = scene.signs_in()
    code = scene.lets_in(session)
    scene.clock.advance(seconds=seconds)
    if fine:
        assert scene.redeems(code)
    else:
        with pytest.raises(InvalidGrant):
            scene.redeems(code)


@pytest.mark.parametrize("form", ["{}x", "{}=", " {}", "{}%20"])
def test_a_changed_code_is_none_co_07(scene: Scene, form: str) -> None:
    _, session = scene.signs_in()
    with pytest.raises(InvalidGrant):
        scene.redeems(form.format(scene.lets_in(session)))


class TestRevokedMeanwhile:
    """Between code and token, and between token and userinfo (CO-08, CN-05, A-31)."""

    @pytest.fixture(params=["consent", "tool", "account", "citizen ID", "session", "sign-out"])
    def revokes(self, request: pytest.FixtureRequest, scene: Scene) -> Any:
        def revoke(session: Any) -> None:
            actions: dict[str, Any] = {
                "consent": lambda: scene.consents.withdraw(session.subject_id, "karte"),
                "tool": lambda: scene.changes_tool(status=ClientStatus.SUSPENDED),
                "account": lambda: scene.accounts.erase(session.subject_id),
                "citizen ID": lambda: scene.providers.replace_all([provider("bundid", enabled=False)]),
                "session": lambda: scene.sessions.revoke(session.id),
                "sign-out": lambda: scene.signing_out.end(session),
            }
            actions[request.param]()

        return revoke

    def test_no_token(self, scene: Scene, revokes: Any) -> None:
        _, session = scene.signs_in()
        code = scene.lets_in(session)
        revokes(session)
        with pytest.raises(InvalidGrant):
            scene.redeems(code)

    def test_no_claims(self, scene: Scene, revokes: Any) -> None:
        _, session = scene.signs_in()
        token = scene.redeems(scene.lets_in(session)).access_token
        revokes(session)
        with pytest.raises(InvalidToken):
            scene.issuing.userinfo(token)


class TestClaims:
    def test_userinfo_gives_what_was_agreed_to(self, scene: Scene) -> None:
        scene.hub.claims = {"name": scene.hub.claims["given_name"], "email": scene.hub.claims["given_name"]}
        _, session = scene.signs_in()
        _, found = scene.issuing.userinfo(scene.redeems(scene.lets_in(session)).access_token)
        assert set(found) == {"sub", "preferred_username", "nickname", "locale", "name", "bp_subject_type", "bp_attr_loa"}

    def test_the_id_token_gets_them_where_the_tool_wants_it(self, scene: Scene) -> None:
        scene.changes_tool(claims_in_id_token=True)
        _, session = scene.signs_in()
        values = scene.redeems(scene.lets_in(session)).id_token_values
        assert values["preferred_username"] == "heide-otter"

    def test_the_citys_own_tool_needs_no_agreement_and_has_a_subject(self, scene: Scene) -> None:
        scene.changes_tool(first_party=True)
        asked, session = scene.signs_in()
        done = scene.redeems(scene.gets_code(asked, session))
        assert done.grant.consent_id is None
        assert scene.issuing.userinfo(done.access_token)[1]["sub"] == done.grant.sub

    @pytest.mark.parametrize("token", ["", "x", "x" * 43])
    def test_an_unknown_token_shows_nothing(self, scene: Scene, token: str) -> None:
        with pytest.raises(InvalidToken):
            scene.issuing.userinfo(token)

    def test_a_token_ends_after_ten_minutes(self, scene: Scene) -> None:
        _, session = scene.signs_in()
        token = scene.redeems(scene.lets_in(session)).access_token
        scene.clock.advance(minutes=10)
        with pytest.raises(InvalidToken):
            scene.issuing.userinfo(token)


def test_an_outage_of_sql_does_not_cost_the_code_a_47(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    _, session = scene.signs_in()
    code = scene.lets_in(session)

    def away(grant: Grant) -> bool:
        raise StoreUnavailable

    with monkeypatch.context() as outage:
        outage.setattr(scene.grants, "add", away)
        with pytest.raises(StoreUnavailable):
            scene.redeems(code)
    assert scene.redeems(code)


def test_a35_a_session_of_another_tool_alone_is_worth_no_code_and_no_token(scene: Scene) -> None:
    _, session = scene.signs_in()
    code, token = scene.lets_in(session), scene.redeems(scene.lets_in(session)).access_token
    scene.sessions.add(replace(session, only_for="forum"))
    with pytest.raises(InvalidGrant):
        scene.redeems(code)
    with pytest.raises(InvalidToken):
        scene.issuing.userinfo(token)
