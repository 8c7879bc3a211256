"""gunicorn, as `broker serve` starts it. Values come from the broker's settings; a reverse proxy that buffers stands in front."""

from __future__ import annotations

import os
import resource
import shutil
import tempfile
from typing import Any

_MOST_CONNECTIONS = 1000
_OWN_FILES = 32
_FILES_PER_THREAD = 5  # SQL, two of Redis, the hub, the wait for a client's first bytes

# Several workers share one set of metrics through files; the folder must be named before prometheus_client is imported.
_own_metrics_folder = None if "PROMETHEUS_MULTIPROC_DIR" in os.environ else tempfile.mkdtemp(prefix="broker-metrics-")
if _own_metrics_folder:
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = _own_metrics_folder

from broker.config import load_settings
from broker.web.observability import forget_worker, serve_metrics


def _room_for_connections(threads: int) -> int:
    """How many clients one process takes at a time. More wait in the system's queue: a process that finds no file descriptor for the
    next one would die of it, and so would its successor (F-35)."""
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    kept_back = _OWN_FILES + _FILES_PER_THREAD * threads
    return _MOST_CONNECTIONS if files == resource.RLIM_INFINITY else max(threads + 1, min(_MOST_CONNECTIONS, files - kept_back))


_settings = load_settings()

bind = f"{_settings.host}:{_settings.port}"
worker_class = "gthread"
workers = _settings.web_workers
threads = _settings.web_threads
worker_connections = _room_for_connections(_settings.web_threads)
timeout = 30  # the watchdog: a worker whose requests hang longer is replaced (F-21)
graceful_timeout = 30
keepalive = 5
limit_request_line = 8190
limit_request_fields = 60
limit_request_field_size = 16380
accesslog = None  # the application writes one line per request itself, without query strings
errorlog = "-"
loglevel = "warning"
proc_name = "participation-broker"


def when_ready(server: Any) -> None:
    """Metrics on a port of their own, never on the public one (IN-03)."""
    if _settings.metrics_port:
        serve_metrics(_settings.metrics_host, _settings.metrics_port)


def child_exit(server: Any, worker: Any) -> None:
    """A worker that ended must not be counted as alive."""
    forget_worker(worker.pid)


def on_exit(server: Any) -> None:
    """Nothing is left behind."""
    if _own_metrics_folder:
        shutil.rmtree(_own_metrics_folder, ignore_errors=True)
