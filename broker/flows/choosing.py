"""Choosing: which citizen IDs a citizen may take now, in which order, and what each of them is good for at this tool."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from broker.core.client import Client
from broker.core.errors import UnmetTrust
from broker.core.next_step import ChooseProvider, Refuse, SignIn, Step, StepUp, required_trust, usable_providers
from broker.core.provider import IdentityProvider, Trouble, TroubleSource
from broker.core.request import AuthorizationRequest, Setback, SetbackKind
from broker.core.session import BrokerSession
from broker.core.trust import TrustLevel
from broker.core.voucher import VOUCHER
from broker.core.vouching import AttributeTrust
from broker.flows.judging import Judging
from broker.flows.watching import Watching

PROOFS: Mapping[str, frozenset[str]] = {
    "residence": frozenset({"bp_resident_of"}),
    "age": frozenset({"bp_age_over", "bp_age_band"}),
    "name": frozenset({"name", "given_name", "family_name"}),
    "organisation": frozenset({"bp_org_name"}),
}
"""What citizens are told a citizen ID can prove, and by which claims it does."""


@dataclass(frozen=True, slots=True)
class Option:
    """A citizen ID as a choice. `usable`: it reaches the level; `proves` and `lacks` are words of `PROOFS`, the latter only what the tool
    asks for and this one cannot prove; `remembered`: taken the last time; `trouble`: it is known to be out of order, and may be tried."""

    provider: IdentityProvider
    usable: bool
    proves: tuple[str, ...]
    lacks: tuple[str, ...]
    remembered: bool
    trouble: Trouble | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """All that the choice page shows. `present` is what the sign-in there is is still worth, None where nobody is signed in;
    `may_stay`: with it the tool would be content too; `unasked`: claims for which somebody who is signed in has to sign in once more."""

    client: Client
    options: tuple[Option, ...]
    needed: TrustLevel
    present: TrustLevel | None
    may_stay: bool
    setback: Setback | None
    unasked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Choosing:
    """Looks at what the judge allows; decides nothing itself."""

    judging: Judging
    watching: Watching

    def is_down(self, alias: str) -> bool:
        """Whether nobody should be sent to this citizen ID unwarned."""
        return bool(self.watching.known([alias]))

    def offer(self, request: AuthorizationRequest, session: BrokerSession | None, remembered: str | None = None) -> Choice | None:
        """What to show; None when choosing is not what is due. `remembered` is the alias this device was told to remember, untrusted."""
        client = self.judging.client_of(request)
        step = self.judging.judge(request, session)
        aliases = self._aliases(step, request, client) if client else ()
        if client is None or not aliases:
            return None
        stepping_up = session is not None and isinstance(step, StepUp | Refuse)
        return Choice(
            client=client,
            options=self._options(client, aliases, remembered, request.setback),
            needed=step.trust if isinstance(step, StepUp) else required_trust(request, client),
            present=session.trust_at(self.judging.clock()) if session and stepping_up else None,
            may_stay=isinstance(step, StepUp) and not step.required,
            setback=request.setback,
            unasked=step.unasked if isinstance(step, ChooseProvider) else (),
        )

    def _aliases(self, step: Step, request: AuthorizationRequest, client: Client) -> tuple[str, ...]:
        """The citizen IDs that may be chosen now, the likeliest first. After too low a level the citizen may try again."""
        if isinstance(step, ChooseProvider | StepUp):
            return step.aliases
        if isinstance(step, SignIn) or is_unmet(step):
            return tuple(one.alias for one in usable_providers(request, client, tuple(self.judging.providers.list())))
        return ()

    def _options(self, client: Client, aliases: tuple[str, ...], remembered: str | None, setback: Setback | None) -> tuple[Option, ...]:
        """Those that work first, among them the one of the last time."""
        allowed = [one for one in self.judging.providers.list() if client.allows_provider(one)]
        troubles = self._troubles(aliases, setback)
        options = (self._option(one, client, one.alias in aliases, remembered, troubles.get(one.alias)) for one in allowed)
        places = {alias: place for place, alias in enumerate(aliases)}
        return tuple(sorted(options, key=lambda one: (bool(one.trouble), not one.remembered, places.get(one.provider.alias, len(places)))))

    def _troubles(self, aliases: tuple[str, ...], setback: Setback | None) -> dict[str, Trouble]:
        """What everybody is told, and what this citizen has just met."""
        known = self.watching.known(aliases)
        if setback and setback.kind is SetbackKind.UNAVAILABLE:
            known.setdefault(setback.provider_alias, Trouble(TroubleSource.SIGN_INS, self.judging.clock()))
        return known

    def _option(self, provider: IdentityProvider, client: Client, usable: bool, remembered: str | None, trouble: Trouble | None) -> Option:
        provable = self._provable(provider)
        asked = {claim.name for claim in client.claims}
        return Option(
            provider,
            usable,
            proves=tuple(word for word in PROOFS if word in provable),
            lacks=tuple(word for word, claims in PROOFS.items() if word not in provable | _open_to(provider) and claims & asked),
            remembered=usable and provider.alias == remembered,
            trouble=trouble,
        )

    def _provable(self, provider: IdentityProvider) -> set[str]:
        """A claim counts where the table has it from this citizen ID, and it is more than the citizen's own word."""
        believed = self.judging.releasing.claim_table.providers.get(provider.alias)
        if believed is None or believed.attributes is AttributeTrust.SELF or provider.trust_ceiling <= TrustLevel.BASIC:
            return set()
        mapped = {one.claim for one in self.judging.releasing.claim_table.mappings_of(provider.alias)}
        return {word for word, claims in PROOFS.items() if claims & mapped}


def _open_to(provider: IdentityProvider) -> frozenset[str]:
    """What a citizen ID may prove or not, and nobody knows before: a voucher says what its batch says."""
    return frozenset({"residence", "age"}) if provider.alias == VOUCHER else frozenset()


def is_unmet(step: Step) -> bool:
    """Whether the judge refuses for the level alone."""
    return isinstance(step, Refuse) and isinstance(step.error, UnmetTrust)
