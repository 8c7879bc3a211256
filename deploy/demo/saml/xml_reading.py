"""Reading XML that strangers sent: no document types, no entities, no network."""

from __future__ import annotations

from lxml import etree

from deploy.demo.saml.vocabulary import NAMESPACES


def parse(text: bytes) -> etree._Element:
    """The root element of ``text``; ValueError for anything that is not plain, well-formed XML."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True)
    try:
        root = etree.fromstring(text, parser)
    except etree.XMLSyntaxError:
        raise ValueError("not well-formed XML") from None
    if root.getroottree().docinfo.internalDTD is not None:
        raise ValueError("document types are not accepted")
    return root


def find(element: etree._Element, path: str) -> etree._Element | None:
    """The first match of ``path`` (prefixes as in ``vocabulary.NAMESPACES``)."""
    return element.find(path, NAMESPACES)


def find_all(element: etree._Element, path: str) -> list[etree._Element]:
    return list(element.findall(path, NAMESPACES))


def text_of(element: etree._Element | None) -> str:
    """The element's text without surrounding blanks; empty when there is no element."""
    return "" if element is None else (element.text or "").strip()
