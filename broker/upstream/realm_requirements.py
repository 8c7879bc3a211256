"""Checks, before anything is written, that the server brings along what the files name.

Keycloak itself accepts a realm that names an unknown provider; then every login fails, or an unknown theme looks different.
"""

from __future__ import annotations

from collections.abc import Iterable

from broker.core.errors import ConfigurationError, UpstreamRefused
from broker.upstream.realm_desired import Json, Requirement
from broker.yaml_document import Section

_SPI = {
    "authenticator": "authenticator",
    "protocol mapper": "protocol-mapper",
    "identity provider mapper": "identity-provider-mapper",
}
_OWN_PREFIX = "bp-"
_JAR = "install deploy/keycloak/provider/participation-broker-keycloak.jar in Keycloak's providers folder, build and start it again"
_THEME = "install the folders of deploy/keycloak/themes in Keycloak's themes folder"


def feature_requirements(features: Section) -> list[Requirement]:
    """Features of the server that the file wants enabled or disabled. Raises ConfigurationError."""
    features.only("enabled", "disabled")
    return [
        Requirement(f"feature {kind}", feature, features.document.place((*features.at, kind, index)))
        for kind in ("enabled", "disabled")
        for index, feature in enumerate(features.items(kind, str))
    ]


def check_requirements(requirements: Iterable[Requirement], server_info: Json) -> None:
    """Raises ConfigurationError naming everything that the server lacks, each with file and line and with what to do.

    Raises UpstreamRefused when the server does not tell.
    """
    if "providers" not in server_info:
        raise UpstreamRefused("Keycloak does not tell this administrator what it brings along: use an account of realm master.")
    missing = [sentence for each in requirements if (sentence := _complaint(each, server_info))]
    if missing:
        raise ConfigurationError("\n".join(dict.fromkeys(missing)))


def _complaint(wanted: Requirement, info: Json) -> str | None:
    if wanted.kind.endswith(" theme"):
        known = wanted.name in {theme["name"] for theme in info.get("themes", {}).get(wanted.kind.partition(" ")[0], [])}
        return None if known else f"{wanted.place}: this Keycloak has no {wanted.kind} {wanted.name!r}: {_THEME}"
    if wanted.kind.startswith("feature"):
        return _feature_complaint(wanted, info)
    if wanted.name in _provided(wanted.kind, info):
        return None
    cure = _JAR if wanted.name.startswith(_OWN_PREFIX) else "correct its name, or switch on the feature it belongs to"
    return f"{wanted.place}: this Keycloak has no {wanted.kind} {wanted.name!r}: {cure}"


def _feature_complaint(wanted: Requirement, info: Json) -> str | None:
    name = wanted.name.upper().replace("-", "_")
    enabled = next((bool(each.get("enabled")) for each in info.get("features", []) if each.get("name") == name), False)
    if enabled == (wanted.kind == "feature enabled"):
        return None
    option, state = ("features", "off") if wanted.kind == "feature enabled" else ("features-disabled", "on")
    return f"{wanted.place}: Keycloak's feature {wanted.name!r} is {state}: build Keycloak with --{option}={wanted.name}"


def _provided(kind: str, info: Json) -> set[str]:
    if kind == "component":
        return {each["id"] for group in info.get("componentTypes", {}).values() for each in group}
    if kind == "identity provider":
        return {each["id"] for each in info.get("identityProviders", [])}
    return set(info.get("providers", {}).get(_SPI[kind], {}).get("providers", {}))
