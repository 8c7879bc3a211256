"""What has become of a sign-out at each tool, and how often a page may ask: rules and properties (LO-03)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.core.delivery import Delivery, DeliveryState
from broker.core.sign_out_ticket import TICKET_LIFETIME, LeftTool, SignOutTicket, ToolOutcome, ToolState, outcomes
from tests.support.makers import NOW

TICKET = SignOutTicket("secret", "browser", (), "bundid", True, NOW, NOW + TICKET_LIFETIME)
KARTE = LeftTool("karte", "sid", "Mitmachkarte")
ADDRESS = "https://karte.example.org/out?sid=sid"


def delivery(state: DeliveryState, client_id: str = "karte", sid: str = "sid", attempts: int = 0) -> Delivery:
    """A delivery to a tool session."""
    return Delivery("id", "logout", client_id, "sub", sid, state, attempts, NOW, NOW + timedelta(seconds=20))


@pytest.mark.parametrize(
    ("tool", "state", "expected"),
    [
        (KARTE, DeliveryState.DELIVERED, ToolState.DONE),
        (KARTE, DeliveryState.PENDING, ToolState.PENDING),
        (KARTE, DeliveryState.FAILED, ToolState.FAILED),
        (KARTE, None, ToolState.UNTOLD),
        (replace(KARTE, asked=True), None, ToolState.DONE),
        (replace(KARTE, asked=True), DeliveryState.PENDING, ToolState.DONE),
        (replace(KARTE, frontchannel=ADDRESS), None, ToolState.SENT),
        (replace(KARTE, frontchannel=ADDRESS), DeliveryState.FAILED, ToolState.SENT),
        (replace(KARTE, frontchannel=ADDRESS), DeliveryState.PENDING, ToolState.PENDING),
        (replace(KARTE, frontchannel=ADDRESS), DeliveryState.DELIVERED, ToolState.DONE),
    ],
)
def test_what_has_become_of_a_tool(tool: LeftTool, state: DeliveryState | None, expected: ToolState) -> None:
    (found,) = outcomes([tool], [delivery(state)] if state else [])
    assert found.state is expected
    assert found.addresses == ((ADDRESS,) if tool.frontchannel and expected is not ToolState.DONE else ())


def test_another_session_of_the_same_tool_says_nothing() -> None:
    found = outcomes([KARTE], [delivery(DeliveryState.DELIVERED, sid="other"), delivery(DeliveryState.DELIVERED, "other")])
    assert found == (ToolOutcome("Mitmachkarte", ToolState.UNTOLD),)


def test_a_tool_entered_before_and_after_a_step_up_is_one_and_as_far_as_its_worst_session() -> None:
    tools = [replace(KARTE, sid="old", frontchannel="https://x.example/1"), replace(KARTE, sid="new", frontchannel="https://x.example/2")]
    (found,) = outcomes(tools, [delivery(DeliveryState.DELIVERED, sid="old"), delivery(DeliveryState.PENDING, sid="new", attempts=3)])
    assert (found.state, found.attempts, found.addresses) == (ToolState.PENDING, 3, ("https://x.example/2",))


sessions = st.lists(
    st.tuples(st.sampled_from("abc"), st.sampled_from("123"), st.booleans(), st.sampled_from([None, *DeliveryState])),
    unique_by=lambda one: one[:2],
)


@given(sessions, st.randoms())
def test_every_tool_is_there_once_and_done_only_if_all_its_sessions_are(
    drawn: list[tuple[str, str, bool, DeliveryState | None]], shuffled: st.Random
) -> None:
    tools = [LeftTool(client, sid, f"Tool {client}", asked) for client, sid, asked, _ in drawn]
    deliveries = [delivery(state, client, sid) for client, sid, _, state in drawn if state]
    found = outcomes(tools, deliveries)
    shuffled.shuffle(tools)
    shuffled.shuffle(deliveries)

    assert outcomes(tools, deliveries) == found
    assert [one.name for one in found] == sorted({tool.name for tool in tools})
    for one in found:
        of_it = [asked or state is DeliveryState.DELIVERED for client, _, asked, state in drawn if f"Tool {client}" == one.name]
        assert (one.state is ToolState.DONE) is all(of_it)


@given(st.floats(0, 600))
def test_the_pause_is_bounded_and_never_outlives_the_ticket(seconds: float) -> None:
    now: datetime = NOW + timedelta(seconds=seconds)
    pause = TICKET.pause(now)
    assert pause is None or timedelta(seconds=3) <= pause <= timedelta(minutes=1)
    assert pause is None or now + pause < TICKET.expires_at
    if seconds < 500:
        assert pause is not None
