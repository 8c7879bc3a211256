"""Whether a token was really signed by the hub: key by `kid` from its set, algorithm from our list and the key's own (A-21 to A-25)."""

from __future__ import annotations

from dataclasses import dataclass

import jwt

from broker.core.errors import UpstreamRefused
from broker.upstream.discovery import Discovery

LARGEST_TOKEN = 64 * 1024


@dataclass(frozen=True, slots=True)
class HubSignature:
    """Reads tokens of one hub. What their claims mean and whether their time is right is the caller's to judge."""

    discovery: Discovery
    algorithms: tuple[str, ...]

    def claims(self, token: str, name: str, types: tuple[str, ...], required: list[str]) -> dict[str, object]:
        """The claims of a token signed by the hub, all `required` ones among them. `name` is what the sentences call it.

        `types` are the values that `typ` may have. Raises UpstreamRefused, or UpstreamUnavailable for the keys.
        """
        if len(token) > LARGEST_TOKEN or token.count(".") != 2:
            raise UpstreamRefused(f"The {name} is malformed.")
        try:
            header = jwt.get_unverified_header(token)
            if header.get("alg") not in self.algorithms or not isinstance(header.get("kid"), str):
                raise UpstreamRefused(f"The {name} is signed in a way that is not allowed.")
            key = self.discovery.key(header["kid"])
            if key.algorithm_name != header["alg"]:
                raise UpstreamRefused(f"The {name} is signed in another way than its key allows.")
            options = {"require": required, "verify_exp": False, "verify_iat": False, "verify_nbf": False, "verify_aud": False}
            found: dict[str, object] = jwt.decode(token, key, algorithms=[header["alg"]], options=options)  # type: ignore[arg-type]  # PyJWT types options as its own dict
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as error:
            raise UpstreamRefused(f"The {name} cannot be verified: {type(error).__name__}.") from None
        if header.get("typ", types[0]) not in types:
            raise UpstreamRefused(f"The token is no {name}.")
        return found


def moment(value: object) -> float:
    """A time of a token, in seconds since 1970. Raises UpstreamRefused for anything else (JT-13)."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e11:
        raise UpstreamRefused("The token has a time that is none.")
    return value
