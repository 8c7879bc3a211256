"""What a session is worth once its cookie turned up on another device (SE-13)."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from broker.core.linking import is_fresh
from broker.core.session import UNNAMED
from broker.core.trust import TrustLevel
from tests.support.makers import NOW, session

DEVICES = st.sampled_from(["", "Firefox, Windows", "Safari, iPhone", "Chrome, Linux", "Chrome, Android"])
LEVELS = st.sampled_from(TrustLevel)


@given(LEVELS, DEVICES, st.lists(DEVICES, min_size=1, max_size=5))
def test_se_13_it_is_noted_once_and_the_level_only_falls(trust: TrustLevel, began_on: str, seen: list[str]) -> None:
    began = session(trust=trust, device=began_on)
    now = began
    for device in seen:
        now = now.seen_on(device)
        assert now.trust <= trust
    others = [device or UNNAMED for device in seen if device != began_on] if began_on else []
    assert now.other_device == (others[0] if others else "")
    assert now.trust == (min(trust, TrustLevel.LOW) if others else trust)
    assert replace(now, trust=trust, other_device="") == began, "nothing else changes"


@given(DEVICES.filter(bool))
def test_citizen_ids_are_changed_only_where_the_sign_in_came_from(device: str) -> None:
    began = session(device="Edge, Windows", authenticated_at=NOW)
    assert is_fresh(began.seen_on("Edge, Windows"), NOW)
    assert not is_fresh(began.seen_on(device), NOW)
