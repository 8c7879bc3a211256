"""Who the commands are towards Keycloak's admin interface, from the environment; the web and worker processes never are."""

from __future__ import annotations

import os
from pathlib import Path

from broker.core.errors import ConfigurationError
from broker.upstream.keycloak_connection import KeycloakAccess

URL = "KEYCLOAK_URL"
_USER, _PASSWORD = "KEYCLOAK_ADMIN_USER", "KEYCLOAK_ADMIN_PASSWORD"
_CLIENT, _CLIENT_SECRET = "KEYCLOAK_ADMIN_CLIENT_ID", "KEYCLOAK_ADMIN_CLIENT_SECRET"


def is_named() -> bool:
    """Whether the environment names Keycloak and an administrator of it."""
    return bool(os.environ.get(URL) and (os.environ.get(_USER) or os.environ.get(_CLIENT)))


def keycloak_access(url: str | None) -> KeycloakAccess:
    """Raises ConfigurationError when the address or a secret's file is missing."""
    if not url:
        raise ConfigurationError("Keycloak's address is not given: set KEYCLOAK_URL or use --keycloak-url.")
    if os.environ.get(_CLIENT):
        return KeycloakAccess(url, client_id=os.environ[_CLIENT], client_secret=_secret(_CLIENT_SECRET))
    return KeycloakAccess(url, os.environ.get(_USER, ""), _secret(_PASSWORD))


def _secret(variable: str) -> str:
    path = os.environ.get(f"{variable}_FILE")
    if not path:
        return os.environ.get(variable, "")
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as refused:
        raise ConfigurationError(f"{variable}_FILE names a file that cannot be read: {refused.strerror}") from None
