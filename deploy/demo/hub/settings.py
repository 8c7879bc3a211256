"""What a simulated hub is told at its start."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field

from deploy.demo.bundid.vocabulary import Attribute

ACR_LEVELS = {
    "urn:bp:loa:basic": 1,
    "http://eidas.europa.eu/LoA/low": 2,
    "http://eidas.europa.eu/LoA/substantial": 3,
    "http://eidas.europa.eu/LoA/high": 4,
}
# What Keycloak asks BundID for when a login names no attributes: all that the claim table takes from BundID.
ATTRIBUTES = (
    Attribute.BPK2,
    Attribute.QAA_LEVEL,
    Attribute.ASSERTION_PROVED_BY,
    Attribute.MFA,
    Attribute.GIVEN_NAME,
    Attribute.SURNAME,
    Attribute.BIRTHDATE,
    Attribute.COMMUNITY_ID,
    Attribute.MAIL,
)


def _utc_now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@dataclass(frozen=True, slots=True)
class HubSettings:
    """The hub's address and its one client, the broker. `now` returns aware UTC."""

    base_url: str
    client_secret: str = field(repr=False)
    redirect_uri: str
    post_logout_redirect_uris: tuple[str, ...] = ()
    client_id: str = "broker"
    realm: str = "citizens"
    provider_alias: str = "bundid"
    sp_entity_id: str = "https://beteiligung.demo.example"
    attributes: tuple[Attribute, ...] = ATTRIBUTES
    any_level: bool = False  # offer means below the asked level as well, so that the broker's refusal can be seen
    now: Callable[[], dt.datetime] = _utc_now

    @property
    def issuer(self) -> str:
        return f"{self.base_url}/realms/{self.realm}"
