"""How fast one worker delivers logouts on one core, beside a bare loop that signs and posts, and while one tool hangs."""

from __future__ import annotations

import http.client
import signal
from time import monotonic, process_time, sleep
from urllib.parse import urlencode

from broker.oidc.keys import KeyRing
from broker.opened_stores import utc_now
from tests.bench.accounting import cpu_seconds
from tests.bench.sign_out_stage import SignOutStage, sign_out_stage

TOOLS = ["karte", "haushalt", "forum", "umfrage"]
HANGING = "dialog"
SESSIONS = 500
_PATIENCE = 120.0


def run() -> str:
    """One line for the report."""
    with sign_out_stage() as stage:
        stage.add_tools([*TOOLS, HANGING])
        floor = _floor(stage, SESSIONS)
        seconds, cpu = _delivered(stage, TOOLS)
        stage.mood(HANGING, "slow")
        hampered, _ = _delivered(stage, [*TOOLS, HANGING])
    many = SESSIONS * len(TOOLS)
    return (
        f"logouts          {many / seconds:.0f}/s by one worker (target 300, ES256), {cpu / many * 1000:.2f} CPU ms each, "
        f"{cpu / many / floor:.1f} x a bare loop of signing and posting; {many / hampered:.0f}/s to four tools while a fifth hangs"
    )


def _delivered(stage: SignOutStage, tools: list[str]) -> tuple[float, float]:
    """Seconds and CPU seconds of the worker until all but the hanging tool have been told. The worker loads first."""
    sessions = stage.sign_in(SESSIONS, tools)
    before = stage.counts()
    worker = stage.start_worker()
    sleep(3)  # it imports and looks a few times
    worker.send_signal(signal.SIGSTOP)  # so that it has all to do at once
    for session in sessions:
        stage.stores.outbox.end_session(session.id, "bench")
    worker.send_signal(signal.SIGCONT)
    began, used = monotonic(), cpu_seconds(worker.pid)
    deadline = began + _PATIENCE
    while any(stage.counts().get(name, 0) - before.get(name, 0) < SESSIONS for name in TOOLS):
        assert monotonic() < deadline, "the worker is too slow"
        sleep(0.05)
    result = monotonic() - began, cpu_seconds(worker.pid) - used
    worker.terminate()
    worker.wait(30)
    return result


def _floor(stage: SignOutStage, times: int) -> float:
    """CPU seconds per token signed and posted, and nothing else."""
    ring, began = KeyRing(stage.stores.signing_keys.list, utc_now), process_time()
    for number in range(times):
        claims = {"iss": "i", "aud": "a", "iat": number, "exp": number + 120, "jti": str(number), "sub": "s", "sid": "s", "events": {}}
        body = urlencode({"logout_token": ring.sign(claims, "logout+jwt", "ES256")})
        connection = http.client.HTTPConnection("127.0.0.1", stage.port)
        connection.request("POST", "/logout/floor", body, {"Content-Type": "application/x-www-form-urlencoded"})
        connection.getresponse().read()
        connection.close()
    return (process_time() - began) / times
