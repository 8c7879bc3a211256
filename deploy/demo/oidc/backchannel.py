"""Tells the client that a session ended here (Back-Channel Logout 1.0)."""

from __future__ import annotations

import logging

import requests

from deploy.demo.oidc.provider import Account
from deploy.demo.oidc.sign_ins import Session

TIMEOUT_SECONDS = 10
log = logging.getLogger("deploy.demo.oidc")


def tell_client(account: Account, session: Session) -> bool:
    """Posts the logout token; whether the client took it. No retry: a simulation may forget."""
    address = account.settings.client.backchannel_logout_uri
    if address is None:
        return False
    try:
        answer = requests.post(address, data={"logout_token": account.logout_token(session)}, timeout=TIMEOUT_SECONDS)
    except requests.RequestException as away:
        log.warning("the client could not be told of a logout: %s", type(away).__name__)
        return False
    if not answer.ok:
        log.warning("the client did not take a logout: %d", answer.status_code)
    return answer.ok
