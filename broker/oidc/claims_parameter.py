"""The `claims` request parameter (OIDC Core 5.5): names wished for, and what is demanded of `acr` and `sub`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from broker.core.errors import InvalidRequest, UnmetTrust
from broker.core.trust import TrustLevel

_MOST_NAMES = 100
_DEEPEST = 4  # {"id_token": {"acr": {"values": ["..."]}}}

Wish = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class ClaimsParameter:
    """`userinfo` and `id_token` are names in the order sent; a wish, never a right. `sub` is a subject the tool insists on."""

    userinfo: tuple[str, ...] = ()
    id_token: tuple[str, ...] = ()
    wanted_trust: TrustLevel = TrustLevel.NONE
    required_trust: TrustLevel = TrustLevel.NONE
    sub: str | None = None


def read_claims(text: str | None) -> ClaimsParameter:
    """Raises InvalidRequest for JSON that is broken, too deep or not of the expected shape, UnmetTrust for an essential `acr` that no level
    here has (OIDC Core 5.5.1.1)."""
    if text is None:
        return ClaimsParameter()
    document = _object(_parsed(text))
    userinfo, id_token = _members(document, "userinfo"), _members(document, "id_token")
    acr = _object(id_token.get("acr") or {})
    level = _level(acr)
    return ClaimsParameter(
        userinfo=tuple(userinfo),
        id_token=tuple(id_token),
        wanted_trust=level,
        required_trust=level if acr.get("essential") is True else TrustLevel.NONE,
        sub=_subject(id_token) or _subject(userinfo),
    )


def _parsed(text: str) -> object:
    try:
        parsed: object = json.loads(text)
        _check_depth(parsed, _DEEPEST)
    except (ValueError, RecursionError):
        raise InvalidRequest("claims is not a JSON object of the expected shape") from None
    return parsed


def _check_depth(value: object, left: int) -> None:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    if inner and not left:
        raise ValueError("too deep")
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
    for wish in members.values():
        if wish is not None:
            _object(wish)
    return members


def _level(acr: Wish) -> TrustLevel:
    """The lowest level that satisfies the wish: a higher one contains it."""
    values = acr.get("values") if isinstance(acr.get("values"), list) else [acr.get("value")]
    named = [value for value in values if isinstance(value, str)] if isinstance(values, list) else []
    levels = [level for level in map(TrustLevel.from_acr, named) if level > TrustLevel.NONE]
    if named and not levels and acr.get("essential") is True:
        raise UnmetTrust("no level of this provider has the essential acr value")
    return min(levels, default=TrustLevel.NONE)


def _subject(members: Wish) -> str | None:
    wish = members.get("sub")
    value = wish.get("value") if isinstance(wish, dict) else None
    return value if isinstance(value, str) else None
