"""Which claims a tool gets, and what stands in them: the one place, for userinfo, ID token and consent page alike.

Derive, then discard (citizen IDs 6): a tool sees its own municipalities and age thresholds only, an address that nobody confirmed is
never called verified, and an unproven residence is not asserted without saying so.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from broker.core.claim import ClaimData, ClaimTable, HeldClaim, ReleaseClass
from broker.core.client import Client
from broker.core.client_policy import EVIDENCE
from broker.core.eligibility import is_in_band, residence_stands
from broker.core.procedure import VOTE_CLAIMS, procedure_of, table_scopes
from broker.core.request import AuthorizationRequest
from broker.core.session import BrokerSession
from broker.core.transforms import german_day
from broker.core.trust import TrustLevel
from broker.core.verified_claims import VERIFIED_CLAIMS, verified_claims

PSEUDONYM_CLAIMS = frozenset({"preferred_username", "nickname"})
LOCALE_CLAIM = "locale"
SELF_ASSERTED = "self"
VOUCHER_EVIDENCE = "voucher"
PROVEN = TrustLevel.SUBSTANTIAL
"""From this level on a place of residence may be asserted without naming its evidence beside it."""

_EMAIL_CLAIMS = frozenset({"email", "email_verified"})
_RESIDENCE_DETAILS = ("bp_residence_evidence", "bp_residence_as_of")


@dataclass(frozen=True, slots=True)
class Releasing:
    """Decides by the claim table, the client's record and what the session holds."""

    claim_table: ClaimTable
    _versions: dict[str, tuple[Client, str]] = field(default_factory=dict, repr=False, compare=False)

    def claims(self, client: Client, request: AuthorizationRequest) -> tuple[str, ...]:
        """Names of the claims that this request asks for and this tool may get, in the table's order."""
        asked = request.asked_userinfo + request.asked_id_token
        found = self._releasable(client, table_scopes(request.scopes), asked)
        return found if procedure_of(request.scopes) else tuple(name for name in found if name not in VOTE_CLAIMS)

    def id_token_claims(self, client: Client, request: AuthorizationRequest, claims: Iterable[str]) -> tuple[str, ...]:
        """Those of the claims that also travel in the ID token: all by the client's switch, else the ones asked for there."""
        return tuple(name for name in claims if client.claims_in_id_token or name in request.asked_id_token)

    def values(self, client: Client, claims: Iterable[str], session: BrokerSession, pseudonym: str | None) -> dict[str, ClaimData]:
        """The canonical values of these claims, and of those every tool gets. What is not known is absent, never guessed."""
        found = {name: self._value(name, client, session, pseudonym) for name in claims}
        values = {name: value for name, value in found.items() if value is not None}
        values["bp_subject_type"] = session.subject_type
        _withhold_unproven_residence(values, client, session)
        levels = self._levels(values, session)
        if levels:
            values["bp_attr_loa"] = {name: level.acr if level > TrustLevel.BASIC else SELF_ASSERTED for name, level in levels.items()}
        verified = verified_claims(values, levels, session.authenticated_at) if VERIFIED_CLAIMS in claims else None
        return values if verified is None else {**values, VERIFIED_CLAIMS: verified}

    def text_version(self, client: Client) -> str:
        """Names the wording a citizen is shown for this tool: another one when a claim or a purpose is added or reworded (CN-04).

        Covers all the tool may ever ask for, so that asking for less never counts as a new wording.
        """
        known = self._versions.get(client.client_id)
        if known is None or known[0] is not client:
            known = self._versions[client.client_id] = (client, self._wording(client))
        return known[1]

    def upstream_claims(self, client: Client, alias: str) -> tuple[str, ...]:
        """All that this tool may ever get from a citizen ID: nothing beyond is asked for, and no second sign-in for what it asks later."""
        return self._from(alias, self.widest(client))

    def needed(self, client: Client, claims: Iterable[str], alias: str) -> tuple[str, ...]:
        """Those of the claims that the tool cannot do without and this citizen ID can give."""
        required = {claim.name for claim in client.claims if claim.required}
        return self._from(alias, (name for name in claims if name in required))

    def _from(self, alias: str, claims: Iterable[str]) -> tuple[str, ...]:
        """Those of the claims, and of what they are made of, that come from this citizen ID."""
        names = {name for claim in claims for name in (claim, *self.claim_table[claim].needs)}
        return tuple(name for name, row in self.claim_table.definitions.items() if name in names and alias in row.mappings)

    def widest(self, client: Client) -> tuple[str, ...]:
        """All that the tool may ever get beyond what every tool gets, in the table's order."""
        return self._releasable(client, client.scopes, client.registered_claims)

    def _releasable(self, client: Client, scopes: Iterable[str], asked: Iterable[str]) -> tuple[str, ...]:
        found = self.claim_table.releasable(scopes, client.registered_claims, client.release_without_scope, asked)
        return tuple(name for name in found if not (client.email_verified_only and name in _EMAIL_CLAIMS))

    def _wording(self, client: Client) -> str:
        registered = {claim.name: claim for claim in client.claims}
        lines = []
        for name in self.widest(client):
            claim = registered.get(name)
            lines.append([name, dict(self.claim_table[name].sentences), dict(claim.purpose) if claim else {}])
        text = json.dumps(lines, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def _value(self, name: str, client: Client, session: BrokerSession, pseudonym: str | None) -> ClaimData | None:
        if name in PSEUDONYM_CLAIMS:
            return pseudonym
        if name in _MADE_HERE:
            return _MADE_HERE[name](session)
        held = session.claims.get(name)
        return None if held is None else _narrowed(name, held, client)

    def _levels(self, values: dict[str, ClaimData], session: BrokerSession) -> dict[str, TrustLevel]:
        """How far each released class P value is vouched for: never more than the sign-in as a whole (canonical schema, bp_attr_loa)."""
        held = {name: session.claims[name] for name in values if name in session.claims and self._is_purpose_bound(name)}
        return {name: min(claim.trust, session.trust) for name, claim in held.items()}

    def _is_purpose_bound(self, name: str) -> bool:
        return name in self.claim_table and self.claim_table[name].release is ReleaseClass.PURPOSE


def _narrowed(name: str, held: HeldClaim, client: Client) -> ClaimData | None:
    """A tool's own municipalities and thresholds only; a foreign place or age is never told."""
    if name == "bp_resident_of" and isinstance(held.value, list):
        return [own for own in client.municipalities if any(str(place).startswith(own) for place in held.value)]
    if name == "bp_age_over" and isinstance(held.value, list):
        reached = set(held.value)
        return [age for age in client.age_thresholds if age in reached]
    if name == "bp_age_band":
        return _band(held.value, client.claim_policy.age_bands)
    return held.value


def _band(known: ClaimData, bands: Iterable[str]) -> str | None:
    """The tool's own group: of the ages reached, or the very group that a voucher names."""
    if isinstance(known, list):
        reached = {age for age in known if isinstance(age, int)}
        return next((band for band in bands if is_in_band(band, reached)), None)
    return str(known) if known in tuple(bands) else None


def _withhold_unproven_residence(values: dict[str, ClaimData], client: Client, session: BrokerSession) -> None:
    """What is not proven well enough for the tool is left out, and what says more of the proof than it deserves is put right."""
    evidence, minimum = _residence_evidence(session), client.claim_policy.minimum_evidence
    enough = EVIDENCE.index(evidence) >= EVIDENCE.index(minimum or EVIDENCE[0])
    told = enough and (bool(minimum) or _is_proven(session) or "bp_residence_evidence" in values)
    if not told or not residence_stands(_residence_as_of(session), german_day(session.authenticated_at)):
        values.pop("bp_resident_of", None)
    if "bp_residence_evidence" in values:
        values["bp_residence_evidence"] = evidence
    if "bp_resident_of" not in values:
        for name in _RESIDENCE_DETAILS:
            values.pop(name, None)


def _is_proven(session: BrokerSession) -> bool:
    held = session.claims.get("bp_resident_of")
    return held is not None and min(held.trust, session.trust) >= PROVEN


def _residence_evidence(session: BrokerSession) -> str:
    """As the citizen ID's answer was read, but nobody's word (`self`) where what it stood on counts for less by now (A-29)."""
    held = session.claims.get("bp_residence_evidence")
    evidence = str(held.value) if held else SELF_ASSERTED
    if evidence not in EVIDENCE or (evidence != VOUCHER_EVIDENCE and not _is_proven(session)):
        return SELF_ASSERTED
    return evidence


def _residence_as_of(session: BrokerSession) -> str:
    held = session.claims.get("bp_residence_as_of")  # of an earlier day, where a voucher proved it
    return str(held.value) if held else german_day(session.authenticated_at).isoformat()


def _locale(session: BrokerSession) -> ClaimData | None:
    held = session.claims.get(LOCALE_CLAIM)
    return held.value if held else None


_MADE_HERE: Mapping[str, Callable[[BrokerSession], ClaimData | None]] = {
    "locale": _locale,
    "email_verified": lambda session: False if "email" in session.claims else None,  # no citizen ID vouches for it; nor do we yet
    "amr": lambda session: list(session.amr) or None,
    "bp_idp": lambda session: session.provider_alias,
    "bp_attr_loa": lambda session: None,  # added for what is released, see `values`
    VERIFIED_CLAIMS: lambda session: None,
    "bp_residence_as_of": lambda session: _residence_as_of(session) if "bp_resident_of" in session.claims else None,
}
