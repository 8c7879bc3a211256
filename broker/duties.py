"""What `broker worker` does, and how often: the wiring of its tasks."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from broker.config import Settings
from broker.core.errors import TemporarilyUnavailable
from broker.core.ports import Clock
from broker.flows.administering import Administering
from broker.flows.delivering import Delivering
from broker.flows.dispatching import Dispatching
from broker.flows.posting import Posting
from broker.flows.rotating import Rotating
from broker.flows.visiting import shown_logos
from broker.flows.watching import LOOK_SECONDS, Reaching, Watching
from broker.oidc.keys import KeyRing
from broker.opened_stores import Stores, open_stores, utc_now
from broker.parts import build_overseeing
from broker.web import observability
from broker.worker import Task, Worker

_LOGOS_KEPT = timedelta(days=1)  # longer than it takes from a logo to the tool that shows it
_VOUCHERS_KEPT = timedelta(days=30)  # for the count, and to tell "used" from "unknown"
_DELIVERIES_KEPT = timedelta(days=30)
_SESSIONS_KEPT = timedelta(days=7)  # so that a browser that comes back can be told why it is signed out
_HOUR = 3600.0


def build_worker(settings: Settings, clock: Clock = utc_now) -> Worker:
    """Logouts all the time, keys every minute, clearing every hour."""
    observability.configure_logging(settings.log_level)
    stores = open_stores(settings, clock)
    dispatching, overseeing = build_dispatching(settings, stores, clock), build_overseeing(settings, stores, clock)
    timed = (Task("end sessions", 5.0, overseeing.end_expired), *_timed_tasks(settings, stores, clock))
    return Worker(
        dispatching.run,
        (
            Task("deliver logouts", None, dispatching.run_once),
            Task("end sessions at the hub", 2.0, overseeing.signing_out.at_hub.run_once),
            Task("sweep ended sessions", 2.0, overseeing.sweep),
            Task("measure the outbox", 15.0, lambda: observability.measure_outbox(*stores.outbox.pending(), clock())),
            Task("measure hub logouts", 15.0, lambda: observability.measure_hub_logouts(*stores.hub_logouts.pending(), clock())),
            Task("compare clocks", 30.0, lambda: observability.measure_clock(stores.database.seconds_ahead(clock()))),
            Task("look at citizen IDs", LOOK_SECONDS, _watching(settings, stores, clock).look),
            *(_unless_ahead(task, stores, clock) for task in timed),
        ),
        stores.close,
    )


def _timed_tasks(settings: Settings, stores: Stores, clock: Clock) -> tuple[Task, ...]:
    """What changes, closes or deletes things because their time is over."""
    return (
        Task("advance signing keys", 60.0, _rotating(settings, stores, clock).run_once),
        Task("close procedures", 60.0, stores.procedures.revoke_due),
        Task("clear grants", _HOUR, lambda: stores.grants.purge_expired(clock())),
        Task("clear refresh tokens", _HOUR, lambda: stores.refresh_tokens.purge_expired(clock())),
        Task("clear access tokens", _HOUR, lambda: stores.access_tokens.purge_expired(clock())),
        Task("clear one-time ids", _HOUR, lambda: stores.one_time_ids.purge_expired(clock())),
        Task("clear invitations", _HOUR, lambda: stores.registration_tokens.purge_expired(clock())),
        Task("clear vouchers", _HOUR, lambda: stores.vouchers.purge_expired(clock() - _VOUCHERS_KEPT)),
        Task("clear logos", _HOUR, lambda: stores.logos.purge_expired(clock() - _LOGOS_KEPT, shown_logos(stores.clients.list()))),
        Task("clear deliveries", _HOUR, lambda: stores.outbox.purge_expired(clock() - _DELIVERIES_KEPT)),
        Task("clear sessions", _HOUR, lambda: stores.session_register.purge_ended(clock() - _SESSIONS_KEPT)),
        Task("clear hub logouts", _HOUR, stores.hub_logouts.purge_expired),
        Task("clear retired keys", _HOUR, lambda: stores.signing_keys.purge_expired(clock())),
    )


def _unless_ahead(task: Task, stores: Stores, clock: Clock) -> Task:
    """The task, left to workers whose clock is right while this machine's is ahead of the database's: what it ends or deletes too early
    is gone (F-32). A clock that is behind only makes it late."""

    def do() -> object:
        if stores.database.seconds_ahead(clock()) > observability.CLOCK_TOLERANCE_SECONDS:
            raise TemporarilyUnavailable("this machine's clock is ahead of the database's: nothing is ended by it")
        return task.do()

    return replace(task, do=do)


def build_dispatching(settings: Settings, stores: Stores, clock: Clock = utc_now) -> Dispatching:
    """What delivers logouts."""
    sign = KeyRing(stores.signing_keys.list, clock).sign
    post = Posting(settings.outbound_private_hosts).post
    give_up_after = timedelta(hours=settings.logout_retry_hours)
    tolerance, seconds_ahead = observability.CLOCK_TOLERANCE_SECONDS, stores.database.seconds_ahead
    delivering = Delivering(
        stores.clients,
        stores.signing_keys,
        sign,
        post,
        settings.issuer,
        clock,
        give_up_after,
        in_step=lambda: abs(seconds_ahead(clock())) <= tolerance,
    )
    return Dispatching(stores.outbox, delivering.attempt, observability.count_delivery)


def build_watching(settings: Settings) -> Watching:
    """What `broker providers` works with."""
    return _watching(settings, open_stores(settings), utc_now)


def _watching(settings: Settings, stores: Stores, clock: Clock) -> Watching:
    return Watching(stores.troubles, stores.providers, clock, Reaching(settings.outbound_private_hosts).answers)


def build_administering(settings: Settings) -> Administering:
    """What `broker accounts` works with."""
    stores = open_stores(settings)
    return Administering(stores.subjects, stores.accounts, build_overseeing(settings, stores))


def build_rotating(settings: Settings) -> Rotating:
    """What `broker keys` works with."""
    return _rotating(settings, open_stores(settings), utc_now)


def _rotating(settings: Settings, stores: Stores, clock: Clock) -> Rotating:
    days = settings.key_rotation_days
    return Rotating(stores.signing_keys, clock, timedelta(days=days) if days else None)
