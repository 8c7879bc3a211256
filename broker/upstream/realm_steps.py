"""Builds the steps of a plan from comparisons: the one place that knows how a creation, a change and a removal are said."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from broker.upstream.realm_desired import Json, without_nulls
from broker.upstream.realm_diff import Difference, differences, merged
from broker.upstream.realm_plan import Step


@dataclass(frozen=True, slots=True)
class StepMaker:
    """Makes steps; `secrets` are masked in what they say."""

    secrets: frozenset[str] = frozenset()

    def create(self, label: str, body: Mapping[str, Any], take: Callable[[Json], None]) -> Step:
        """A step that creates an object with this body."""
        return Step((f"+ create {label}",), lambda: take(without_nulls(body)))

    def remove(self, label: str, take: Callable[[], None]) -> Step:
        """A step that removes an object."""
        return Step((f"- remove {label}",), take)

    def change(self, label: str, wanted: Mapping[str, Any], found: Mapping[str, Any], take: Callable[[Json], None]) -> list[Step]:
        """No step when the object is as wanted, else one that sends what was found with what is wanted laid over it."""
        different = differences(wanted, found)
        return [self.differing(label, different, lambda: take(merged(wanted, found)))] if different else []

    def differing(self, label: str, different: Iterable[Difference], take: Callable[[], None]) -> Step:
        """A step for differences already found."""
        return Step(tuple(each.line(label, self.secrets) for each in different), take)
