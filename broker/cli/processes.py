"""The long-running doors and the schema: `serve`, `worker`, `migrate`."""

from __future__ import annotations

import os
import signal
import sys
import threading
from contextlib import closing
from types import FrameType

import click

from broker.app import open_database
from broker.config import ROOT, load_settings
from broker.duties import build_worker
from broker.store.migrations import migrate as migrate_database
from broker.store.migrations import pending
from broker.web.observability import serve_metrics


@click.command()
def serve() -> None:
    """Serve the broker over HTTP (gunicorn) behind a reverse proxy."""
    load_settings()  # refuse with a sentence here, before gunicorn starts its workers
    configuration = str(ROOT / "deploy" / "gunicorn.conf.py")
    os.execv(sys.executable, [sys.executable, "-m", "gunicorn", "--config", configuration, "broker.wsgi:application"])  # noqa: S606  # our own interpreter, no shell


@click.command()
@click.option("--once", is_flag=True, help="Do what is due and stop.")
def worker(once: bool) -> None:
    """Deliver logouts and clear what has expired. Any number may run, on any number of hosts."""
    settings = load_settings()
    with closing(build_worker(settings)) as due:
        if once:
            due.run_once()
            return
        stop = threading.Event()

        def drain(signum: int, frame: FrameType | None) -> None:
            stop.set()

        signal.signal(signal.SIGTERM, drain)
        signal.signal(signal.SIGINT, drain)
        if settings.worker_metrics_port:
            serve_metrics(settings.metrics_host, settings.worker_metrics_port)
        due.run(stop)


@click.command()
def migrate() -> None:
    """Bring the database schema to this version. Running it twice changes nothing."""
    database = open_database(load_settings())
    changed = pending(database)
    migrate_database(database)
    click.echo("The schema was brought up to date." if changed else "The schema is up to date; nothing changed.")
