"""Reading back our own ID tokens as hints (OIDC Core 3.1.2.1 `id_token_hint`, RP-Initiated Logout 1.0 section 2)."""

from __future__ import annotations

from dataclasses import dataclass

from broker.core.errors import BadRequest, InvalidRequest
from broker.oidc.keys import KeyRing


@dataclass(frozen=True, slots=True)
class Hint:
    """What an ID token of ours says. Expired ones are fine: they prove nothing but who it was about."""

    client_id: str
    sub: str
    sid: str | None


@dataclass(frozen=True, slots=True)
class HintReader:
    """Accepts ID tokens that this provider signed with any key it ever had, and nothing else (A-21, A-22, A-23)."""

    issuer: str
    keys: KeyRing

    def read(self, token: str) -> Hint:
        """Raises BadRequest for anything but an ID token of ours."""
        claims = self.keys.read(token, "JWT")
        if claims is None or claims.get("iss") != self.issuer:
            raise BadRequest("id_token_hint is not an ID token of this provider")
        client_id, sub, sid = claims.get("aud"), claims.get("sub"), claims.get("sid")
        if not isinstance(client_id, str) or not isinstance(sub, str):
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
