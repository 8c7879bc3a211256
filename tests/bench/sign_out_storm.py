"""`make soak`, second part: a thousand sign-outs at five tools, one of them away in every way there is; workers and Redis are killed.

What has to hold: every session of every tool has ended within a minute of that tool's return, none is lost, no token is seen twice, the
outbox is empty at the end, and the workers' memory is flat.
"""

from __future__ import annotations

import math
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import monotonic, sleep, time

from broker.core.errors import StoreUnavailable
from broker.core.session import BrokerSession
from tests.bench.accounting import proportional_kib
from tests.bench.sign_out_stage import SignOutStage, sign_out_stage

SIGN_OUTS = 1_000
TOOLS = ["karte", "haushalt", "forum", "umfrage", "dialog"]
AWAY = TOOLS[-1]
WITHIN_SECONDS = 60.0
_PATIENCE = 300.0
_KIB_ALLOWED = 30 * 1024


@dataclass(frozen=True)
class Event:
    """Something that happens so many seconds after the first sign-out."""

    at: float
    what: str
    do: Callable[[], object]


@dataclass(frozen=True)
class _Storm:
    """All sign-outs: how long they took, how often somebody had to press again, and when the last was done (seconds since 1970)."""

    sessions: list[BrokerSession]
    seconds: float
    pressed_again: int
    over_at: float


def run() -> int:
    """The exit status: 0 if all held."""
    with sign_out_stage() as stage:
        stage.add_tools(TOOLS)
        sessions = stage.sign_in(SIGN_OUTS, TOOLS)
        stage.mood(AWAY, "down")
        workers = [stage.start_worker(), stage.start_worker()]
        _warm_up(stage)
        began, memory = monotonic(), max(proportional_kib(worker.pid) for worker in workers)
        clock = threading.Thread(target=_happen, args=(_events(stage), began))
        clock.start()
        with ThreadPoolExecutor(16) as citizens:
            again = sum(citizens.map(lambda session: _signs_out(stage, session), sessions))
        storm = _Storm(sessions, monotonic() - began, again, time())
        clock.join()
        _until_empty(stage)
        return _judge(stage, storm, proportional_kib(stage.workers[-1].pid) - memory)


def _warm_up(stage: SignOutStage) -> None:
    """Until the workers have loaded all they need: their memory then is what they begin with."""
    for session in stage.sign_in(200, TOOLS[:1]):
        stage.signing_out.end(session)
    _until_empty(stage)


def _events(stage: SignOutStage) -> list[Event]:
    def replace_worker(index: int) -> None:
        stage.workers[index].send_signal(signal.SIGKILL)
        stage.start_worker()

    def restart_redis() -> None:
        stage.redis.kill()
        stage.redis.start()

    return [
        Event(1, "a worker is killed", lambda: replace_worker(0)),
        Event(2, "Redis is killed and started again", restart_redis),
        Event(6, "another worker is killed", lambda: replace_worker(1)),
        Event(15, f"{AWAY} answers after 8 s", lambda: stage.mood(AWAY, "slow")),
        Event(30, f"{AWAY} answers 500", lambda: stage.mood(AWAY, "failing")),
        Event(40, f"{AWAY} answers no HTTP", lambda: stage.mood(AWAY, "garbled")),
        Event(50, f"{AWAY} is well", lambda: stage.mood(AWAY, "well")),
    ]


def _happen(events: list[Event], began: float) -> None:
    for event in events:
        sleep(max(0.0, began + event.at - monotonic()))
        event.do()
        print(f"{monotonic() - began:6.1f} s  {event.what}", flush=True)


def _signs_out(stage: SignOutStage, session: BrokerSession) -> int:
    """Press the button until it worked; how often it had to be pressed again."""
    for presses in range(1_000):
        try:
            stage.signing_out.end(session)
        except StoreUnavailable:
            sleep(0.2)
        else:
            return presses
    raise AssertionError("a sign-out was refused a thousand times")


def _until_empty(stage: SignOutStage) -> None:
    deadline = monotonic() + _PATIENCE
    while stage.stores.outbox.pending()[0]:
        if monotonic() > deadline:
            break  # the figures will tell
        sleep(0.25)


def _judge(stage: SignOutStage, storm: _Storm, grown: int) -> int:
    waiting, _ = stage.stores.outbox.pending()
    print(f"{SIGN_OUTS} sign-outs in {storm.seconds:.1f} s, {storm.pressed_again} pressed again; waiting in the outbox: {waiting}")
    good = waiting == 0 and grown <= _KIB_ALLOWED
    for name, tool in stage.report().items():
        ended = [tool["ended"].get(f"{name}-{session.id}", math.inf) for session in storm.sessions]
        last = max(ended) - max(tool["well_since"], storm.over_at)
        told = sum(at < math.inf for at in ended)
        print(
            f"{name:10} ended {told} of {SIGN_OUTS}, requests {tool['asked']}, told twice {tool['twice']}, same jti {tool['replayed']}, "
            f"invalid {tool['invalid']}, the last one {max(last, 0.0):.1f} s after the last sign-out or its return"
        )
        good &= told == SIGN_OUTS and not tool["replayed"] and not tool["invalid"] and last <= WITHIN_SECONDS
    print(f"memory of a worker: {grown:+d} KiB", flush=True)
    return int(not good)
