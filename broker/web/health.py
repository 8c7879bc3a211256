"""Is the process alive, and can it work? Asked by orchestrators and load balancers, often and by address (F-27)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from threading import Lock
from time import monotonic

from flask import Blueprint, Response, jsonify

from broker.core.errors import BrokerError

Probe = Callable[[], object]
"""Looks at a part: False or a BrokerError means that it does not work, anything else that it does."""

_REMEMBERED_SECONDS = 2.0


class Readiness:
    """Asks each part at most every two seconds, however often somebody wants to know.

    `advisory` parts are named but do not make the process unready: without the hub, whoever is signed in still gets to the tools.
    """

    def __init__(self, probes: Mapping[str, Probe], advisory: Mapping[str, Probe]) -> None:
        self._probes = probes
        self._advisory = advisory
        self._lock = Lock()
        self._until = 0.0
        self._known: dict[str, bool] = {}

    def parts(self) -> dict[str, bool]:
        """Each part and whether it works."""
        with self._lock:
            if monotonic() >= self._until:
                self._known = {name: _works(probe) for name, probe in {**self._probes, **self._advisory}.items()}
                self._until = monotonic() + _REMEMBERED_SECONDS
            return self._known

    def ready(self) -> bool:
        """Whether requests should be sent here."""
        parts = self.parts()
        return all(parts[name] for name in self._probes)


def health_blueprint(readiness: Readiness) -> Blueprint:
    """`/healthz`: the process answers. `/readyz`: it can work."""
    blueprint = Blueprint("health", __name__)

    def alive() -> Response:
        return jsonify(status="alive")

    def ready() -> tuple[Response, int]:
        able = readiness.ready()
        parts = {name: "ok" if works else "down" for name, works in readiness.parts().items()}
        return jsonify(status="ready" if able else "not ready", parts=parts), 200 if able else 503

    blueprint.add_url_rule("/healthz", view_func=alive)
    blueprint.add_url_rule("/readyz", view_func=ready)
    return blueprint


def _works(probe: Probe) -> bool:
    try:
        return probe() is not False
    except BrokerError:
        return False
