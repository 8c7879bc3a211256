"""Reading back our own ID tokens as hints (OIDC Core 3.1.2.1 `id_token_hint`, RP-Initiated Logout 1.0 section 2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from broker.core.errors import BadRequest, InvalidRequest
from broker.core.ports import Clock
from broker.oidc.id_token import TYP, seconds
from broker.oidc.keys import LONGEST_TOKEN, KeyRing

_SKEW = timedelta(seconds=10)
_LONGEST_LIFE = timedelta(days=1)  # no ID token of ours ever lived longer


@dataclass(frozen=True, slots=True)
class Hint:
    """What an ID token of ours says. Expired ones are fine: they prove nothing but who it was about."""

    client_id: str
    sub: str
    sid: str | None


@dataclass(frozen=True, slots=True)
class HintReader:
    """Accepts ID tokens that this provider signed with any key that is still believed, and nothing else (A-21 to A-24)."""

    issuer: str
    keys: KeyRing
    clock: Clock

    def read(self, token: str) -> Hint:
        """Raises BadRequest for anything but an ID token of ours."""
        if token.count(".", 0, LONGEST_TOKEN) == 4:
            raise BadRequest("id_token_hint is encrypted; send the signed ID token that was inside")
        claims = self.keys.read(token, TYP) or {}
        client_id, sub, sid = _audience(claims), claims.get("sub"), claims.get("sid")
        ours = claims.get("iss") == self.issuer and claims.get("azp", client_id) == client_id and self._is_timed(claims)
        if not ours or client_id is None or not isinstance(sub, str):
            raise BadRequest("id_token_hint is not an ID token of this provider")
        return Hint(client_id, sub, sid if isinstance(sid, str) else None)

    def subject(self, token: str, client_id: str) -> str:
        """The subject of a hint sent with an authorization request. Raises InvalidRequest if it is not ours or another client's."""
        try:
            hint = self.read(token)
        except BadRequest as error:
            raise InvalidRequest(error.detail) from None
        if hint.client_id != client_id:
            raise InvalidRequest("id_token_hint was issued to another client")
        return hint.sub

    def _is_timed(self, claims: Mapping[str, object]) -> bool:
        """Whether it has an ID token's times, in whole seconds, and was not made in the future; `exp` may have passed (JT-13)."""
        latest = seconds(self.clock() + _SKEW)
        issued_at, expires_at, signed_in_at = (_moment(claims.get(name)) for name in ("iat", "exp", "auth_time"))
        if issued_at is None or expires_at is None or signed_in_at is None or issued_at > latest:
            return False
        not_before = _moment(claims["nbf"]) if "nbf" in claims else issued_at
        return not_before is not None and not_before <= latest and 0 < expires_at - issued_at <= _LONGEST_LIFE.total_seconds()


def _audience(claims: Mapping[str, object]) -> str | None:
    """The one client it is for, in either form that we write (`audience_as_list`)."""
    audience = claims.get("aud")
    if isinstance(audience, list) and len(audience) == 1:
        audience = audience[0]
    return audience if isinstance(audience, str) else None


def _moment(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None
