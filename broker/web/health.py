"""Is the process alive, and can it work? Asked by orchestrators and load balancers, often and by address (F-27)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from threading import Lock, Thread
from time import monotonic

from flask import Blueprint, Response, jsonify

from broker.core.errors import BrokerError

Probe = Callable[[], object]
"""Looks at a part: False or a BrokerError means that it does not work, anything else that it does."""

OK, DOWN, UNKNOWN = "ok", "down", "unknown"
_PROBED_EVERY = 2.0
_WATCHED_EVERY = 15.0


class Readiness:
    """Looks at each part at most every two seconds, however often somebody wants to know.

    `watched` parts are far away and do not make the process unready (without the hub, whoever is signed in still gets to the tools):
    they are looked at beside the requests, and what is told is what was known last.
    """

    def __init__(self, probes: Mapping[str, Probe], watched: Mapping[str, Probe]) -> None:
        self._probes = probes
        self._watched = watched
        self._lock = Lock()
        self._known = dict.fromkeys(probes, UNKNOWN)
        self._far = dict.fromkeys(watched, UNKNOWN)
        self._probe_at = self._watch_at = 0.0

    def parts(self) -> dict[str, str]:
        """Each part and whether it works."""
        with self._lock:
            now = monotonic()
            if now >= self._probe_at:
                self._known = {name: _state(probe) for name, probe in self._probes.items()}
                self._probe_at = now + _PROBED_EVERY
            if now >= self._watch_at:
                self._watch_at = now + _WATCHED_EVERY
                Thread(target=self._watch, name="readiness", daemon=True).start()
            return {**self._known, **self._far}

    def ready(self) -> bool:
        """Whether requests should be sent here."""
        parts = self.parts()
        return all(parts[name] == OK for name in self._probes)

    def _watch(self) -> None:
        self._far = {name: _state(probe) for name, probe in self._watched.items()}


def health_blueprint(readiness: Readiness) -> Blueprint:
    """`/healthz`: the process answers. `/readyz`: it can work."""
    blueprint = Blueprint("health", __name__)

    def alive() -> Response:
        return jsonify(status="alive")

    def ready() -> tuple[Response, int]:
        able = readiness.ready()
        return jsonify(status="ready" if able else "not ready", parts=readiness.parts()), 200 if able else 503

    blueprint.add_url_rule("/healthz", view_func=alive)
    blueprint.add_url_rule("/readyz", view_func=ready)
    return blueprint


def _state(probe: Probe) -> str:
    try:
        return DOWN if probe() is False else OK
    except BrokerError:
        return DOWN
