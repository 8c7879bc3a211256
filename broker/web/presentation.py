"""What the citizen pages show, in the page's language: choices and claims as plain words. Nothing here decides anything."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType

from flask_babel import gettext, to_user_timezone

from broker.core.claim import ClaimData, ClaimTable
from broker.core.procedure import VoteStrength
from broker.core.provider import IdentityProvider, Trouble
from broker.core.trust import TrustLevel
from broker.core.verified_claims import VERIFIED_CLAIMS
from broker.flows.choosing import Option
from broker.flows.consenting import OfferedClaim
from broker.flows.managing_links import AccountLinks
from broker.flows.releasing import PSEUDONYM_CLAIMS, SELF_ASSERTED
from broker.web.i18n import Language, in_language


@dataclass(frozen=True, slots=True)
class WayBack:
    """Where a page leads back to: a tool's name and its registered address, never one from the request (RU-10)."""

    name: str
    url: str


@dataclass(frozen=True, slots=True)
class MeansOption:
    """One way to sign in at a citizen ID, and the level it reaches."""

    name: str
    trust: TrustLevel


@dataclass(frozen=True, slots=True)
class ShownTrouble:
    """A citizen ID that is out of order: since when it is known (`today` or before), until when and in whose words (empty: ours)."""

    since: datetime
    today: bool
    until: datetime | None
    text: str


@dataclass(frozen=True, slots=True)
class ProviderOption:
    """A citizen ID as a choice. `means` are those that are enough here; `usable` is False for one that cannot reach the level needed.

    `proves` and `lacks` are in the page's words; `lacks` names only what the tool asks for.
    """

    alias: str
    name: str
    description: str
    means: tuple[MeansOption, ...]
    reach: TrustLevel
    usable: bool
    proves: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    remembered: bool = False
    trouble: ShownTrouble | None = None
    ends: date | None = None


@dataclass(frozen=True, slots=True)
class ShownSetback:
    """A try to sign in that failed: why, at which citizen ID, and what this could not give. `code` is the log's word for it."""

    kind: str
    provider: str
    claims: tuple[str, ...]
    code: str


@dataclass(frozen=True, slots=True)
class ShownClaim:
    """A claim on the consent page: its name, the real value (empty if there is none), and why the tool wants it."""

    label: str
    value: str
    purpose: str
    sentence: str


@dataclass(frozen=True, slots=True)
class ShownLink:
    """A citizen ID of an account: never a name, only which one it is and when. `present`: signed in by it; `new`: added in this sign-in."""

    handle: str
    name: str
    linked_at: datetime
    last_seen_at: datetime
    present: bool
    new: bool
    ends: date | None


def provider_options(options: Iterable[Option], needed: TrustLevel, now: datetime) -> list[ProviderOption]:
    """The citizen IDs as choices, in the order given."""
    return [_option(option, needed, now) for option in options]


def _option(option: Option, needed: TrustLevel, now: datetime) -> ProviderOption:
    provider = option.provider
    reached = [(means, min(means.trust, provider.trust_ceiling)) for means in provider.means]
    enough = [MeansOption(in_language(means.names), trust) for means, trust in reached if trust >= needed]
    return ProviderOption(
        alias=provider.alias,
        name=in_language(provider.names) or provider.alias,
        description=in_language(provider.descriptions),
        means=tuple(sorted(enough, key=lambda means: -means.trust)),
        reach=max((trust for _, trust in reached), default=provider.trust_ceiling),
        usable=option.usable,
        proves=tuple(gettext(f"proof.{word}") for word in option.proves),
        lacks=tuple(gettext(f"proof.{word}") for word in option.lacks),
        remembered=option.remembered,
        trouble=_trouble(option.trouble, now) if option.trouble else None,
        ends=provider.ends,
    )


def _trouble(trouble: Trouble, now: datetime) -> ShownTrouble:
    today = to_user_timezone(trouble.since).date() == to_user_timezone(now).date()
    return ShownTrouble(trouble.since, today, trouble.until, in_language(trouble.texts))


def provider_name(providers: Iterable[IdentityProvider], alias: str) -> str:
    """What citizens call the citizen ID."""
    names = next((one.names for one in providers if one.alias == alias), {})
    return in_language(names) or alias


def claim_labels(claim_table: ClaimTable, claims: Iterable[str]) -> tuple[str, ...]:
    """What citizens call these claims; those the table does not know are left out."""
    return tuple(in_language(claim_table[name].labels) or name for name in claims if name in claim_table)


def shown_links(overview: AccountLinks, providers: Iterable[IdentityProvider]) -> list[ShownLink]:
    """The citizen IDs of an account, the oldest first."""
    known = tuple(providers)
    return [
        ShownLink(
            handle=link.handle,
            name=provider_name(known, link.provider_alias),
            linked_at=link.linked_at,
            last_seen_at=link.last_seen_at,
            present=link.handle == overview.present,
            new=link.handle in overview.new,
            ends=next((one.ends for one in known if one.alias == link.provider_alias), None),
        )
        for link in overview.links
    ]


def shown_claims(offered: Iterable[OfferedClaim]) -> list[ShownClaim]:
    """The lines of the consent page, without the pseudonym, which has a field of its own."""
    rows = [one for one in offered if one.definition.name not in PSEUDONYM_CLAIMS]
    labels = {one.definition.name: in_language(one.definition.labels) for one in rows}
    return [_shown(one, labels) for one in rows]


def _shown(offered: OfferedClaim, labels: Mapping[str, str]) -> ShownClaim:
    row = offered.definition
    return ShownClaim(
        label=in_language(row.labels) or row.name,
        value=claim_value(row.name, offered.value, labels),
        purpose=in_language(offered.purpose),
        sentence=in_language(row.sentences),
    )


def claim_value(name: str, value: ClaimData | None, labels: Mapping[str, str] = MappingProxyType({})) -> str:
    """A claim's value as a citizen reads it; empty for no value. Trust levels and means are put into words.

    `labels` are what citizens call the claims that a value speaks of.
    """
    if isinstance(value, bool):
        return _yes_or_no(value)
    if name == VERIFIED_CLAIMS:
        return _verified(value, labels)
    if isinstance(value, dict):
        return ", ".join(f"{labels.get(part) or part}: {_item(name, inner)}" for part, inner in value.items())
    if isinstance(value, list):
        return ", ".join(_item(name, item) for item in value)
    return "" if value is None else _item(name, value)


def _verified(value: ClaimData | None, labels: Mapping[str, str]) -> str:
    """Which claims are in it, and how well each is proven; the values stand in the lines of the claims themselves."""
    objects = [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, dict)]
    levels = {claim: one["verification"]["assurance_level"] for one in objects for claim in one["claims"]}
    return ", ".join(f"{labels.get(claim) or claim}: {gettext(f'level.{level}')}" for claim, level in levels.items())


def _yes_or_no(value: bool) -> str:
    text: str = gettext("Yes") if value else gettext("No")
    return text


def _item(name: str, item: object) -> str:
    words = _IN_WORDS.get(name)
    return words(item) if words else str(item)


def _age(years: object) -> str:
    text: str = gettext("at least %(years)s years old", years=years)
    return text


def _municipality(key: object) -> str:
    text: str = gettext("municipality key %(key)s", key=key)
    return text


def _means(word: object) -> str:
    text: str = gettext(f"amr.{word}")
    return str(word) if text == f"amr.{word}" else text


def _level(acr: object) -> str:
    text: str = gettext("your own statement") if acr == SELF_ASSERTED else gettext(f"level.{TrustLevel.from_acr(str(acr)).word}")
    return text


def _voice(strength: object) -> str:
    text: str = gettext("One voice for you as a person") if strength == VoteStrength.PERSON else gettext("One voice for your account")
    return text


def _language(tag: object) -> str:
    return Language(str(tag)).own_name if tag in set(Language) else str(tag)


def _evidence(word: object) -> str:
    text: str = gettext(f"evidence.{word}")
    return str(word) if text == f"evidence.{word}" else text


_IN_WORDS = {
    "amr": _means,
    "bp_age_over": _age,
    "bp_attr_loa": _level,
    "bp_residence_evidence": _evidence,
    "bp_resident_of": _municipality,
    "bp_vote_key_strength": _voice,
    "locale": _language,
}
