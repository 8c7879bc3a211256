"""Builds an assertion, in the order the schema of SAML 2.0 prescribes."""

from __future__ import annotations

import datetime as dt

from lxml import etree

from deploy.demo.saml.answer import AnswerPlan, Structure, Tree, Value, new_id
from deploy.demo.saml.vocabulary import (
    AKDB,
    CONFIRMATION_BEARER,
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
    _child(subject, "NameID", Format=plan.name_id_format, **qualifiers).text = plan.name_id
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
    attributes = [*plan.attributes.items(), *plan.more_attributes]
    if not attributes:  # the schema forbids an empty statement
        return
    statement = _child(assertion, "AttributeStatement")
    for name, value in attributes:
        attribute = _attribute(statement, name, plan, value)
        if value.structure is None:
            _text(attribute, value.text)
        else:
            _structure(attribute, value.structure)


def _attribute(statement: etree._Element, name: str, plan: AnswerPlan, value: Value) -> etree._Element:
    nsmap = {} if value.trust is None else {"akdb": AKDB}
    attribute = etree.SubElement(statement, f"{{{SAML}}}Attribute", nsmap=nsmap)
    if friendly_name := plan.friendly_names.get(name.replace(" ", "")):
        attribute.set("FriendlyName", friendly_name)
    attribute.set("Name", name)
    attribute.set("NameFormat", plan.attribute_name_format)
    if value.trust is not None:
        attribute.set(f"{{{AKDB}}}TrustLevel", value.trust)
    return attribute


def _text(attribute: etree._Element, text: str) -> None:
    element = etree.SubElement(attribute, f"{{{SAML}}}AttributeValue", nsmap={"xsi": XSI})
    element.set(f"{{{XSI}}}type", "xsd:string")
    element.text = text


def _structure(attribute: etree._Element, structure: Structure) -> None:
    """A value of a type of its own: elements directly below the AttributeValue."""
    namespaces = {"xsi": XSI, "q1": structure.namespace}
    element = etree.SubElement(attribute, f"{{{SAML}}}AttributeValue", nsmap=namespaces)
    element.set(f"{{{XSI}}}type", f"q1:{structure.type_name}")
    _elements(element, structure.namespace, structure.parts)


def _elements(parent: etree._Element, namespace: str, parts: Tree) -> None:
    for name, content in parts.items():
        element = etree.SubElement(parent, f"{{{namespace}}}{name}")
        if isinstance(content, str):
            element.text = content
        else:
            _elements(element, namespace, content)
