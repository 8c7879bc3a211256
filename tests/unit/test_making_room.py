"""Before a browser goes to another citizen ID, what it has open at the hub by the one before ends: Keycloak has one session for each
browser, and of a session that was taken over the citizen ID before never hears (LO-03, UP-13)."""

from __future__ import annotations

import pytest

from broker.core.client_policy import LogoutPolicy
from broker.core.errors import StoreUnavailable, UpstreamUnavailable
from broker.core.session import BrokerSession
from tests.support.flow_scene import Scene
from tests.support.one_session_hub import SID, one_session

TOKEN = "hub-token-of-hanne"


@pytest.fixture
def hanne(scene: Scene) -> BrokerSession:
    """Somebody who came by an account that has a logout, to a hub like Keycloak."""
    one_session(scene.hub, scene.signing_out)
    scene.hub.person = "hanne"
    _, session = scene.signs_in(alias="sh")
    assert (session.upstream_sid, scene.hub.ended) == (SID, [])
    return session


def now(scene: Scene, session: BrokerSession) -> BrokerSession:
    """What has become of a session that is still there."""
    found = scene.sessions.find(session.id)
    assert found is not None
    return found


def is_let_go(session: BrokerSession) -> bool:
    return (session.upstream_sid, session.upstream_id_token) == (None, None)


def test_lo03_it_ends_at_the_hub_before_the_browser_gets_there(scene: Scene, hanne: BrokerSession) -> None:
    scene.is_sent(scene.begins(), "bundid")
    assert scene.hub.ended == [TOKEN]


def test_up13_whoever_turns_back_is_signed_in_as_before_and_has_nothing_open_at_the_hub(scene: Scene, hanne: BrokerSession) -> None:
    scene.is_sent(scene.begins(), "bundid")

    stayed = now(scene, hanne)
    assert (stayed.subject_id, stayed.trust, stayed.claims) == (hanne.subject_id, hanne.trust, hanne.claims)
    assert is_let_go(stayed)
    signed_out = scene.signing_out.end(stayed)
    assert (signed_out.upstream_ended, signed_out.kept_at_hub) == (True, False)
    assert scene.hub.ended == [TOKEN], "there is nothing to ask for again"


def test_whoever_goes_on_signs_out_of_the_second_one_in_the_end(scene: Scene, hanne: BrokerSession) -> None:
    state = scene.is_sent(scene.begins(), "bundid")
    scene.hub.person = "erika"
    erika = scene.comes_back(state, hanne.id).session
    assert erika is not None
    assert scene.sessions.find(hanne.id) is None
    assert scene.hub.ended == [TOKEN], "the new one is not touched by the end of the old"

    assert scene.signing_out.end(erika).upstream_ended
    assert scene.hub.ended == [TOKEN, "hub-token-of-erika"]


def test_at_the_same_citizen_id_nothing_ends(scene: Scene, hanne: BrokerSession) -> None:
    """It knows of the newer sign-in itself, and a step-up that is stopped there leaves all as it was."""
    scene.is_sent(scene.begins(), "sh")
    assert scene.hub.ended == []
    assert now(scene, hanne) == hanne


def test_another_browser_is_none_of_its_business(scene: Scene, hanne: BrokerSession) -> None:
    scene.is_sent(scene.begins(browser_id="another"), "bundid")
    assert scene.hub.ended == []
    assert now(scene, hanne) == hanne


def test_all_that_hangs_on_one_session_of_the_hub_stays_here(scene: Scene, hanne: BrokerSession) -> None:
    """SE-03: the common session, and that of a tool for itself."""
    scene.tool(client_id="forum", logout=LogoutPolicy(isolated_session=True))
    _, own = scene.signs_in(hanne, alias="sh", client_id="forum")

    scene.is_sent(scene.begins(), "bundid")

    (ended,) = scene.hub.ended
    assert ended in {hanne.upstream_id_token, own.upstream_id_token}, "its one session, by either token"
    assert is_let_go(now(scene, hanne))
    assert is_let_go(now(scene, own))


def test_a_tools_own_session_alone_is_seen_as_well(scene: Scene) -> None:
    one_session(scene.hub, scene.signing_out)
    scene.tool(client_id="forum", logout=LogoutPolicy(isolated_session=True))
    _, own = scene.signs_in(alias="sh", client_id="forum")

    scene.is_sent(scene.begins(), "bundid")

    assert len(scene.hub.ended) == 1
    assert is_let_go(now(scene, own))


def test_so_is_one_that_nobody_was_busy_in_for_too_long_at_a_public_computer(scene: Scene) -> None:
    scene.hub.person = "hanne"
    scene.signs_in(alias="sh", public_computer=True)
    scene.clock.advance(minutes=6)
    scene.is_sent(scene.begins(), "bundid")
    assert scene.hub.ended == [TOKEN]


def test_a_hub_that_does_not_answer_the_sign_out_stops_nothing_and_is_asked_again(scene: Scene, hanne: BrokerSession) -> None:
    scene.hub.deaf = True
    assert scene.is_sent(scene.begins(), "bundid")

    scene.hub.deaf = False
    assert scene.worker_tells_hub() == 1, "while the citizen is still on the way"
    assert scene.hub.ended == [TOKEN, TOKEN]
    assert is_let_go(now(scene, hanne)), "and signed in here"


def test_lo03_it_is_not_asked_again_once_somebody_new_hangs_on_its_session(scene: Scene, hanne: BrokerSession) -> None:
    scene.hub.deaf = True
    state = scene.is_sent(scene.begins(), "bundid")
    scene.hub.deaf, scene.hub.person = False, "erika"
    erika = scene.comes_back(state, hanne.id).session
    assert erika is not None

    asked = len(scene.hub.ended)

    scene.worker_tells_hub()

    assert len(scene.hub.ended) == asked
    assert now(scene, erika).upstream_sid == SID


def test_a_hub_that_takes_no_sign_in_ends_none(scene: Scene, hanne: BrokerSession) -> None:
    asked = scene.begins()
    scene.hub.trouble = UpstreamUnavailable()
    with pytest.raises(UpstreamUnavailable):
        scene.is_sent(asked, "bundid")
    assert scene.hub.ended == []
    assert now(scene, hanne) == hanne


def test_while_redis_is_away_nothing_ends_at_the_hub(scene: Scene, hanne: BrokerSession, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(session: BrokerSession) -> bool:
        raise StoreUnavailable

    with monkeypatch.context() as outage:
        outage.setattr(scene.sessions, "replace", away)
        with pytest.raises(StoreUnavailable):
            scene.signing_in.opening.make_room(scene.begins(), "bundid")
    assert scene.hub.ended == []


def test_lo03_the_same_person_on_a_new_session_of_the_hub_leaves_none_behind(scene: Scene) -> None:
    """As where the browser has lost the hub's cookies and kept ours, or the new sign-in is by a voucher, which the hub knows nothing of."""
    scene.hub.person, scene.hub.sid = "hanne", "the first"
    _, old = scene.signs_in(alias="sh")
    scene.hub.sid = "the second"

    _, new = scene.signs_in(old, alias="sh")

    assert new.subject_id == old.subject_id
    assert scene.hub.ended == [TOKEN]
    assert now(scene, new).upstream_sid == "the second"


def test_the_same_person_on_the_same_session_of_the_hub_keeps_it(scene: Scene, hanne: BrokerSession) -> None:
    _, new = scene.signs_in(hanne, alias="sh")
    assert (new.subject_id, scene.hub.ended) == (hanne.subject_id, [])


def test_se03_the_common_session_stays_where_a_tool_signs_somebody_in_for_itself_elsewhere(scene: Scene, hanne: BrokerSession) -> None:
    scene.tool(client_id="forum", logout=LogoutPolicy(isolated_session=True))
    scene.hub.person = "erika"

    _, own = scene.signs_in(hanne, alias="bundid", client_id="forum")

    assert scene.hub.ended == [TOKEN]
    assert is_let_go(now(scene, hanne))
    assert scene.signing_out.end(own).upstream_ended, "the common one no longer hangs on the session of the hub"
    assert scene.hub.ended == [TOKEN, "hub-token-of-erika"]
    assert now(scene, hanne).live(scene.clock())
