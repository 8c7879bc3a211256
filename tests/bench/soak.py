"""`make soak`: many sign-ins leave memory flat; of many who present one code at once exactly one gets tokens (CO-02); all who present one
refresh token at once get the same successor, or nothing (RT-04)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from tests.bench.accounting import proportional_kib, workers_of
from tests.bench.load import Job
from tests.bench.stage import CONNECTIONS, Stage

SIGN_INS = 10_000
WARM_UP = 1_000
ROUNDS, AT_ONCE = 200, 64
ALLOWED_PERCENT = 10.0


@dataclass(frozen=True)
class Growth:
    """PSS of each web process in KiB, before and after so many sign-ins."""

    before: Sequence[int]
    after: Sequence[int]
    sign_ins: int

    @property
    def percent(self) -> float:
        """Of the process that grew most."""
        return max((after - before) / before * 100 for before, after in zip(self.before, self.after, strict=True))


def run(stage: Stage) -> int:
    """The exit status: 0 if all held."""
    growth = grow(stage, SIGN_INS)
    print(
        f"PSS of web processes over {SIGN_INS} silent sign-ins: {growth.before} -> {growth.after} KiB, {growth.percent:+.1f} %", flush=True
    )
    rounds = stage.generator.storm(ROUNDS, AT_ONCE)
    outcomes = Counter(status for statuses in rounds for status in statuses)
    broken = [statuses for statuses in rounds if Counter(statuses)[200] != 1 or set(statuses) - {200, 400}]
    print(f"{ROUNDS} codes, each redeemed {AT_ONCE} times at once: {dict(outcomes)}; rounds without exactly one success: {len(broken)}")
    one_family = _one_family(stage)
    return int(growth.percent > ALLOWED_PERCENT or bool(broken) or not one_family)


def _one_family(stage: Stage) -> bool:
    """Whether each round of refreshing came to one pair of tokens and refusals at most."""
    rounds = stage.generator.refresh_storm(ROUNDS, AT_ONCE)
    pairs = [[outcome for outcome in found if not outcome.isdigit()] for found in rounds]
    broken = [found for found, brought in zip(rounds, pairs, strict=True) if len(brought) != 1 or set(found) - {*brought, "400"}]
    refused = sum(found["400"] for found in rounds)
    print(
        f"{ROUNDS} refresh tokens, each exchanged {AT_ONCE} times at once: {refused} of {ROUNDS * AT_ONCE} refused, the others got the "
        f"same; rounds without exactly one successor: {len(broken)}"
    )
    return not broken


def grow(stage: Stage, sign_ins: int) -> Growth:
    """Sign in so many times, after a warm-up that fills caches and opens connections."""
    stage.generator.run(Job("silent sign-in", WARM_UP, CONNECTIONS))
    workers = workers_of(stage.broker["web"])
    before = [proportional_kib(pid) for pid in workers]
    stage.generator.run(Job("silent sign-in", sign_ins, CONNECTIONS))
    return Growth(before, [proportional_kib(pid) for pid in workers], sign_ins)
