"""Watching the citizen IDs: which of them are out of order, so that nobody is sent there unwarned (F-18, A-45).

Three ways to know: sign-ins fail there, the worker's own look at an address that its file names finds nobody, or an administrator says so.
Knowing only warns: the button stays, and whoever gets in ends what was noticed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

from broker.core.errors import ConfigurationError
from broker.core.ports import Clock
from broker.core.provider import IdentityProvider, Trouble, TroubleSource
from broker.flows.outbound import LOOPBACK, Outbound, OutboundCall, OutboundFailed
from broker.flows.throttling import source_of
from broker.store.providers import Providers
from broker.store.troubles import Troubles

WINDOW = timedelta(minutes=5)
SOURCES_TO_BELIEVE = 3  # an answer's error is brought by the browser: one browser alone must not speak for all
LOOK_SECONDS = 20.0
LOOKS_TO_BELIEVE = 2  # one lost packet is no outage
LONGEST_NOTICE = timedelta(days=30)
LONGEST_TEXT = 300
_BELIEVED = timedelta(seconds=3 * LOOK_SECONDS)  # without a worker that goes on looking it is soon over
_AT_A_TIME = 8
_PATIENCE_SECONDS = 4.0


@dataclass(frozen=True, slots=True)
class Reaching:
    """Whether somebody is at an address of a citizen ID. `private_hosts` may stand in a private network and speak without TLS."""

    private_hosts: tuple[str, ...] = ()
    total_seconds: float = _PATIENCE_SECONDS

    def answers(self, url: str) -> bool:
        """Any answer in time but a server's own error counts: the page behind the address may want more than a bare GET."""
        near = (*self.private_hosts, *LOOPBACK)
        try:
            return Outbound(near, near, total_seconds=self.total_seconds).ask(OutboundCall("GET", url)).status < 500
        except OutboundFailed:
            return False


@dataclass(frozen=True, slots=True)
class Watching:
    """Notes what works and what does not. All of it raises StoreUnavailable."""

    troubles: Troubles
    providers: Providers
    clock: Clock
    answers: Callable[[str], bool] = Reaching().answers

    def known(self, aliases: Iterable[str]) -> dict[str, Trouble]:
        """What is known of those that are out of order."""
        found = {alias: self.troubles.find(alias) for alias in aliases}
        return {alias: trouble for alias, trouble in found.items() if trouble}

    def failed(self, alias: str, address: str) -> None:
        """A sign-in of somebody at this address failed there. Believed when it fails for several (a source is an address or its /64)."""
        if self.troubles.count(alias, source_of(address), WINDOW) >= SOURCES_TO_BELIEVE:
            self.troubles.note(alias, Trouble(TroubleSource.SIGN_INS, self.clock()), WINDOW)

    def succeeded(self, alias: str) -> None:
        """Somebody signed in there."""
        self.troubles.end(alias)

    def look(self) -> None:
        """Look at every citizen ID whose file names an address for it, all at once; one worker at a time."""
        watched = [one for one in self.providers.list() if one.probe_url]
        if not watched or not self.troubles.take_turn(LOOK_SECONDS / 2):
            return
        with ThreadPoolExecutor(min(len(watched), _AT_A_TIME), thread_name_prefix="look") as threads:
            for provider, works in zip(watched, threads.map(lambda one: self.answers(one.probe_url), watched), strict=True):
                self._seen(provider, works)

    def announce(self, alias: str, until: datetime, texts: Mapping[str, str]) -> None:
        """An administrator says that a citizen ID is out of order until then. Raises ConfigurationError for what cannot be meant."""
        self._check_known(alias)
        lifetime = until - self.clock()
        if not timedelta(0) < lifetime <= LONGEST_NOTICE:
            raise ConfigurationError(f"The end of a notice has to lie ahead, by at most {LONGEST_NOTICE.days} days.")
        if any(len(text) > LONGEST_TEXT or not text.isprintable() for text in texts.values()):
            raise ConfigurationError(f"The text of a notice has to be one line of at most {LONGEST_TEXT} characters.")
        self.troubles.announce(alias, Trouble(TroubleSource.NOTICE, self.clock(), until, texts), lifetime)

    def withdraw(self, alias: str) -> bool:
        """An administrator takes the notice back; whether there was one. Raises ConfigurationError for an unknown alias."""
        self._check_known(alias)
        return self.troubles.withdraw(alias)

    def switch(self, alias: str, off: bool) -> None:
        """Switch a citizen ID off or on again, on every path and at once (A-31). Raises ConfigurationError for an unknown alias."""
        self._check_known(alias)
        self.providers.switch(alias, off=off)

    def _check_known(self, alias: str) -> None:
        aliases = [one.alias for one in self.providers.all()]
        if alias not in aliases:
            raise ConfigurationError(f"There is no citizen ID {alias!r}; there are: {', '.join(aliases) or 'none'}.")

    def _seen(self, provider: IdentityProvider, works: bool) -> None:
        alias = provider.alias
        if not works:
            if self.troubles.missed(alias, _BELIEVED) >= LOOKS_TO_BELIEVE:
                self.troubles.note(alias, Trouble(TroubleSource.LOOK, self.clock()), _BELIEVED)
            return
        self.troubles.reached(alias)
