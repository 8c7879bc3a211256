"""The akdb extension of an AuthnRequest: what the service wants to know, by which means, and what to show (SB 10.1)."""

from __future__ import annotations

from dataclasses import dataclass

from lxml import etree

from deploy.demo.bundid.product import Variant
from deploy.demo.bundid.vocabulary import MEANS, Means
from deploy.demo.saml.refusal import RequestRefused
from deploy.demo.saml.vocabulary import AKDB, CLASSIC_UI
from deploy.demo.saml.xml_reading import find, find_all, text_of

DISPLAY_NAME_LIMIT = 50
MEANS_BY_REQUEST_NAME = {facts.request_name: means for means, facts in MEANS.items() if facts.request_name}
OFFERED_WITHOUT_LIST = frozenset({Means.EID, Means.ELSTER, Means.AUTHEGA, Means.PASSWORD, Means.EIDAS})


@dataclass(frozen=True, slots=True)
class RequestedAttribute:
    """One attribute asked for, by its OID as ``urn:oid:...``."""

    name: str
    required: bool


@dataclass(frozen=True, slots=True)
class Extension:
    """A valid extension, version 2."""

    attributes: tuple[RequestedAttribute, ...]
    means: frozenset[Means]
    status_detail: bool
    display_name: str
    online_service_id: str
    language: str
    back_url: str

    def requests(self, name: str) -> bool:
        return any(attribute.name == name for attribute in self.attributes)


def read_extension(request: etree._Element, variant: Variant) -> Extension:
    """The extension of ``request`` to BundID or BayernID; RequestRefused with its code for whatever is wrong."""
    root = find(request, "saml2p:Extensions/akdb:AuthenticationRequest")
    if root is None:
        raise RequestRefused("akdb-extension-missing", "The AuthnRequest has no akdb:AuthenticationRequest extension.")
    _check_version(root.get("Version"))
    ui = find(root, "akdb:DisplayInformation/classic-ui:Version")
    _check_purpose(root)
    return Extension(
        attributes=_attributes(root),
        means=_means(root) & variant.means,
        status_detail=_is_true(root.get("EnableStatusDetail")),
        display_name=_display_name(ui),
        online_service_id=_online_service_id(ui, variant),
        language=_ui_text(ui, "Lang") or "de",
        back_url=_ui_text(ui, "BackURL"),
    )


def _check_version(version: str | None) -> None:
    if version == "1":
        raise RequestRefused("akdb-extension-v1-deprecated", "Version 1 of the extension is no longer accepted.")
    if version != "2":
        raise RequestRefused("akdb-extension-version-unsupported", 'The extension needs the attribute Version="2".')


def _check_purpose(root: etree._Element) -> None:
    """The purpose is ignored since release 6, unless it carries markup."""
    for namespace in (AKDB, CLASSIC_UI):
        for purpose in root.iter(f"{{{namespace}}}Purpose"):
            if len(purpose) or "<" in text_of(purpose):
                raise RequestRefused("purpose-does-not-support-restricted-html", "The purpose must be plain text.")


def _attributes(root: etree._Element) -> tuple[RequestedAttribute, ...]:
    elements = find_all(root, "akdb:RequestedAttributes/akdb:RequestedAttribute")
    if not elements:
        raise RequestRefused("requested-attributes-empty", "The extension requests no attribute.")
    if not all(element.get("Name", "").strip() for element in elements):
        raise RequestRefused("requested-attributes-missing-name", "A RequestedAttribute has no Name.")
    return tuple(RequestedAttribute(e.get("Name", ""), _is_true(e.get("RequiredAttribute"))) for e in elements)


def _means(root: etree._Element) -> frozenset[Means]:
    """The means offered: those listed without Enabled or with true; without a list all but FINK."""
    listed = find(root, "akdb:AuthnMethods")
    if listed is None:
        return OFFERED_WITHOUT_LIST
    names = {etree.QName(method).localname for method in listed if _is_enabled(method)}
    if not names:
        raise RequestRefused("empty-authentication-methods", "AuthnMethods is there but enables no method.")
    return frozenset(MEANS_BY_REQUEST_NAME[name] for name in names if name in MEANS_BY_REQUEST_NAME)


def _is_enabled(method: etree._Element) -> bool:
    enabled = find(method, "akdb:Enabled")
    return enabled is None or _is_true(text_of(enabled))


def _display_name(ui: etree._Element | None) -> str:
    name = _ui_text(ui, "OrganizationDisplayName")
    if not name:
        raise RequestRefused("organization-display-name-missing", "OrganizationDisplayName is missing or empty.")
    if len(name) > DISPLAY_NAME_LIMIT:
        raise RequestRefused("organization-display-name-too-long", f"At most {DISPLAY_NAME_LIMIT} characters are allowed.")
    return name


def _online_service_id(ui: etree._Element | None, variant: Variant) -> str:
    identifier = _ui_text(ui, "OnlineServiceId")
    if not variant.online_service_id.fullmatch(identifier):
        raise RequestRefused("online-service-id-invalid", f"OnlineServiceId is missing or not of the form of {variant.title}.")
    return identifier


def _ui_text(ui: etree._Element | None, name: str) -> str:
    return "" if ui is None else text_of(find(ui, f"classic-ui:{name}"))


def _is_true(word: str | None) -> bool:
    return word in ("true", "1")
