"""Signing out: everything ends, whoever must know is told (LO-03, A-34)."""

from __future__ import annotations

import pytest

from broker.core.errors import StoreUnavailable, UpstreamUnavailable
from tests.support.flow_scene import Scene


@pytest.fixture
def two_tools(scene: Scene) -> Scene:
    scene.tool(
        client_id="haushalt", name="Bürgerhaushalt", sector="haushalt.example.org", backchannel_logout_uri="https://h.example.org/bc"
    )
    return scene


def test_every_tool_of_the_session_is_told(two_tools: Scene) -> None:
    _, session = two_tools.signs_in()
    two_tools.redeems(two_tools.lets_in(session))
    two_tools.redeems(two_tools.lets_in(session, client_id="haushalt"), client_id="haushalt")
    done = two_tools.signing_out.end(session)
    assert done.tools.names == ("Bürgerhaushalt", "Mitmachkarte")
    assert done.upstream_ended
    assert two_tools.hub.ended == ["hub-token-of-erika"]
    assert two_tools.sessions.find(session.id) is None


def test_a_tool_that_was_never_entered_is_not_told(two_tools: Scene) -> None:
    _, session = two_tools.signs_in()
    two_tools.redeems(two_tools.lets_in(session))
    assert two_tools.signing_out.end(session).tools.names == ("Mitmachkarte",)


def test_a_hub_that_is_away_stops_nothing(scene: Scene) -> None:
    _, session = scene.signs_in()
    scene.hub.trouble = UpstreamUnavailable()
    assert not scene.signing_out.end(session).upstream_ended
    assert scene.sessions.find(session.id) is None


def test_without_sql_nobody_is_told_they_are_signed_out(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    _, session = scene.signs_in()

    def away(*arguments: object) -> int:
        raise StoreUnavailable

    monkeypatch.setattr(scene.outbox, "end_session", away)
    with pytest.raises(StoreUnavailable):
        scene.signing_out.end(session)
    assert scene.sessions.find(session.id) is not None
