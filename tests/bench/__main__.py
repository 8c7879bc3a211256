"""`python -m tests.bench [soak] [--rounds N] [--scale N]`."""

from __future__ import annotations

import argparse
import signal
import sys

import pytest

from tests.bench import report, sign_out_speed, sign_out_storm, soak
from tests.bench.counting import asked_of_stores, session_bytes
from tests.bench.load import Job
from tests.bench.measuring import measure
from tests.bench.stage import CONNECTIONS, Stage, set_stage

SIZES = {
    "floor": 400,
    "silent sign-in": 400,
    "strict sign-in": 200,
    "floor + bare SQL": 300,
    "userinfo": 600,
    "discovery": 800,
    "brokered sign-in": 100,
}
OPEN_LOOP = Job("silent sign-in", 300, 32, per_second=20)
COUNTED = 200
SHORT_MEMORY_RUN = 2_000


def main() -> None:
    """Measure and print; with `soak`, storm and fail if an invariant breaks."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("what", nargs="?", choices=["bench", "soak"], default="bench")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--scale", type=float, default=1.0, help="more or fewer of each operation per round")
    chosen = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the stage's servers are stopped also then
    try:
        if chosen.what == "soak":
            sys.exit(_soak())
        with set_stage(OPEN_LOOP.connections) as stage:
            _bench(stage, chosen.rounds, chosen.scale)
        print(sign_out_speed.run())
    except (pytest.fail.Exception, pytest.skip.Exception) as missing:
        sys.exit(f"make bench: {missing}")


def _soak() -> int:
    with set_stage(OPEN_LOOP.connections) as stage:
        first = soak.run(stage)
    return first or sign_out_storm.run()


def _bench(stage: Stage, rounds: int, scale: float) -> None:
    rows = measure(stage, {operation: max(CONNECTIONS, round(times * scale)) for operation, times in SIZES.items()}, rounds)
    print(report.costs(rows), flush=True)
    sign_ins = Job("silent sign-in", COUNTED, CONNECTIONS)
    asked = asked_of_stores(lambda: stage.generator.run(sign_ins), COUNTED, stage.redis_url, stage.database_url)
    print(report.stores(asked, session_bytes(stage.redis_url)), flush=True)
    print(report.open_loop(OPEN_LOOP, stage.generator.run(OPEN_LOOP).durations), flush=True)
    print(report.memory(soak.grow(stage, SHORT_MEMORY_RUN)))


if __name__ == "__main__":
    main()
