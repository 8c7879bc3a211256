"""A plan says what it will do; when Keycloak fails half-way, what was done and what was not is said, and an outage stays an outage."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from broker.core.errors import BrokerError, UpstreamRefused, UpstreamUnavailable
from broker.upstream.realm_plan import NOTHING, Plan, Step, take_all


def failing(error: BrokerError) -> Callable[[], None]:
    def take() -> None:
        raise error

    return take


def test_an_empty_plan_says_that_there_is_nothing_to_do() -> None:
    plan = Plan(notes=("identity provider x stays",))
    assert plan.empty
    assert plan.lines() == [NOTHING, "! identity provider x stays"]
    assert not take_all(plan).changed


def test_steps_are_taken_in_order_and_reported() -> None:
    taken: list[int] = []
    plan = Plan(tuple(Step((f"+ create {number}",), lambda number=number: taken.append(number)) for number in (1, 2)))  # type: ignore[misc]
    assert take_all(plan).lines == ("+ create 1", "+ create 2")
    assert taken == [1, 2]


@pytest.mark.parametrize("kind", [UpstreamUnavailable, UpstreamRefused])
def test_a_failure_half_way_tells_what_was_done_and_what_not(kind: type[BrokerError]) -> None:
    steps = (
        Step(("+ create a",), lambda: None),
        Step(("~ change b",), failing(kind("Keycloak fell over."))),
        Step(("+ create c",), lambda: None),
    )
    with pytest.raises(kind) as failure:
        take_all(Plan(steps))
    assert str(failure.value).splitlines() == [
        "Keycloak fell over.",
        "Done before that:",
        "+ create a",
        "Not done:",
        "~ change b",
        "+ create c",
        "Apply again to finish.",
    ]
