"""Every citizen page with realistic data and no flows behind it: to look at (`python -m tests.support.pages`) and for the axe checks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

from flask import Blueprint, Flask, abort, render_template
from flask_babel import gettext
from flask_wtf.csrf import CSRFProtect

from broker.core.client import Client, ClientStatus, Operator
from broker.core.client_policy import Appearance
from broker.core.logo import Logo
from broker.core.session import EndedBy
from broker.core.trust import TrustLevel
from broker.core.voucher import VoucherFault
from broker.web import assets, headers, i18n
from broker.web.forms import ConsentForm, UserCodeForm, VoucherForm
from broker.web.logos import LogoViews, logos_blueprint
from broker.web.presentation import ShownClaim, WayBack
from broker.web.voucher import fault_sentence
from tests.support.account_pages import ACCOUNT_PAGES, PUBLIC_UNTIL, account_stubs
from tests.support.choice_pages import LONG_TOOL, choice_pages
from tests.support.pictures import png
from tests.support.sign_out_pages import sign_out_pages, sign_out_stub

SITE = SimpleNamespace(
    site_name="Beteiligungskonto Musterstadt",
    operator_name="Stadt Musterstadt",
    privacy_url="https://musterstadt.example/datenschutz",
    imprint_url="https://musterstadt.example/impressum",
    accessibility_url="https://musterstadt.example/barrierefreiheit",
    official_label="Offizielle Website – Stadt Musterstadt",
)
TOOL = Client(
    client_id="mitmachkarte",
    name="Mitmachkarte",
    operator=Operator("Stadt Musterstadt, Amt für Stadtplanung", privacy_url="https://karte.musterstadt.example/datenschutz"),
    status=ClientStatus.LIVE,
    redirect_uris=("https://karte.musterstadt.example/callback",),
    sector="karte.musterstadt.example",
    base_url="https://karte.musterstadt.example/",
)
LOGO = Logo("f" * 64, "image/png", png(), datetime(2026, 11, 26, tzinfo=UTC))
TRIED_TOOL = replace(
    TOOL,
    name="Mängelmelder im Probebetrieb",
    operator=Operator("maengel.musterstadt.example", privacy_url="https://maengel.musterstadt.example/datenschutz"),
    status=ClientStatus.SANDBOX,
    appearance=Appearance("https://maengel.musterstadt.example/logo.png", LOGO.digest, "", "https://maengel.musterstadt.example/regeln"),
)
_UNMET: dict[str, Any] = {
    "reached": TrustLevel.BASIC,
    "needed": TrustLevel.HIGH,
    "provider": "BundID",
    "reference": "q7m2c9xk4p",
    "code": "BP-403-LEVEL",
}
_BACK = WayBack("Mitmachkarte", "https://karte.musterstadt.example/")


CLAIMS = [
    ShownClaim("Vorname", "ERIKA", "Damit wir Sie richtig ansprechen.", ""),
    ShownClaim("Nachname", "MUSTERMANN", "Damit wir Sie richtig ansprechen.", ""),
    ShownClaim("E-Mail-Adresse", "erika.mustermann@einsehrlangerpostfachname.musterstadt.example", "Um Ihnen Antworten zu schicken.", ""),
    ShownClaim("Mindestalter", "mindestens 14 Jahre alt, mindestens 16 Jahre alt", "Mitmachen dürfen alle ab 14 Jahren.", ""),
    ShownClaim("Wohnort", "", "Abstimmen dürfen alle, die in Musterstadt wohnen.", ""),
]


def create_page_app() -> Flask:
    """An app that shows each page of `PAGES` under `/page/<name>`."""
    app = Flask("broker.web")
    app.config.update(SECRET_KEY="pages only", WTF_CSRF_TIME_LIMIT=None, TESTING=True)
    CSRFProtect(app)
    i18n.install(app, secure=False)
    assets.install(app)
    headers.install(app, secure=False)
    app.context_processor(lambda: {"site": SITE})
    app.register_blueprint(_stub_blueprint())
    app.register_blueprint(_device_stub())
    app.register_blueprint(_voucher_stub())
    for stub in (*account_stubs(), sign_out_stub()):
        app.register_blueprint(stub)
    app.register_blueprint(logos_blueprint(LogoViews(lambda digest: LOGO if digest == LOGO.digest else None)))
    app.add_url_rule("/page/<name>", "page", _page)
    return app


def _page(name: str) -> str:
    return PAGES[name]() if name in PAGES else abort(404)


def _stub_blueprint() -> Blueprint:
    stub = Blueprint("citizen", "citizen")
    stub.add_url_rule("/", "start", PAGES["start"])
    for endpoint, path in {
        "begin_sign_in": "/sign-in/<request_id>",
        "cancel_sign_in": "/sign-in/<request_id>/cancel",
        "decide": "/consent/<request_id>",
        "unmet": "/unmet/<request_id>",
        "choose_provider": "/sign-in-again/<request_id>",
        "forget_choice": "/sign-in/<request_id>/forget",
        "stay": "/sign-in/<request_id>/stay",
    }.items():
        stub.add_url_rule(path, endpoint, lambda request_id: request_id, methods=["POST"])
    return stub


def _device_stub() -> Blueprint:
    stub = Blueprint("device", "device")
    for endpoint in ("look_up", "decide"):
        stub.add_url_rule(f"/device/{endpoint}", endpoint, lambda: "", methods=["POST"])
    return stub


def _voucher_stub() -> Blueprint:
    stub = Blueprint("voucher", "voucher")
    stub.add_url_rule("/voucher/<request_id>", "redeem", lambda request_id: request_id, methods=["POST"])
    return stub


def _shows(template: str, **context: Any) -> Callable[[], str]:
    return lambda: render_template(f"citizen/{template}.html", request_id="r3qu3st", **context)


def _consent(pseudonym: str | None = "heide-kranich-4821", tool: Client = TOOL, offline: bool = False, public: bool = False) -> str:
    form = None if pseudonym is None else ConsentForm(formdata=None, data={"pseudonym": pseudonym}, meta={"csrf": False})
    if form and not pseudonym:
        form.validate()
    return render_template(
        "citizen/consent.html", request_id="r3qu3st", tool=tool, claims=CLAIMS, form=form, until=date(2027, 11, 26), provider="BundID",
        trust=TrustLevel.HIGH, apis=("Ratsinformation", "Stadtkarte") if offline else (), offline_days=90 if offline else None,
        public_until=PUBLIC_UNTIL if public else None,
    )  # fmt: skip


def _device(typed: str, fault: str = "") -> str:
    form = UserCodeForm(formdata=None, data={"user_code": typed}, meta={"csrf": False})
    form.user_code.errors = [fault] if fault else []
    return render_template("citizen/device.html", form=form)


def _voucher(typed: str, fault: str = "") -> str:
    headers.allow_scripts()
    form = VoucherForm(formdata=None, data={"voucher": typed}, meta={"csrf": False})
    form.voucher.errors = [fault] if fault else []
    return render_template("citizen/voucher.html", request_id="r3qu3st", tool=TOOL, form=form)


def _landing(*tools: WayBack) -> str:
    headers.allow_scripts()
    return render_template("citizen/voucher_landing.html", tools=tools)


def _form_post() -> str:
    headers.allow_scripts()
    headers.allow_form_action("https://karte.musterstadt.example/callback")
    return _shows(
        "form_post", action="https://karte.musterstadt.example/callback", fields={"code": "c", "state": "s"}, tool_name="Mitmachkarte"
    )()


def _error(key: str, back: WayBack | None = None, retry_url: str | None = None) -> Callable[[], str]:
    return _shows("error", message_key=key, code="BP-410-REQUEST", reference="Qm3xYp7TQ2aVbN8KcR1dZw", back=back, retry_url=retry_url)


PAGES: dict[str, Callable[[], str]] = {
    "start": _shows("start", signed_in_with="", sign_out_url="/logout"),
    "start-under-way": _shows("start", signed_in_with="", sign_out_url="/logout", tool=TOOL, go_on_url="/sign-in/r3qu3st"),
    "start-told-why": _shows("start", signed_in_with="", sign_out_url="/logout", ended_by=EndedBy.CITIZEN),
    "start-public": _shows("start", signed_in_with="BundID", sign_out_url="/logout", public_until=PUBLIC_UNTIL),
    "start-signed-in": _shows("start", signed_in_with="BundID", sign_out_url="/logout"),
    **choice_pages(TOOL, TRIED_TOOL),
    **ACCOUNT_PAGES,
    "consent": _consent,
    "consent-sandbox": lambda: _consent(tool=TRIED_TOOL),
    "consent-offline": lambda: _consent(offline=True),
    "consent-public": lambda: _consent(public=True),
    "consent-no-name": lambda: _consent(pseudonym=None),
    "consent-refused-name": lambda: _consent(pseudonym=""),
    "unmet": _shows("unmet", tool=TOOL, can_retry=True, **_UNMET),
    "unmet-final": _shows("unmet", tool=TOOL, can_retry=False, **_UNMET),
    "start-again": _shows("start_again", tool=_BACK, by_button=False, asks_again=False),
    "start-again-public": _shows("start_again", tool=_BACK, by_button=False, asks_again=False, public_until=PUBLIC_UNTIL),
    "start-again-by-button": _shows("start_again", tool=WayBack(LONG_TOOL, "https://x.example/"), by_button=True, asks_again=True),
    "held-back": _shows(
        "held_back",
        tool_name=LONG_TOOL,
        host="karte.musterstadt.example",
        error="invalid_scope",
        location="https://x.example/?error=x",
        fields={},
    ),
    "held-back-by-form": _shows(
        "held_back",
        tool_name="Mitmachkarte",
        host="karte.example",
        error="invalid_request",
        action="https://x.example/",
        fields={"error": "x"},
    ),
    **sign_out_pages(TOOL, LONG_TOOL),
    "device": lambda: _device(""),
    "device-unknown": lambda: _device(
        "BCDF-GHJA", gettext("There is no device with this code. Perhaps it has expired, or a letter is wrong.")
    ),
    "device-confirm": _shows(
        "device_confirm", tool=TOOL, user_code="BCDF-GHJK", asked_at=datetime(2026, 11, 26, 9, 5, tzinfo=UTC), address="203.0.113.7"
    ),
    "device-connected": _shows("device_done", refused=False),
    "device-refused": _shows("device_done", refused=True),
    "interrupted": _shows("interrupted", tool=TOOL, guest=False, reference="q7m2c9xk4p", code="BP-502-INTERRUPTED"),
    "interrupted-guest": _shows("interrupted", tool=TOOL, guest=True, reference="q7m2c9xk4p", code="BP-403-GUEST"),
    "interrupted-astray": _shows("interrupted", tool=None, guest=False, reference="q7m2c9xk4p", code="BP-502-INTERRUPTED"),
    "voucher": lambda: _voucher(""),
    "voucher-used": lambda: _voucher("BCDFG-HJKLM-NPQRS", fault_sentence(VoucherFault.USED)),
    "voucher-landing": lambda: _landing(_BACK, WayBack(LONG_TOOL, "https://x.example/")),
    "voucher-landing-empty": _landing,
    "form-post": _form_post,
    "error-expired": _error("error.request_expired", back=_BACK),
    "error-refused": _error("error.upstream_refused", back=_BACK, retry_url="/sign-in/r3qu3st"),
    "error-404": _error("error.not_found"),
    "error-405": _error("error.method_not_allowed"),
    "error-503": _error("error.unavailable"),
    "error-client": _error("error.unknown_client"),
}


if __name__ == "__main__":
    create_page_app().run(port=8097)
