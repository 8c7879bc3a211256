"""What a person's key at a citizen ID hangs on: after a change of it everybody who has signed in before would appear as somebody new.

BundID and BayernID derive the key (bPK2) from the host of our entityID (BundID SB 6.2.2, 7.2), others give each service provider names of
its own (SAML Core 8.3.7). Accounts, pseudonyms and votes hang on that key.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from broker.core.errors import ConfigurationError
from broker.upstream.realm_desired import Json, Mapped

_TAKEN_FROM = ("principalType", "principalAttribute")


def key_change(wanted: Mapped, found: Json) -> str | None:
    """One sentence about a change after which a SAML citizen ID, or Keycloak, knows everybody by another key; None if there is none."""
    new, old = wanted.representation.get("config") or {}, found.get("config") or {}
    if wanted.representation.get("providerId") != "saml":
        return None
    if _named(new) != _named(old):
        return f"our entityID changes from {_shown(old)} to {_shown(new)}, and {wanted.name} knows people by a key made for that name"
    if any(new.get(key) != old.get(key) for key in _TAKEN_FROM):
        return f"the key of a person at {wanted.name} is taken from another place"
    return None


def refuse_key_changes(changes: Mapping[str, str], accepted: tuple[str, ...]) -> None:
    """Raises ConfigurationError for a change, by alias of the citizen ID, that nobody has accepted by that alias."""
    for alias, change in changes.items():
        if alias not in accepted:
            raise ConfigurationError(
                f"Refused: {change}.\nAll who have signed in by {alias} would lose their accounts there and come back as somebody new. "
                f"Nothing was changed. If nobody has signed in by it yet, or all shall start anew: apply --new-keys {alias}"
            )


def _named(config: Json) -> str:
    """What the key is made for: the host alone where it is BundID's kind of key."""
    entity = str(config.get("entityId") or "")
    return urlsplit(entity).hostname or entity if config.get("akdbExtension") == "true" else entity


def _shown(config: Json) -> str:
    return str(config.get("entityId") or "(none)")
