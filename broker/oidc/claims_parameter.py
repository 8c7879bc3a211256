"""The `claims` request parameter (OIDC Core 5.5): names wished for, and what is demanded of `acr` and `sub`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from broker.core.errors import InvalidRequest, UnmetTrust
from broker.core.trust import TrustLevel
from broker.core.verified_claims import VERIFIED_CLAIMS
from broker.oidc.verified_claims_request import asked_names

_MOST_NAMES = 100
_DEEPEST_WISH = 2  # {"values": ["..."]}
_DEEPEST = 9  # {"userinfo": {"verified_claims": [{"verification": {"evidence": [{"check_details": [{"check_method": {}}]}]}}]}}

Wish = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class ClaimsParameter:
    """`userinfo` and `id_token` are names in the order sent; a wish, never a right. `subs` are the only subjects the tool will take."""

    userinfo: tuple[str, ...] = ()
    id_token: tuple[str, ...] = ()
    wanted_trust: TrustLevel = TrustLevel.NONE
    required_trust: TrustLevel = TrustLevel.NONE
    subs: tuple[str, ...] = ()


def read_claims(text: str | None) -> ClaimsParameter:
    """Raises InvalidRequest for JSON that is broken, too deep or not of the expected shape, UnmetTrust for an essential `acr` that no level
    here has (OIDC Core 5.5.1.1)."""
    if text is None:
        return ClaimsParameter()
    document = _object(_parsed(text))
    userinfo, id_token = _members(document, "userinfo"), _members(document, "id_token")
    acr = _object(id_token.get("acr") or {})
    levels = _levels(acr)
    return ClaimsParameter(
        userinfo=asked_names(userinfo),
        id_token=asked_names(id_token),
        wanted_trust=next(iter(levels), TrustLevel.NONE),  # the order is the tool's preference (5.5.1.1)
        required_trust=min(levels, default=TrustLevel.NONE) if acr.get("essential") is True else TrustLevel.NONE,
        subs=_subjects(id_token, userinfo),
    )


def _parsed(text: str) -> object:
    try:
        parsed: object = json.loads(text)
    except (ValueError, RecursionError):
        raise InvalidRequest("claims is not a JSON object of the expected shape") from None
    _check_depth(parsed, _DEEPEST)
    return parsed


def _check_depth(value: object, left: int) -> None:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    if inner and not left:
        raise InvalidRequest("claims is not a JSON object of the expected shape")
    for item in inner:
        _check_depth(item, left - 1)


def _object(value: object) -> Wish:
    if not isinstance(value, dict):
        raise InvalidRequest("claims is not a JSON object of the expected shape")
    return value


def _members(document: Wish, part: str) -> Wish:
    members = _object(document.get(part) or {})
    if len(members) > _MOST_NAMES:
        raise InvalidRequest("claims names too many claims")
    for name, wish in members.items():
        if wish is not None and name != VERIFIED_CLAIMS:
            _check_depth(_object(wish), _DEEPEST_WISH)
    return members


def _levels(acr: Wish) -> list[TrustLevel]:
    """The levels named, in the order sent. The lowest satisfies the wish: a higher one contains it."""
    named = _named(acr)
    levels = [level for level in map(TrustLevel.from_acr, named) if level > TrustLevel.NONE]
    if named and not levels and acr.get("essential") is True:
        raise UnmetTrust("no level of this provider has the essential acr value")
    return levels


def _subjects(id_token: Wish, userinfo: Wish) -> tuple[str, ...]:
    """Both parts are about the same citizen. Raises InvalidRequest if they exclude one another."""
    one, other = (_named(members.get("sub") or {}) for members in (id_token, userinfo))
    both = tuple(sub for sub in one if sub in other) if one and other else tuple(one or other)
    if (one or other) and not both:
        raise InvalidRequest("claims names different subjects")
    return both


def _named(wish: object) -> list[str]:
    """The strings a wish's `values`, or else its `value`, insists on; other types name nothing that exists here."""
    members = _object(wish)
    values = members.get("values")
    found = values if isinstance(values, list) else [members.get("value")]
    return [value for value in found if isinstance(value, str)]
