"""gunicorn, as `broker serve` starts it. Values come from the broker's settings; a reverse proxy that buffers stands in front."""

from __future__ import annotations

import os
import shutil
import tempfile
from typing import Any

# Several workers share one set of metrics through files; the folder must be named before prometheus_client is imported.
_own_metrics_folder = None if "PROMETHEUS_MULTIPROC_DIR" in os.environ else tempfile.mkdtemp(prefix="broker-metrics-")
if _own_metrics_folder:
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = _own_metrics_folder

from broker.config import load_settings
from broker.web.observability import forget_worker, serve_metrics

_settings = load_settings()

bind = f"{_settings.host}:{_settings.port}"
worker_class = "gthread"
workers = _settings.web_workers
threads = _settings.web_threads
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
