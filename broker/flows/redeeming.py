"""Redeeming a voucher: a sign-in without a citizen ID, on a page of ours instead of the hub's.

A code is taken in one SQL transaction with the account it makes; whoever comes second finds it used. What an outage interrupts after that
can be repeated by the same sign-in, and by no other.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from broker.core.ids import keyed_hash
from broker.core.oauth_errors import TooManyCodes
from broker.core.request import AuthorizationRequest
from broker.core.session import Visit
from broker.core.subject import UpstreamIdentity
from broker.core.trust import TrustLevel
from broker.core.voucher import VOUCHER, VoucherFault, typed_voucher_code
from broker.flows.signing_in import SignedIn, SigningIn, interrupting
from broker.flows.throttling import source_of
from broker.store.attempts import Attempts
from broker.store.vouchers import Vouchers

VOUCHER_PATH = "/voucher"
"""Where codes are typed, below the issuer; printed on sheets, so it stays."""

MOST_WRONG = {"browser": 10, "source": 50}
"""Codes that are not good, in ten minutes. A school class shares an address; slips of one or two letters are found without asking."""

_COUNTED = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Redeeming:
    """From what was typed to a session, in place of `SigningIn.complete`."""

    signing_in: SigningIn
    vouchers: Vouchers
    attempts: Attempts
    voucher_key: bytes

    def open(self, request_id: str, browser_id: str) -> AuthorizationRequest:
        """The request that may be signed in for with a voucher now. Raises RequestExpired, ForeignBrowser or AccessDenied."""
        request = self.signing_in.resume(request_id, browser_id)
        with interrupting(request.id):
            self.signing_in.check(request, VOUCHER)
        return request

    def redeem(self, request_id: str, typed: str, visit: Visit) -> SignedIn | VoucherFault:
        """Sign in by a code, or say why not. The session gets a new id and replaces the browser's old one.

        Raises as `open` does, AccountBlocked, TooManyCodes, and StoreUnavailable: then the code is as good as before for this request.
        """
        request = self.open(request_id, visit.browser_id)
        with interrupting(request.id):
            code = typed_voucher_code(typed)
            if code is None:
                return VoucherFault.MISTYPED
            bearer = bearer_of(code, self.voucher_key, self.signing_in.clock())
            fault = self._take(request, bearer, visit.locale)
            subject = None if fault else self.signing_in.linking.known(bearer)
            if subject is None:  # or the account was erased since this very request took the code
                self._count(visit)
                return fault or VoucherFault.USED
            return self.signing_in.enter(request, bearer, subject, visit)

    def _take(self, request: AuthorizationRequest, bearer: UpstreamIdentity, locale: str) -> VoucherFault | None:
        subject, link = self.signing_in.linking.new_account(bearer, locale)
        taken = self.vouchers.take(link.upstream_hash, keyed_hash(self.voucher_key, "request", request.id), subject, link)
        return taken if isinstance(taken, VoucherFault) else None

    def _count(self, visit: Visit) -> None:
        """A right code is never refused for the wrong ones of others: it cannot be guessed, and nobody shall lock out a school (CL-07)."""
        sources = {"browser": visit.browser_id, "source": source_of(visit.address)}
        counts = {kind: self.attempts.add(f"voucher-{kind}", source, _COUNTED) for kind, source in sources.items()}
        if any(counts[kind] > most for kind, most in MOST_WRONG.items()):
            raise TooManyCodes


def bearer_of(code: str, voucher_key: bytes, at: datetime) -> UpstreamIdentity:
    """Whoever holds this code, of whom nothing else is known; at level basic. No way leads from the identity back to the code."""
    return UpstreamIdentity(VOUCHER, keyed_hash(voucher_key, "code", code), TrustLevel.BASIC, (), {}, at)
