"""What a tool's operator can see of sign-outs: whether its server was told, when, and what it answered (LO-03, F-36).

From server to server, by the same proof as introspection; a tool sees its own deliveries and learns nothing of any other's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Blueprint, Response, request

from broker.core.client import Client
from broker.core.delivery import Delivery, DeliveryState, DeliverySummary
from broker.core.errors import BadRequest, InvalidClient
from broker.core.ports import Clock
from broker.oidc.client_call import CLIENT_PARAMETERS
from broker.oidc.parameters import Parameters
from broker.oidc.server import TokenServer
from broker.web.answering import json_answer, never_kept
from broker.web.reading import sent_call

MOST, USUAL = 200, 50
_PARAMETERS = frozenset({"client_id", "limit", "state"})
_COUNTED = timedelta(hours=24)

Newest = Callable[[int, str, DeliveryState | None], Sequence[Delivery]]
"""`DeliveryLog.newest`."""

Summarise = Callable[[datetime, str], Sequence[DeliverySummary]]
"""`DeliveryLog.summaries`."""


@dataclass(frozen=True, slots=True)
class DeliveryViews:
    """What the endpoint needs."""

    server: TokenServer
    newest: Newest
    summarise: Summarise
    clock: Clock
    certificate_header: str = ""

    def deliveries(self) -> Response:
        """`GET` or `POST /deliveries`, `limit` and `state`: figures of the last 24 hours, and the newest deliveries (30 days are kept).

        A tool that shows who it is in a form posts it: a secret or signature in an address counts for nothing. No `sub` is shown: `sid` is
        enough to find a session.
        """
        known = _PARAMETERS | CLIENT_PARAMETERS if request.method == "POST" else _PARAMETERS
        call = sent_call(known, self.certificate_header)
        caller = self.server.client_of(call, "deliveries")
        if caller.is_public:
            raise InvalidClient("deliveries are shown to clients that can prove who they are")
        limit, state = _limit(call.parameters), _state(call.parameters)
        shown = [_shown(one) for one in self.newest(limit, caller.client_id, state)]
        return never_kept(json_answer({"summary": self._summary(caller), "deliveries": shown}))

    def _summary(self, caller: Client) -> Mapping[str, object]:
        now = self.clock()
        found = self.summarise(now - _COUNTED, caller.client_id)
        figures = found[0] if found else DeliverySummary(caller.client_id)
        oldest = figures.oldest_pending_at
        return {
            "since": _time(now - _COUNTED),
            "delivered": figures.delivered,
            "failed": figures.failed,
            "pending": figures.pending,
            "oldest_pending_seconds": max(0, int((now - oldest).total_seconds())) if oldest else None,
            "median_latency_ms": figures.median_ms,
        }


def deliveries_blueprint(views: DeliveryViews) -> Blueprint:
    """`/deliveries`; tools post to it without a form token."""
    blueprint = Blueprint("deliveries", __name__)
    blueprint.add_url_rule("/deliveries", "deliveries", views.deliveries, methods=["GET", "POST"], provide_automatic_options=False)
    return blueprint


def _limit(sent: Parameters) -> int:
    text = sent.get("limit") or str(USUAL)
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(MOST)) and 1 <= int(text) <= MOST):
        raise BadRequest(f"limit has to be a number from 1 to {MOST}")
    return int(text)


def _state(sent: Parameters) -> DeliveryState | None:
    text = sent.get("state")
    if text and text not in list(DeliveryState):
        raise BadRequest(f"state has to be one of {', '.join(DeliveryState)}")
    return DeliveryState(text) if text else None


def _shown(one: Delivery) -> Mapping[str, object]:
    """`status` is what the tool answered last, `error` the word for why there was no answer; of both there is one, after an attempt."""
    answered = one.outcome.isdigit()
    return {
        "sid": one.sid,
        "state": one.state.value,
        "attempts": one.attempts,
        "status": int(one.outcome) if answered else None,
        "error": None if answered or not one.outcome else one.outcome,
        "latency_ms": one.duration_ms if one.attempts else None,
        "created_at": _time(one.created_at),
        "last_attempt_at": _time(one.last_attempt_at) if one.last_attempt_at else None,
        "next_attempt_at": _time(one.next_attempt_at) if one.state is DeliveryState.PENDING else None,
    }


def _time(at: datetime) -> str:
    return at.isoformat(timespec="seconds")
