"""Builds BundID's assertion, in the order the schema of SAML 2.0 prescribes."""

from __future__ import annotations

import datetime as dt

from lxml import etree

from deploy.demo.bundid.answer import AnswerPlan, new_id
from deploy.demo.bundid.identity import Value
from deploy.demo.bundid.vocabulary import (
    AKDB,
    CONFIRMATION_BEARER,
    NAMEFORMAT_URI,
    NAMEID_TRANSIENT,
    SAML,
    XSD,
    XSI,
)


def instant(moment: dt.datetime) -> str:
    """An xs:dateTime in UTC with milliseconds, as SAML writes it."""
    return moment.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def build_assertion(plan: AnswerPlan) -> etree._Element:
    """The unsigned assertion of ``plan``."""
    assertion = etree.Element(f"{{{SAML}}}Assertion", nsmap={"saml2": SAML, "xsd": XSD})
    assertion.set("ID", new_id())
    assertion.set("IssueInstant", instant(plan.issued_at))
    assertion.set("Version", "2.0")
    _child(assertion, "Issuer").text = plan.issuer
    _subject(assertion, plan)
    _conditions(assertion, plan)
    _authn_statement(assertion, plan)
    _attribute_statement(assertion, plan)
    return assertion


def _child(parent: etree._Element, name: str, **attributes: str) -> etree._Element:
    return etree.SubElement(parent, f"{{{SAML}}}{name}", attributes)


def _subject(assertion: etree._Element, plan: AnswerPlan) -> None:
    subject = _child(assertion, "Subject")
    qualifiers = {"NameQualifier": plan.issuer, "SPNameQualifier": plan.audience}
    _child(subject, "NameID", Format=NAMEID_TRANSIENT, **qualifiers).text = plan.name_id
    confirmation = _child(subject, "SubjectConfirmation", Method=CONFIRMATION_BEARER)
    data = {"Address": plan.address, "InResponseTo": plan.in_response_to, "Recipient": plan.recipient}
    present = {name: value for name, value in data.items() if value}
    _child(confirmation, "SubjectConfirmationData", NotOnOrAfter=instant(plan.not_on_or_after), **present)


def _conditions(assertion: etree._Element, plan: AnswerPlan) -> None:
    window = {"NotBefore": instant(plan.not_before), "NotOnOrAfter": instant(plan.not_on_or_after)}
    conditions = _child(assertion, "Conditions", **window)
    _child(_child(conditions, "AudienceRestriction"), "Audience").text = plan.audience


def _authn_statement(assertion: etree._Element, plan: AnswerPlan) -> None:
    facts = {"AuthnInstant": instant(plan.authenticated_at), "SessionIndex": plan.session_index}
    statement = _child(assertion, "AuthnStatement", **facts)
    if plan.address:
        _child(statement, "SubjectLocality", Address=plan.address)
    _child(_child(statement, "AuthnContext"), "AuthnContextClassRef").text = plan.authn_context


def _attribute_statement(assertion: etree._Element, plan: AnswerPlan) -> None:
    if not plan.attributes:  # the schema forbids an empty statement
        return
    statement = _child(assertion, "AttributeStatement")
    for name, value in plan.attributes.items():
        _attribute(statement, name, plan.friendly_names.get(name.replace(" ", "")), value)


def _attribute(statement: etree._Element, name: str, friendly_name: str | None, value: Value) -> None:
    attribute = etree.SubElement(statement, f"{{{SAML}}}Attribute", nsmap={"akdb": AKDB})
    if friendly_name:
        attribute.set("FriendlyName", friendly_name)
    attribute.set("Name", name)
    attribute.set("NameFormat", NAMEFORMAT_URI)
    if value.trust is not None:
        attribute.set(f"{{{AKDB}}}TrustLevel", value.trust)
    element = etree.SubElement(attribute, f"{{{SAML}}}AttributeValue", nsmap={"xsi": XSI})
    element.set(f"{{{XSI}}}type", "xsd:string")
    element.text = value.text
