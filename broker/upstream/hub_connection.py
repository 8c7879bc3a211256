"""Calls to the hub: connection pool, deadline, bulkhead and circuit breaker in one place (A-45, F-11, F-12, F-13).

Every call ends within the deadline, whatever the other side does. Few calls run at a time, so a hub that hangs cannot take the web
threads with it; after three failures in a row nobody waits for it for ten seconds.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError

from broker.core.errors import UpstreamUnavailable

CONNECT_SECONDS, DEADLINE_SECONDS = 2.0, 5.0
CALLS_AT_A_TIME = 8
FAILURES_TO_OPEN, OPEN_SECONDS = 3, 10.0
LARGEST_ANSWER = 512 * 1024
_PATIENCE_FOR_A_SLOT = 0.5


@dataclass(frozen=True, slots=True)
class Answer:
    """What the hub answered: the status, and the JSON object in the body (None when it was none)."""

    status: int
    body: dict[str, object] | None
    location: str = ""


class HubConnection:
    """Talks HTTP to one hub. Redirects are not followed; an answer of 5xx counts as no answer."""

    def __init__(self, deadline: float = DEADLINE_SECONDS) -> None:
        self._deadline = deadline
        self._http = requests.Session()
        self._http.trust_env = False
        self._http.headers["Accept-Encoding"] = "identity"
        adapter = HTTPAdapter(pool_connections=2, pool_maxsize=CALLS_AT_A_TIME)
        self._http.mount("https://", adapter)
        self._http.mount("http://", adapter)
        self._slots = threading.BoundedSemaphore(CALLS_AT_A_TIME)
        self._threads = ThreadPoolExecutor(CALLS_AT_A_TIME, thread_name_prefix="hub")
        self._breaker = Breaker()

    def get(self, url: str, parameters: Mapping[str, str] | None = None, deadline: float | None = None) -> Answer:
        """GET. Raises UpstreamUnavailable when there is no whole answer in time."""
        return self._call("GET", url, deadline, params=parameters)

    def post(self, url: str, form: Mapping[str, str], credentials: tuple[str, str]) -> Answer:
        """POST of a form with client_secret_basic (RFC 6749 2.3.1). Raises UpstreamUnavailable when there is no whole answer in time."""
        return self._call("POST", url, None, data=form, auth=credentials)

    def close(self) -> None:
        """Let go of all connections; calls that still run end by themselves."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._http.close()

    def _call(self, method: str, url: str, deadline: float | None, **options: object) -> Answer:
        if self._breaker.is_open:
            raise UpstreamUnavailable("The hub did not answer lately; not asked again yet.")
        if not self._slots.acquire(timeout=_PATIENCE_FOR_A_SLOT):
            raise UpstreamUnavailable("Too many calls wait for the hub.")
        seconds = deadline or self._deadline
        running = self._threads.submit(self._exchange, method, url, time.monotonic() + seconds, options)
        running.add_done_callback(self._free)
        try:
            answer = running.result(seconds)
        except (requests.RequestException, TimeoutError, OSError) as error:
            self._breaker.failed()
            raise UpstreamUnavailable(f"The hub did not answer: {type(error).__name__}.") from None
        if answer.status >= 500:
            self._breaker.failed()
            raise UpstreamUnavailable(f"The hub answered with status {answer.status}.")
        self._breaker.succeeded()
        return answer

    def _free(self, finished: Future[Answer]) -> None:
        self._slots.release()

    def _exchange(self, method: str, url: str, until: float, options: dict[str, object]) -> Answer:
        patience = max(until - time.monotonic(), 0.1)
        timeout = (min(CONNECT_SECONDS, patience), patience)
        with self._http.request(method, url, timeout=timeout, stream=True, allow_redirects=False, **options) as response:  # type: ignore[arg-type]  # options of several types
            body = _read(response, until)
            return Answer(response.status_code, _json_object(body), response.headers.get("Location", ""))


class Breaker:
    """Opens after some failures in a row; after a while one call may try again."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._failures = 0
        self._open_until = 0.0

    @property
    def is_open(self) -> bool:
        """Whether nobody should call now. When the time is over, the first to ask gets through and the others go on waiting."""
        with self._lock:
            if self._failures < FAILURES_TO_OPEN:
                return False
            if time.monotonic() < self._open_until:
                return True
            self._open_until = time.monotonic() + OPEN_SECONDS
            return False

    def failed(self) -> None:
        """Note a call without an answer."""
        with self._lock:
            self._failures += 1
            self._open_until = time.monotonic() + OPEN_SECONDS

    def succeeded(self) -> None:
        """Note an answer: all is well again."""
        with self._lock:
            self._failures = 0


def _read(response: requests.Response, until: float) -> bytes:
    """The body, as far as size and deadline allow."""
    body = bytearray()
    try:
        while piece := response.raw.read1(16 * 1024):  # whatever is there, so that a trickle cannot outlast the deadline
            body += piece
            if len(body) > LARGEST_ANSWER or time.monotonic() > until:
                raise TimeoutError
    except HTTPError:
        raise requests.ConnectionError from None
    return bytes(body)


def _json_object(body: bytes) -> dict[str, object] | None:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
