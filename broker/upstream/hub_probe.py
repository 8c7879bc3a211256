"""A look at the hub from outside, for readiness of a new installation: does it answer, as whom, and what time does it have."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime

import requests

from broker.core.errors import UpstreamRefused, UpstreamUnavailable

_DEADLINE_SECONDS = 5


@dataclass(frozen=True, slots=True)
class HubState:
    """What the hub says of itself. `date` is its clock (UTC, whole seconds), None if it sends none."""

    issuer: str
    date: datetime | None


def probe_hub(address: str) -> HubState:
    """Read the hub's discovery document at `address` (issuer or internal base URL).

    Raises UpstreamUnavailable when nothing answers, UpstreamRefused when what answers is no OpenID Provider.
    """
    try:
        answer = requests.get(f"{address}/.well-known/openid-configuration", timeout=_DEADLINE_SECONDS, allow_redirects=False)
    except requests.RequestException:
        raise UpstreamUnavailable(f"nothing answers at {address}; is Keycloak running, and is the address right?") from None
    if answer.status_code >= 500:
        raise UpstreamUnavailable(f"{address} answers HTTP {answer.status_code}; Keycloak is starting or in trouble")
    try:
        issuer = str(answer.json()["issuer"])
    except (ValueError, KeyError, TypeError):
        raise UpstreamRefused(
            f"what answers at {address} is no OpenID Provider (HTTP {answer.status_code}); was the realm applied?"
        ) from None
    return HubState(issuer, _date(answer.headers.get("Date", "")))


def _date(header: str) -> datetime | None:
    try:
        return parsedate_to_datetime(header)
    except ValueError:
        return None
