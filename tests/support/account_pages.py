"""The account's pages with realistic data, as `tests/support/pages.py` shows it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from flask import Blueprint, render_template

from broker.web.presentation import ShownLink
from broker.web.shown_sessions import Place, ShownSession

Page = Callable[[], str]

TODAY = datetime(2026, 11, 26, 9, tzinfo=UTC)
PUBLIC_UNTIL = datetime(2026, 11, 26, 13, 35, tzinfo=UTC)
BUNDID = ShownLink("h1", "BundID", datetime(2025, 3, 4, tzinfo=UTC), TODAY, present=True, new=False, ends=None)
OLD = ShownLink("h2", "Servicekonto Schleswig-Holstein", datetime(2024, 1, 9, tzinfo=UTC), TODAY, present=False, new=False, ends=None)
ENDING = ShownLink("h3", "Servicekonto Niedersachsen", OLD.linked_at, TODAY, present=True, new=False, ends=date(2027, 6, 30))
NEW = ShownLink("h4", "Elektronisches Bürgerservicekonto der Länder", TODAY, TODAY, present=False, new=True, ends=None)
HERE = ShownSession(
    handle="s1",
    device="Firefox, Windows",
    provider="BundID",
    began=TODAY,
    ends=TODAY + timedelta(hours=12),
    network="",
    place=Place.HERE,
    tools=("Mitmachkarte", "Bürgerhaushaltsbeteiligungsplattform der Entwicklungsgemeinschaft KielRegion"),
    out_of_reach=(),
    public_computer=False,
    only_for="",
    other_device=None,
    present=True,
)
PHONE = replace(HERE, handle="s2", device="Samsung Internet, Android", present=False, place=Place.ELSEWHERE, tools=("Mitmachkarte",))
STOLEN = replace(PHONE, handle="s3", device="Chrome, Mac", other_device="Chrome, Linux", place=Place.UNKNOWN, tools=())
LIBRARY = replace(PHONE, handle="s4", device="", network="Stadtbibliothek", public_computer=True, ends=TODAY + timedelta(minutes=15))
ISOLATED = replace(PHONE, handle="s5", device="Edge, Windows", only_for="Mängelmelder", out_of_reach=("Mängelmelder",))


def account_stubs() -> tuple[Blueprint, Blueprint]:
    """The addresses that the pages name."""
    return _links_stub(), _sessions_stub()


def _sessions_stub() -> Blueprint:
    stub = Blueprint("account", __name__, url_prefix="/account")
    stub.add_url_rule("", "show", lambda: "")
    stub.add_url_rule("/sessions", "sessions", lambda: "")
    for endpoint in ("sign_in", "sign_in_for_sessions", "share", "end", "end_others", "end_all"):
        stub.add_url_rule(f"/{endpoint}", endpoint, lambda: "", methods=["POST"])
    return stub


def _links_stub() -> Blueprint:
    stub = Blueprint("account_links", __name__, url_prefix="/account/links")
    stub.add_url_rule("", "show", lambda: "")
    for endpoint, path in {
        "sign_in": "/sign-in", "add": "/add", "decide": "/confirm/<request_id>", "heard": "/news/<request_id>",
        "ask_to_remove": "/ask/<handle>", "remove": "/remove/<handle>",
    }.items():  # fmt: skip
        stub.add_url_rule(path, endpoint, lambda **_: "", methods=["POST", "GET"])
    return stub


def _shows(template: str, **context: Any) -> Page:
    return lambda: render_template(f"citizen/{template}.html", request_id="r3qu3st", **context)


def _links(*links: ShownLink, fresh: bool = True, until: datetime | None = None) -> Page:
    return _shows("account_links", links=list(links), fresh=fresh, signed_in=True, public_until=until)


def _sessions(*sessions: ShownSession, until: datetime | None = None, outlasting: tuple[str, ...] = ()) -> Page:
    return _shows("account_sessions", sessions=list(sessions), signed_in=True, public_until=until, outlasting=outlasting)


def _confirm(outlook: str) -> Page:
    return _shows(
        "account_link_confirm",
        outlook=outlook,
        present="BundID",
        present_at=datetime(2026, 11, 26, 9, 5, tzinfo=UTC),
        other="Servicekonto Schleswig-Holstein",
        other_at=datetime(2026, 11, 26, 9, 7, tzinfo=UTC),
    )


ACCOUNT_PAGES: dict[str, Page] = {
    "account": _shows("account", signed_in_with="BundID", sign_out_url="/logout"),
    "account-public": _shows("account", signed_in_with="BundID", sign_out_url="/logout", public_until=PUBLIC_UNTIL),
    "account-sign-in": _shows("account", signed_in_with="", sign_out_url="/logout"),
    "account-sessions": _sessions(HERE, PHONE),
    "account-sessions-many": _sessions(HERE, PHONE, STOLEN, LIBRARY, ISOLATED),
    "account-sessions-public": _sessions(replace(LIBRARY, present=True), PHONE, until=PUBLIC_UNTIL),
    "account-sessions-outlasted": _sessions(replace(LIBRARY, present=True), until=PUBLIC_UNTIL, outlasting=PHONE.tools + HERE.tools[1:]),
    "account-sessions-one": _sessions(HERE),
    "account-sessions-signed-out": _shows("account_sessions", sessions=[], signed_in=False),
    "account-signed-out": _shows("account_links", links=[], fresh=False, signed_in=False),
    "account-links": _links(OLD, BUNDID),
    "account-links-new": _links(BUNDID, NEW),
    "account-links-stale": _links(OLD, BUNDID, fresh=False),
    "account-links-public": _links(BUNDID, until=PUBLIC_UNTIL),
    "account-links-ending": _links(ENDING),
    "account-confirm": _confirm("new"),
    "account-confirm-absorbed": _confirm("absorbed"),
    "account-confirm-taken": _confirm("taken"),
    "account-confirm-here": _confirm("here"),
    "account-remove": _shows("account_link_remove", link=OLD, may=True),
    "account-remove-present": _shows("account_link_remove", link=ENDING, may=False),
    "account-news": _shows("account_news", links=[BUNDID, OLD]),
}
