"""Refreshing, seen from the flow: what the consent, the session and the record decide (A-08, A-31)."""

from __future__ import annotations

from typing import Any

import pytest

from broker.core.client import Client
from broker.core.client_policy import GrantType, TokenPolicy
from broker.core.errors import InvalidGrant
from broker.core.request import Prompt
from broker.flows.refreshing import RefreshCall
from tests.support.flow_scene import Scene

BOTH = (GrantType.AUTHORIZATION_CODE, GrantType.REFRESH_TOKEN)
SCOPES = ("openid", "profile", "offline_access")


def refresh(scene: Scene, token: str) -> Any:
    """Exchange a token as the tool."""
    return scene.issuing.refreshing.refresh(karte(scene), RefreshCall(token))


def karte(scene: Scene) -> Client:
    """The tool as it is registered now."""
    return scene.clients.get("karte")


def offline(scene: Scene) -> Any:
    """A citizen lets the tool in for longer."""
    asked, session = scene.signs_in(scopes=SCOPES, prompts=frozenset({Prompt.CONSENT}))
    return scene.redeems(scene.gets_code(scene.agrees(asked, session), session)), session


def test_refreshing_is_no_sign_of_life_of_the_citizen(scene: Scene) -> None:
    scene.changes_tool(tokens=TokenPolicy(grant_types=BOTH, refresh_with_session=True))
    _, session = scene.signs_in()
    token = scene.redeems(scene.lets_in(session)).refresh_token
    before = scene.sessions.find(session.id)
    scene.clock.advance(minutes=5)

    refresh(scene, token)

    assert scene.sessions.find(session.id) == before


def test_a_switch_turned_off_ends_refreshing_with_the_session(scene: Scene) -> None:
    scene.changes_tool(tokens=TokenPolicy(grant_types=BOTH, refresh_with_session=True))
    _, session = scene.signs_in()
    token = scene.redeems(scene.lets_in(session)).refresh_token
    scene.changes_tool(tokens=TokenPolicy(grant_types=BOTH))

    with pytest.raises(InvalidGrant):
        refresh(scene, token)


def test_the_citys_own_tool_needs_a_yes_for_offline_access_and_loses_it_with_the_withdrawal(scene: Scene) -> None:
    scene.changes_tool(first_party=True, scopes=SCOPES, tokens=TokenPolicy(grant_types=BOTH))
    done, session = offline(scene)
    assert done.grant.offline
    assert done.grant.consent_id

    scene.consents.withdraw(session.subject_id, "karte")

    with pytest.raises(InvalidGrant):
        refresh(scene, done.refresh_token)


def test_the_citys_own_tool_does_not_get_offline_access_unasked(scene: Scene) -> None:
    scene.changes_tool(first_party=True, scopes=SCOPES, tokens=TokenPolicy(grant_types=BOTH))
    asked, session = scene.signs_in(scopes=SCOPES)

    done = scene.redeems(scene.gets_code(asked, session))

    assert (done.grant.offline, done.refresh_token, done.grant.scopes) == (False, None, ("openid", "profile"))


def test_an_id_token_without_the_session_carries_the_chosen_name_only(scene: Scene) -> None:
    scene.changes_tool(scopes=SCOPES, tokens=TokenPolicy(grant_types=BOTH), claims_in_id_token=True)
    done, session = offline(scene)
    assert set(done.id_token_values) > {"preferred_username", "nickname"}
    scene.sessions.revoke(session.id)

    later = refresh(scene, done.refresh_token)

    assert later.id_token_values == {"preferred_username": "heide-otter", "nickname": "heide-otter"}
    assert later.grant.auth_time == session.authenticated_at


def test_a_session_of_somebody_else_under_the_same_name_is_none(scene: Scene) -> None:
    scene.changes_tool(scopes=SCOPES, tokens=TokenPolicy(grant_types=BOTH), claims_in_id_token=True)
    done, session = offline(scene)
    scene.hub.person = "max"
    _, other = scene.signs_in()

    assert scene.issuing.recognising.session(other.id, session.subject_id, "karte") is None
    assert scene.issuing.recognising.session(session.id, session.subject_id, "karte") == session
    assert scene.issuing.recognising.session(session.id, session.subject_id, "another") == session, "the common session is for all"
    assert refresh(scene, done.refresh_token)
