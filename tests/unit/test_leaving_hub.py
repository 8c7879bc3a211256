"""Keycloak's session is kept only where a sign-out needs it: what it knows of a citizen goes at once elsewhere (A-42)."""

from __future__ import annotations

import pytest

from broker.core.provider import ProviderLogout
from broker.core.session import BrokerSession
from tests.support.flow_scene import Scene
from tests.support.makers import provider

TOKEN = "hub-token-of-erika"


@pytest.mark.parametrize("logout", [ProviderLogout.NONE, ProviderLogout.NEEDLESS])
def test_where_the_citizen_id_has_no_logout_the_hubs_session_ends_right_after_the_sign_in(scene: Scene, logout: ProviderLogout) -> None:
    scene.providers.replace_all([provider("bundid", logout=logout)])

    _, session = scene.signs_in()

    assert scene.hub.ended == [TOKEN]
    assert (session.upstream_sid, session.upstream_id_token) == (None, None)
    assert scene.sessions.find(session.id) == session
    assert scene.signing_out.end(session).upstream_ended, "nothing is left there"
    assert scene.hub.ended == [TOKEN]


def test_where_it_has_one_the_hubs_session_waits_for_the_sign_out(scene: Scene) -> None:
    _, session = scene.signs_in()

    assert scene.hub.ended == []
    assert scene.signing_out.end(session).upstream_ended
    assert scene.hub.ended == [TOKEN]


def _signs_in_where_our_cookies_were_lost(scene: Scene, alias: str) -> None:
    """The browser kept the hub's cookies; Keycloak has one session per browser, which a second citizen ID takes over."""
    state = scene.is_sent(scene.begins(browser_id="without-our-cookies"), alias)
    assert scene.comes_back(state, browser="without-our-cookies").session


def test_a_hub_session_that_another_sign_in_needs_stays(scene: Scene) -> None:
    scene.providers.replace_all([provider("sh"), provider("bundid", logout=ProviderLogout.NONE)])
    scene.hub.sid = "one-for-the-browser"
    scene.signs_in(alias="sh")

    _signs_in_where_our_cookies_were_lost(scene, "bundid")

    assert scene.hub.ended == []


def test_a_session_that_takes_the_place_of_another_leaves_nothing_at_the_hub(scene: Scene) -> None:
    scene.providers.replace_all([provider("sh"), provider("bundid", logout=ProviderLogout.NONE)])
    scene.hub.sid = "one-for-the-browser"
    _, old = scene.signs_in(alias="sh")

    scene.signs_in(old, alias="bundid")

    assert scene.hub.ended == [TOKEN, f"{TOKEN}#2"], "before the second sign-in, and after it"


def test_if_the_hub_does_not_answer_the_worker_tries_again(scene: Scene) -> None:
    session = _signs_in_at_a_deaf_hub(scene)
    assert (session.upstream_sid, session.upstream_id_token) == (None, None)
    assert scene.worker_tells_hub() == 0

    scene.hub.deaf = False
    assert scene.worker_tells_hub() == 1
    assert scene.hub.ended == [TOKEN, TOKEN, TOKEN]


def test_what_the_hub_did_not_end_is_spared_while_another_sign_in_needs_it(scene: Scene) -> None:
    scene.hub.sid = "one-for-the-browser"
    _signs_in_at_a_deaf_hub(scene)
    scene.hub.deaf, scene.hub.person = False, "max"
    _, other = scene.signs_in(alias="sh")

    scene.worker_tells_hub()
    assert scene.hub.ended == [TOKEN]

    assert scene.signing_out.end(other).upstream_ended
    assert scene.hub.ended == [TOKEN, other.upstream_id_token]


def _signs_in_at_a_deaf_hub(scene: Scene) -> BrokerSession:
    """By a citizen ID without a logout; the hub does not hear that its session shall end."""
    scene.providers.replace_all([provider("sh"), provider("bundid", logout=ProviderLogout.NONE)])
    state = scene.is_sent(scene.begins())
    scene.hub.deaf = True
    session = scene.comes_back(state).session
    assert session is not None
    return session
