"""Rounds: each operation and the floor by turns, CPU time of every server-side process before and after."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tests.bench.accounting import cpu_of
from tests.bench.load import Job
from tests.bench.stage import CONNECTIONS, Stage

FLOOR = "floor"
TURNS = 10


@dataclass
class Row:
    """One operation over all rounds: CPU milliseconds per operation by family, and how long each took in seconds."""

    operation: str
    cost: list[dict[str, float]] = field(default_factory=list)
    durations: list[float] = field(default_factory=list)

    @property
    def totals(self) -> list[float]:
        """CPU milliseconds per operation, one figure per round."""
        return [sum(families.values()) for families in self.cost]

    @property
    def median(self) -> float:
        """The middle round."""
        return statistics.median(self.totals)

    def part(self, family: str) -> float:
        """The middle round's share of one family."""
        return statistics.median(families[family] for families in self.cost)

    def ratios(self, floor: Row) -> list[float]:
        """Times the floor of the same round."""
        return [mine / theirs for mine, theirs in zip(self.totals, floor.totals, strict=True)]

    def percentile(self, percent: int) -> float:
        """Milliseconds of wall clock."""
        return percentile(self.durations, percent)


def measure(stage: Stage, sizes: Mapping[str, int], rounds: int) -> dict[str, Row]:
    """Measure these operations, so many of each per round, after a warm-up of a quarter."""
    rows = {operation: Row(operation) for operation in sizes}
    for operation, times in sizes.items():
        stage.generator.run(Job(operation, max(8, times // 4), CONNECTIONS))
    for _ in range(rounds):
        _round(stage, rows, sizes)
    return rows


def _round(stage: Stage, rows: Mapping[str, Row], sizes: Mapping[str, int]) -> None:
    """By small turns, so that a machine that gets busier meanwhile is busier for all of them."""
    spent: dict[str, Counter[str]] = {operation: Counter() for operation in sizes}
    done: Counter[str] = Counter()
    for _ in range(TURNS):
        for operation, times in sizes.items():
            families = stage.families(operation)
            before = cpu_of(families)
            durations = stage.generator.run(Job(operation, max(CONNECTIONS, times // TURNS), CONNECTIONS)).durations
            after = cpu_of(families)
            spent[operation].update({name: after[name] - before[name] for name in families})  # type: ignore[dict-item]
            done[operation] += len(durations)
            rows[operation].durations.extend(durations)
    for operation, seconds in spent.items():
        rows[operation].cost.append({name: 1000 * used / done[operation] for name, used in seconds.items()})


def percentile(durations: Sequence[float], percent: int) -> float:
    """Of seconds, in milliseconds."""
    return statistics.quantiles(durations, n=100, method="inclusive")[percent - 1] * 1000
