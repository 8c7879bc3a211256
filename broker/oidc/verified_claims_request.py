"""`verified_claims` in the `claims` parameter (OpenID Connect for Identity Assurance 1.0, section 6)."""

from __future__ import annotations

from collections.abc import Mapping

from broker.core.errors import InvalidRequest
from broker.core.verified_claims import TRUST_FRAMEWORK, VERIFIED_CLAIMS

_CONSTRAINTS = ("value", "values", "max_age")


def asked_names(members: Mapping[str, object]) -> tuple[str, ...]:
    """Names of the claims asked for, those inside `verified_claims` among them, in the order sent.

    `verified_claims` itself is left out where the tool insists on something of the verification that is not looked at here: to answer
    less is always right, to answer what does not fit never is. Raises InvalidRequest for a request that is not of the form.
    """
    names: dict[str, None] = {}
    for name, wish in members.items():
        if name != VERIFIED_CLAIMS:
            names[name] = None
            continue
        wanted = [_wanted(one) for one in (wish if isinstance(wish, list) else [wish])]
        if any(fits for _, fits in wanted):
            names.update(dict.fromkeys((VERIFIED_CLAIMS, *(claim for claims, fits in wanted if fits for claim in claims))))
    return tuple(names)


def _wanted(wish: object) -> tuple[Mapping[str, object], bool]:
    """The claims of one object of the request, and whether its verification can be given."""
    verification, claims = (wish.get("verification"), wish.get("claims")) if isinstance(wish, Mapping) else (None, None)
    if not isinstance(verification, Mapping) or not isinstance(claims, Mapping) or not claims:
        raise InvalidRequest("verified_claims needs verification and claims, each a JSON object")
    return claims, all(_fits(name, wanted) for name, wanted in verification.items())


def _fits(name: str, wanted: object) -> bool:
    if isinstance(wanted, list):
        return not wanted
    constraints = {key: wanted[key] for key in _CONSTRAINTS if key in wanted} if isinstance(wanted, Mapping) else {}
    if name != "trust_framework":
        return not constraints
    values = constraints.get("values", [constraints["value"]] if "value" in constraints else [TRUST_FRAMEWORK])
    return isinstance(values, list) and TRUST_FRAMEWORK in values
