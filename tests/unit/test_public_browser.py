"""At a public computer everything in the browser goes along, whoever signed in there (SE-03)."""

from __future__ import annotations

from broker.core.client_policy import LogoutPolicy
from broker.core.session import BrokerSession, EndedBy
from tests.support.flow_scene import Scene

IDLE_MINUTES = 6


def _both(scene: Scene, *, public: bool) -> tuple[BrokerSession, BrokerSession]:
    """Hanne's common session, and Erika's at a tool that keeps to itself, in one browser and on one session of the hub."""
    scene.hub.sid, scene.hub.person = "one-for-the-browser", "hanne"
    _, common = scene.signs_in(alias="sh", public_computer=public)
    scene.tool(client_id="forum", logout=LogoutPolicy(isolated_session=True))
    scene.hub.person = "erika"
    _, own = scene.signs_in(alias="sh", client_id="forum")
    return common, own


def test_what_another_person_opened_at_a_tool_becomes_public_and_ends_with_it(scene: Scene) -> None:
    common, own = _both(scene, public=False)

    scene.overseeing.share(common)
    shared = scene.sessions.find(own.id)
    assert shared is not None
    assert shared.public_computer
    known = scene.sessions.find(common.id)
    assert known is not None
    scene.overseeing.sign_out(known)
    assert scene.sessions.find(own.id) is None


def test_the_next_person_keeps_the_hub_session_that_they_came_by(scene: Scene) -> None:
    common, own = _both(scene, public=True)
    scene.clock.advance(minutes=IDLE_MINUTES)
    scene.hub.person = "max"

    _, new = scene.signs_in(common, alias="sh")

    assert new.upstream_id_token not in scene.hub.ended
    assert scene.hub.ended == [], "it is Max's by now"
    assert scene.overseeing.why_ended(own.id) is EndedBy.TIME
    assert scene.signing_out.end(new).upstream_ended
