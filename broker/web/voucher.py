"""Codes on paper: where somebody lands who scanned one, and the page on which it is typed during a sign-in.

A scanned code stands behind a `#`, which browsers keep to themselves. Our script keeps it for this window until the page with the field
comes; without scripts it is typed there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from flask import Blueprint, Response, render_template, url_for
from flask_babel import gettext

from broker.core.client import Client, ClientStatus
from broker.core.network import Networks
from broker.core.provider import IdentityProvider
from broker.core.request import AuthorizationRequest
from broker.core.trust import TrustLevel
from broker.core.voucher import VOUCHER, VoucherFault
from broker.flows.redeeming import VOUCHER_PATH, Redeeming
from broker.web.answering import see_other
from broker.web.cookies import Cookies
from broker.web.forms import VoucherForm
from broker.web.headers import allow_form_action, allow_scripts
from broker.web.login_start import way_in, where_to_start
from broker.web.presentation import WayBack
from broker.web.visits import this_visit

_LONGEST_CODE = 60

Answer = str | Response


@dataclass(frozen=True, slots=True)
class VoucherViews:
    """The views, with what they need."""

    issuer: str
    redeeming: Redeeming
    find_client: Callable[[str], Client | None]
    list_clients: Callable[[], Iterable[Client]]
    list_providers: Callable[[], Sequence[IdentityProvider]]
    networks: Networks
    cookies: Cookies

    def land(self) -> Answer:
        """Whoever scanned a code outside a sign-in: at which site do they want to take part?"""
        allow_scripts()
        voucher = next((one for one in self.list_providers() if one.alias == VOUCHER), None)
        tools = [self._way_in(client) for client in self.list_clients() if voucher and _takes_codes(client, voucher)]
        return render_template("citizen/voucher_landing.html", tools=sorted(tools, key=lambda tool: tool.name.casefold()))

    def enter(self, request_id: str) -> Answer:
        """Where the code is typed."""
        return self._page(self.redeeming.open(request_id, self._browser()), VoucherForm(formdata=None))

    def redeem(self, request_id: str) -> Answer:
        """The code was typed: signed in, or asked again with what is wrong about it."""
        form = VoucherForm()
        visit = this_visit(self.cookies, self.networks)
        signed_in = self.redeeming.redeem(request_id, (form.voucher.data or "")[:_LONGEST_CODE], visit)
        if isinstance(signed_in, VoucherFault):
            form.voucher.errors = [fault_sentence(signed_in)]
            return self._page(self.redeeming.open(request_id, visit.browser_id), form)
        response = see_other(url_for("oidc.proceed", request_id=request_id))
        if signed_in.session:
            self.cookies.start_session(response, signed_in.session_token, public_computer=signed_in.session.public_computer)
        return response

    def _page(self, pending: AuthorizationRequest, form: VoucherForm) -> str:
        allow_scripts()
        allow_form_action(pending.redirect_uri)
        return render_template("citizen/voucher.html", request_id=pending.id, tool=self.find_client(pending.client_id), form=form)

    def _browser(self) -> str:
        return self.cookies.known_browser_id() or ""

    def _way_in(self, client: Client) -> WayBack:
        return way_in(self.issuer, client)


def voucher_blueprint(views: VoucherViews) -> Blueprint:
    """The first address stands on printed sheets."""
    blueprint = Blueprint("voucher", __name__)
    blueprint.get(VOUCHER_PATH)(views.land)
    blueprint.get(f"{VOUCHER_PATH}/<request_id>")(views.enter)
    blueprint.post(f"{VOUCHER_PATH}/<request_id>")(views.redeem)
    return blueprint


def _takes_codes(client: Client, voucher: IdentityProvider) -> bool:
    live = client.status is ClientStatus.LIVE and bool(where_to_start(client))
    return live and client.allows_provider(voucher) and client.minimum_trust <= TrustLevel.BASIC


def fault_sentence(fault: VoucherFault) -> str:
    """What the citizen reads beside the field, in the language of the page."""
    sentences: dict[VoucherFault, str] = {
        VoucherFault.MISTYPED: gettext("This is not a whole code, or a letter is wrong. Please compare it with your sheet."),
        VoucherFault.UNKNOWN: gettext("We do not know this code. Please compare it with your sheet, letter by letter."),
        VoucherFault.USED: gettext(
            "This code has been used already. If you used it, sign in with the second way that you added to your account. "
            "If you did not, ask for a new code where you got it."
        ),
        VoucherFault.OVER: gettext("This code is no longer good. Ask for a new one where you got it."),
    }
    return sentences[fault]
