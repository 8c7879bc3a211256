"""One log line per request, and numbers for Prometheus. Neither ever holds a query string, a token or anything about a citizen (A-44).

The request id is the reference number that error pages show. Metrics have few and fixed labels (IN-03: they are served on a port of their
own, never on the public one).
"""

from __future__ import annotations

import json
import logging
import os
import secrets
import sys
from datetime import datetime
from functools import lru_cache
from time import perf_counter

import structlog
from flask import Flask, Response, g, has_request_context, request
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, multiprocess, start_http_server

from broker.core.delivery import Delivery
from broker.core.errors import BrokerError

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # no i, l, o, u: people read it out over the telephone
_METHODS = frozenset({"GET", "POST", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH"})
_UNMATCHED = "unmatched"
_QUIET = frozenset({"/healthz", "/readyz"})

_REQUESTS = Counter("broker_requests", "Answers by route pattern, method and status", ["route", "method", "status"])
_SECONDS = Histogram(
    "broker_request_seconds", "Time to answer by route pattern", ["route"], buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
)
_ERRORS = Counter("broker_errors", "Errors by code of the catalogue", ["code"])
_ANSWERS = Counter("broker_authorization_responses", "What tools were answered: a code, or the protocol's error", ["outcome"])

_DELIVERIES = Counter("broker_logout_deliveries", "Attempts to tell a tool that a session ended, by result", ["client", "result"])
_DELIVERY_SECONDS = Histogram("broker_logout_delivery_seconds", "Time of one attempt", buckets=(0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10))
_OUTBOX_PENDING = Gauge("broker_logout_deliveries_pending", "Deliveries that wait", multiprocess_mode="mostrecent")
_OUTBOX_OLDEST = Gauge("broker_logout_oldest_pending_seconds", "Age of the oldest that waits", multiprocess_mode="mostrecent")
_HUB_PENDING = Gauge("broker_hub_logouts_pending", "Sign-outs that the hub has not confirmed", multiprocess_mode="mostrecent")
_HUB_OLDEST = Gauge("broker_hub_logout_oldest_pending_seconds", "Age of the oldest of them", multiprocess_mode="mostrecent")

_CLOCK_AHEAD = Gauge("broker_clock_ahead_seconds", "This machine's clock against the database's", multiprocess_mode="mostrecent")
CLOCK_TOLERANCE_SECONDS = 10.0

_ENCODE = json.JSONEncoder(default=repr).encode  # json.dumps would make an encoder for each line
_log = structlog.get_logger("broker")


def configure_logging(level: str) -> None:
    """JSON lines on standard output, for our own lines and those of libraries alike. Call once per process."""
    number = logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
    shared: list[structlog.typing.Processor] = [structlog.processors.add_log_level, structlog.processors.TimeStamper(fmt="iso", utc=True)]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer(serializer=_as_json)],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(sys.stdout),
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        processor=structlog.processors.JSONRenderer(),
        foreign_pre_chain=[*shared, structlog.stdlib.add_logger_name],
        keep_exc_info=False,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(formatter)
    logging.basicConfig(handlers=[handler], level=max(number, logging.WARNING), force=True)
    logging.getLogger("broker").setLevel(number)


def install(app: Flask) -> None:
    """Number, time, count and log every request. Has to be installed before anything else that looks at requests."""

    def begin() -> None:
        g.started = perf_counter()

    def end(response: Response) -> Response:
        response.headers["X-Request-Id"] = request_id()
        _record(response.status_code, perf_counter() - g.started)
        return response

    app.before_request(begin)
    app.after_request(end)


def request_id() -> str:
    """The reference number of the request at hand: 50 random bits as ten letters and digits. Ours alone; a caller's is never taken over."""
    if not has_request_context():
        return "-"
    if "request_id" not in g:
        number = secrets.randbits(50)
        g.request_id = "".join(_ALPHABET[number >> shift & 31] for shift in range(45, -1, -5))
    known: str = g.request_id
    return known


def count_error(code: str) -> None:
    """One more error of this code."""
    _ERRORS.labels(code).inc()


def count_answer(outcome: str) -> None:
    """One more answer to a tool: `code`, or the protocol's word for the error."""
    _ANSWERS.labels(outcome).inc()


def count_delivery(delivery: Delivery) -> None:
    """One more attempt to tell a tool: `delivered`, `failed` for good, or `pending`, to be tried again."""
    _DELIVERIES.labels(delivery.client_id, delivery.state.value).inc()
    _DELIVERY_SECONDS.observe(delivery.duration_ms / 1000)


def measure_outbox(pending: int, oldest: datetime | None, now: datetime) -> None:
    """How many logouts wait, and for how long the oldest has."""
    _OUTBOX_PENDING.set(pending)
    _OUTBOX_OLDEST.set(_age(oldest, now))


def measure_hub_logouts(pending: int, oldest: datetime | None, now: datetime) -> None:
    """How many sign-outs the hub has not confirmed, and for how long the oldest has waited."""
    _HUB_PENDING.set(pending)
    _HUB_OLDEST.set(_age(oldest, now))


def measure_clock(seconds_ahead: float) -> None:
    """How far this machine's clock is ahead of the database's. Out of step, what one worker has taken looks due to another (F-32)."""
    _CLOCK_AHEAD.set(seconds_ahead)
    if abs(seconds_ahead) > CLOCK_TOLERANCE_SECONDS:
        _log.warning("the clock is out of step with the database's", seconds_ahead=round(seconds_ahead, 1))


def log_unforeseen(kind: str, frames: list[str]) -> None:
    """An exception nobody foresaw: its type and where it came from, never its text."""
    _log.error("unforeseen", request_id=request_id(), kind=kind, frames=frames)


def serve_metrics(host: str, port: int) -> None:
    """Serve the numbers of all workers of this host over HTTP, in a thread of its own."""
    registry = CollectorRegistry()
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        start_http_server(port, host, registry)
    else:
        start_http_server(port, host)


def forget_worker(pid: int) -> None:
    """A worker has ended: its gauges no longer count."""
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        multiprocess.mark_process_dead(pid)  # type: ignore[no-untyped-call]


def _age(since: datetime | None, now: datetime) -> float:
    return max(0.0, (now - since).total_seconds()) if since else 0.0


def _as_json(line: object, **_: object) -> str:
    return _ENCODE(line)


@lru_cache(maxsize=4096)
def _counter(route: str, method: str, status: int) -> Counter:
    """Finding a labelled counter costs more than counting."""
    return _REQUESTS.labels(route, method, status)


@lru_cache(maxsize=256)
def _timer(route: str) -> Histogram:
    return _SECONDS.labels(route)


def _record(status: int, seconds: float) -> None:
    rule = request.url_rule
    route = rule.rule if rule else _UNMATCHED
    method = request.method if request.method in _METHODS else "other"
    _counter(route, method, status).inc()
    _timer(route).observe(seconds)
    if route in _QUIET:
        return
    error: BrokerError | None = g.get("error")
    extra = {"error": error.code, "detail": error.detail} if error else {}
    _log.info("request", request_id=request_id(), route=route, method=method, status=status, ms=round(seconds * 1000, 1), **extra)
