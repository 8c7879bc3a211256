"""The judge: from all that is known about a request to the one next step. Pure; nothing else decides.

It always ends. Each step is asked at most once per request (`signed_in_at`, `consented_at` remember it), and every step that needs the
citizen knows the error it becomes under prompt=none. It never issues below the required level, for another person than asked for or a
citizen ID that the tool does not allow, or without consent (first-party tools aside).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from broker.core.client import Client
from broker.core.consent import Standing
from broker.core.errors import AccessDenied, AccountBlocked, BrokerError, ConsentRequired, LoginRequired, UnmetTrust
from broker.core.grant import OFFLINE_ACCESS
from broker.core.linking import ConfirmLink, TellNews, link_fault
from broker.core.provider import IdentityProvider
from broker.core.request import STEP_UP_DECLINED, AuthorizationRequest, Prompt
from broker.core.session import BrokerSession
from broker.core.trust import TrustLevel
from broker.core.voucher import VOUCHER

CLOCK_SKEW = timedelta(seconds=10)  # between the broker and the hub


@dataclass(frozen=True, slots=True)
class Situation:
    """All the judge may look at. `claims` are those the tool may get and asked for, `text_version` names the wording that explains them.

    `standing` belongs to the session's account; it is None exactly when there is no session. `needed` are those of the claims, and of
    what they are made of, that the tool cannot do without and the session's citizen ID can give.
    """

    request: AuthorizationRequest
    client: Client | None
    providers: tuple[IdentityProvider, ...]
    session: BrokerSession | None
    standing: Standing | None
    claims: tuple[str, ...]
    text_version: str
    now: datetime
    needed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ChooseProvider:
    """Let the citizen choose among these citizen IDs, then sign in at this level.

    With `unasked` somebody is signed in, but the citizen ID was not asked for these claims, which the tool cannot do without.
    """

    aliases: tuple[str, ...]
    trust: TrustLevel
    unasked: tuple[str, ...] = ()

    @property
    def silent_error(self) -> BrokerError:
        """What this becomes under prompt=none."""
        return LoginRequired()


@dataclass(frozen=True, slots=True)
class SignIn:
    """Send the citizen to this citizen ID: the tool or an earlier choice named it."""

    alias: str
    trust: TrustLevel

    @property
    def silent_error(self) -> BrokerError:
        """What this becomes under prompt=none."""
        return LoginRequired()


@dataclass(frozen=True, slots=True)
class StepUp:
    """The citizen is signed in, but not surely enough: explain, and offer these citizen IDs (the present one first).

    `required` is False where the tool would only like more: then the present sign-in will do as well.
    """

    aliases: tuple[str, ...]
    trust: TrustLevel
    required: bool = True

    @property
    def silent_error(self) -> BrokerError:
        """What this becomes under prompt=none."""
        return LoginRequired("The present sign-in does not reach the level that was asked for.")


@dataclass(frozen=True, slots=True)
class AskConsent:
    """Show what the tool will get, and ask. Among the scopes are the APIs it wants to use for the citizen (RFC 8707)."""

    claims: tuple[str, ...]
    scopes: tuple[str, ...]

    @property
    def silent_error(self) -> BrokerError:
        """What this becomes under prompt=none."""
        return ConsentRequired()


@dataclass(frozen=True, slots=True)
class Issue:
    """All is there: give the tool a code. `standing` is what the decision rests on, so that nothing needs to be read twice."""

    trust: TrustLevel
    claims: tuple[str, ...]
    scopes: tuple[str, ...]
    standing: Standing


@dataclass(frozen=True, slots=True)
class Refuse:
    """Tell the tool no."""

    error: BrokerError


Step = ChooseProvider | SignIn | StepUp | TellNews | ConfirmLink | AskConsent | Issue | Refuse


def next_step(situation: Situation) -> Step:
    """The one next step. Under prompt=none only Issue and Refuse come out."""
    step = _next(situation)
    if situation.request.silent and isinstance(step, ChooseProvider | SignIn | StepUp | TellNews | ConfirmLink | AskConsent):
        return Refuse(step.silent_error)
    return step


def required_trust(request: AuthorizationRequest, client: Client) -> TrustLevel:
    """The level below which nothing is issued: the tool's minimum, or what this request insists on."""
    return max(client.minimum_trust, request.required_trust, TrustLevel.BASIC)


def wanted_trust(request: AuthorizationRequest, client: Client) -> TrustLevel:
    """The level to try for: the required one, or a higher one the request would like."""
    return max(required_trust(request, client), request.wanted_trust)


def usable_providers(
    request: AuthorizationRequest, client: Client, providers: tuple[IdentityProvider, ...]
) -> tuple[IdentityProvider, ...]:
    """Citizen IDs this request may be sent to: enabled, allowed for the tool, able to reach the required level; a hinted one first."""
    required = required_trust(request, client)
    able = (one for one in _allowed(client, providers) if one.trust_ceiling >= required and not (request.links_to and one.alias == VOUCHER))
    return tuple(sorted(able, key=lambda one: one.alias != request.provider_hint))


def _next(situation: Situation) -> Step:
    request, client, session, standing = situation.request, situation.client, situation.session, situation.standing
    if request.denied_by:
        return Refuse(UnmetTrust() if request.denied_by == STEP_UP_DECLINED else AccessDenied())
    if client is None or not client.takes_part:
        return Refuse(AccessDenied("This tool is not live."))
    if request.links_to:
        return _link(situation, client)
    if session is None or standing is None or not standing.linked or not session.serves(client.only_for, situation.now):
        return _sign_in(situation, client)  # also where the citizen ID it came by leads to another account by now, or to none
    if not standing.subject_active:
        return Refuse(AccountBlocked())
    if not _fits(situation, client, session, standing):
        return _sign_in(situation, client)
    if session.news and request.signed_in_at is not None and request.told_at is None:
        return TellNews()
    surer_or_more = _too_low(situation, client, session) or _unasked(situation, client, session)
    return surer_or_more or _consent(situation, client, standing) or _issue(situation, session, standing)


def _link(situation: Situation, client: Client) -> Step:
    """A second citizen ID for an account: signed in with, then confirmed. Whoever signs in for it gets no session."""
    request, session, standing = situation.request, situation.session, situation.standing
    serves = session is not None and session.serves(client.only_for, situation.now)
    stands = serves and standing is not None and standing.linked and standing.subject_active
    present = session if stands else None
    fault = link_fault(request, present)
    if fault is not None or present is None or standing is None:
        return Refuse(fault or AccessDenied())
    if request.consented_at is not None:
        return _issue(situation, present, standing)
    if request.proposed is not None:
        return ConfirmLink()
    usable = usable_providers(request, client, situation.providers)
    return ChooseProvider(tuple(one.alias for one in usable), TrustLevel.BASIC) if usable else Refuse(AccessDenied())


def _allowed(client: Client, providers: tuple[IdentityProvider, ...]) -> tuple[IdentityProvider, ...]:
    return tuple(one for one in providers if one.enabled and client.allows_provider(one))


def _fits(situation: Situation, client: Client, session: BrokerSession, standing: Standing) -> bool:
    """Whether this session may answer this request at all: the right citizen ID, the right person, fresh enough."""
    request = situation.request
    allowed = {one.alias for one in _allowed(client, situation.providers)}
    hint = request.provider_hint if request.signed_in_at is None else None  # whoever signed in since has chosen
    if session.provider_alias not in allowed or (hint in allowed and hint != session.provider_alias):
        return False
    if request.hinted_subs and standing.sub not in request.hinted_subs:
        return False
    return not _must_be_fresh(request, session, situation.now) or _signed_in_for(request, session)


def _must_be_fresh(request: AuthorizationRequest, session: BrokerSession, now: datetime) -> bool:
    if request.prompts & {Prompt.LOGIN, Prompt.SELECT_ACCOUNT}:
        return True
    if request.max_age is None:
        return False
    return request.max_age == 0 or (now - session.authenticated_at).total_seconds() > request.max_age  # OIDC Core 3.1.2.1


def _signed_in_for(request: AuthorizationRequest, session: BrokerSession) -> bool:
    return request.signed_in_at is not None and session.authenticated_at + CLOCK_SKEW >= request.created_at


def _sign_in(situation: Situation, client: Client) -> Step:
    request = situation.request
    if request.signed_in_at is not None:
        return Refuse(AccessDenied("The sign-in did not fit what was asked for: another person, another citizen ID, or ended since."))
    usable = usable_providers(request, client, situation.providers)
    wanted = wanted_trust(request, client)
    if not usable:
        return Refuse(_nothing_usable(situation, client))
    if request.provider_hint == usable[0].alias and Prompt.SELECT_ACCOUNT not in request.prompts and request.setback is None:
        return SignIn(usable[0].alias, wanted)
    return ChooseProvider(tuple(one.alias for one in usable), wanted)  # also for one: it says what is about to happen


def _nothing_usable(situation: Situation, client: Client) -> BrokerError:
    if situation.request.silent:
        return LoginRequired()
    if _allowed(client, situation.providers):
        return UnmetTrust("No citizen ID that this tool allows reaches the required level.")
    return AccessDenied("No citizen ID is available for this tool.")


def _too_low(situation: Situation, client: Client, session: BrokerSession) -> Step | None:
    """The step towards a higher level, or None when the present level will do."""
    request = situation.request
    required, wanted = required_trust(request, client), wanted_trust(request, client)
    reached = session.trust_at(situation.now)
    if reached >= wanted or (reached >= required and (request.silent or request.signed_in_at is not None)):
        return None
    if request.signed_in_at is not None:
        return Refuse(UnmetTrust())
    for level in (wanted, required):
        able = [one for one in usable_providers(request, client, situation.providers) if one.trust_ceiling >= level]
        if able and reached < level:
            able.sort(key=lambda one: one.alias != session.provider_alias)
            return StepUp(tuple(one.alias for one in able), level, required=reached < required)
    return None if reached >= required else Refuse(LoginRequired() if request.silent else UnmetTrust())


def _unasked(situation: Situation, client: Client, session: BrokerSession) -> Step | None:
    """A sign-in for what the present one was not asked for, once; a silent request goes on with what is there."""
    request, asked = situation.request, session.asked_claims
    if asked is None or request.silent or request.signed_in_at is not None:
        return None
    unasked = tuple(name for name in situation.needed if name not in asked)
    usable = usable_providers(request, client, situation.providers) if unasked else ()
    if not usable:
        return None
    aliases = sorted((one.alias for one in usable), key=lambda alias: alias != session.provider_alias)
    return ChooseProvider(tuple(aliases), wanted_trust(request, client), unasked)


def _consent(situation: Situation, client: Client, standing: Standing) -> Step | None:
    """The question to ask, or None when the citizen's agreement stands."""
    request = situation.request
    asked_anew = Prompt.CONSENT in request.prompts and request.consented_at is None
    if not asked_anew and (client.first_party or _agreed(situation, standing)):
        return None
    if request.consented_at is not None:
        return Refuse(ConsentRequired("The agreement does not cover what is asked for; it may have been withdrawn meanwhile."))
    return AskConsent(situation.claims, (*_scopes(situation, standing), *request.resources))


def _agreed(situation: Situation, standing: Standing) -> bool:
    consent = standing.consent
    if consent is None or not consent.valid(situation.now):
        return False
    agreed_to = (*_scopes(situation, standing), *situation.request.resources)  # an API more is asked about like a scope more
    return consent.covers(agreed_to, situation.claims, situation.text_version)


def _scopes(situation: Situation, standing: Standing) -> tuple[str, ...]:
    """The scopes to be granted: access without the citizen only if asked for with prompt=consent, or agreed to before (OIDC Core 11), and
    never from a public computer: nothing begun there goes on after its session."""
    request, consent = situation.request, standing.consent
    shared = situation.session is not None and situation.session.public_computer
    agreed = consent is not None and consent.valid(situation.now) and OFFLINE_ACCESS in consent.scopes
    if not shared and (agreed or Prompt.CONSENT in request.prompts):
        return request.scopes
    return tuple(scope for scope in request.scopes if scope != OFFLINE_ACCESS)


def _issue(situation: Situation, session: BrokerSession, standing: Standing) -> Issue:
    return Issue(session.trust_at(situation.now), situation.claims, _scopes(situation, standing), standing)
