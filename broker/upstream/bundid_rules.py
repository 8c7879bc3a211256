"""What BundID and BayernID refuse or never forgive, checked before it reaches them (BundID SB 2.3, 7.2)."""

from __future__ import annotations

from urllib.parse import urlsplit

from broker.upstream.realm_desired import Json
from broker.yaml_document import Section

_DISPLAY_NAME_LENGTH = 50
_NEEDED = ("akdbAttributes", "akdbDisplayName", "akdbOnlineServiceId", "entityId", "signingCertificate")


def check_bundid_rules(section: Section, config: Json) -> None:
    """Raises ConfigurationError for a provider with the akdb extension whose configuration cannot work; others pass."""
    if config.get("akdbExtension") != "true":
        return
    for key in _NEEDED:
        if not (config.get(key) or "").strip():
            raise section.wrong(key, f"{key!r} must be set for a citizen ID with the akdb extension")
    if len(config["akdbDisplayName"]) > _DISPLAY_NAME_LENGTH:
        raise section.wrong("akdbDisplayName", f"'akdbDisplayName' is longer than {_DISPLAY_NAME_LENGTH} characters")
    entity = urlsplit(config["entityId"])
    if entity.scheme != "https" or not entity.hostname or entity.netloc != entity.hostname:
        # bPK2 is derived from this host name, so a mistake here cannot be mended later.
        raise section.wrong("entityId", "'entityId' must be an https address without a port; it can never change after going live")
