"""What one simulator is told at its start."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from deploy.demo.oidc.vocabulary import SHAPES, Shape


def _utc_now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """The one registered client."""

    client_id: str
    client_secret: str
    redirect_uris: tuple[str, ...]
    post_logout_redirect_uris: tuple[str, ...] = ()
    backchannel_logout_uri: str | None = None
    name: str = "Beteiligung (Demo)"

    @classmethod
    def keycloak(cls, realm_url: str, alias: str, client_id: str, client_secret: str) -> RelyingParty:
        """A Keycloak realm that brokers this account under ``alias``."""
        endpoint = f"{realm_url}/broker/{alias}/endpoint"
        return cls(
            client_id=client_id,
            client_secret=client_secret,
            redirect_uris=(endpoint,),
            post_logout_redirect_uris=(f"{endpoint}/logout_response",),
            backchannel_logout_uri=f"{realm_url}/protocol/openid-connect/logout/backchannel-logout",
        )


@dataclass(frozen=True, slots=True)
class Settings:
    """Its address, whom it serves, its shape, and how it deviates on purpose. ``clock`` returns aware UTC."""

    issuer: str
    client: RelyingParty
    shape: Shape = SHAPES["keycloak"]
    any_level: bool = False
    show_faults: bool = False
    clock: Callable[[], dt.datetime] = _utc_now
