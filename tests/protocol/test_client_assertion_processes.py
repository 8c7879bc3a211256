"""A client assertion counts once over several processes that share nothing but the SQL database (A-48, CL-02)."""

from __future__ import annotations

import multiprocessing
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime
from typing import Any

from broker.store.sql import Database
from tests.support.app import Broker, closing, start
from tests.support.clock import Clock
from tests.support.signing import ASSERTION_TYPE, signing_tool
from tests.support.tool import Tool

PROCESSES, ROUNDS = 4, 25
_meet: Any = None


def remember(meet: Any) -> None:
    """What every process starts with: where they meet before each round."""
    global _meet
    _meet = meet


def shows(database_url: str, now: datetime, assertions: Sequence[str]) -> list[str]:
    """What a process of its own is told, assertion for assertion."""
    broker = start(database_url, "fake://", Clock(now), populate=False)
    client = broker.parts.stores.clients.get("signer")
    tool, told = Tool(broker.app, broker.issuer, client, ""), []
    for assertion in assertions:
        form = {"grant_type": "authorization_code", "code": "no-code", "redirect_uri": client.redirect_uris[0]}
        _meet.wait(30)
        answer = tool.calls_token({**form, "client_assertion_type": ASSERTION_TYPE, "client_assertion": assertion})
        told.append(answer.get_json()["error"])
    return told


def test_cl_02_of_several_processes_exactly_one_takes_an_assertion(database: Database, database_url: str, clock: Clock) -> None:
    spawn = multiprocessing.get_context("spawn")
    for broker in closing(start(database_url, "fake://", clock)):
        assertions = _made(broker)
        meet = spawn.Barrier(PROCESSES)
        with ProcessPoolExecutor(PROCESSES, spawn, remember, (meet,)) as pool:
            running = [pool.submit(shows, database_url, clock(), assertions) for _ in range(PROCESSES)]
            told = [one.result(60) for one in running]
    for answers in zip(*told, strict=True):
        assert sorted(answers) == ["invalid_client"] * (PROCESSES - 1) + ["invalid_grant"], "who passes hears of the wrong code"


def _made(broker: Broker) -> list[str]:
    signer = signing_tool(broker)
    return [signer.assertion() for _ in range(ROUNDS)]
