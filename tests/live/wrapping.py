"""Signature wrapping: eight ways to show a verifier what was signed and a reader something else (Somorovsky et al., USENIX Security 2012).

Each takes a faithful answer about the attacker and makes one of it that says the victim, with the true signature somewhere inside.
The numbers are those by which testers know them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy

from lxml import etree

from deploy.demo.saml.answer import new_id
from deploy.demo.saml.vocabulary import DSIG, SAML, SAMLP
from tests.live.saml_hub import ATTACKER, VICTIM

Tree = etree._Element
Wrapping = Callable[[Tree], Tree]
SIGNATURE, ASSERTION, EXTENSIONS = f"{{{DSIG}}}Signature", f"{{{SAML}}}Assertion", f"{{{SAMLP}}}Extensions"


def evil(element: Tree) -> Tree:
    """A copy that says the victim, without signature and with an ID of its own."""
    text = etree.tostring(element, encoding="unicode").replace(ATTACKER, VICTIM)
    assert VICTIM in text
    forged = unsigned(etree.fromstring(text))
    forged.set("ID", new_id())
    return forged


def unsigned(element: Tree) -> Tree:
    """A copy without its own signature."""
    copy = deepcopy(element)
    signature = copy.find(SIGNATURE)
    if signature is not None:
        copy.remove(signature)
    copy.tail = None
    return copy


def _signature(element: Tree) -> Tree:
    found = element.find(SIGNATURE)
    assert found is not None, "there is nothing to wrap"
    return deepcopy(found)


def _assertion(response: Tree) -> Tree:
    found = response.find(ASSERTION)
    assert found is not None
    return found


def _signed_answer_inside_the_signature(response: Tree) -> Tree:
    forged, signature = evil(response), _signature(response)
    signature.append(unsigned(response))
    forged.insert(1, signature)
    return forged


def _signed_answer_beside_the_signature(response: Tree) -> Tree:
    forged, signature = evil(response), _signature(response)
    forged.insert(1, signature)
    forged.insert(1, unsigned(response))
    return forged


def _forged_assertion_in_front(response: Tree) -> Tree:
    true = _assertion(response)
    true.addprevious(evil(true))
    return response


def _true_assertion_inside_the_forged_one(response: Tree) -> Tree:
    true = _assertion(response)
    forged = evil(true)
    response.replace(true, forged)
    forged.append(true)
    return response


def _signature_moved_and_true_assertion_behind(response: Tree) -> Tree:
    true = _assertion(response)
    forged = evil(true)
    forged.insert(1, _signature(true))
    response.replace(true, forged)
    response.append(unsigned(true))
    return response


def _true_assertion_inside_the_signature(response: Tree) -> Tree:
    true = _assertion(response)
    forged, signature = evil(true), _signature(true)
    signature.append(unsigned(true))
    forged.insert(1, signature)
    response.replace(true, forged)
    return response


def _forged_assertion_in_extensions(response: Tree) -> Tree:
    true = _assertion(response)
    extensions = etree.Element(EXTENSIONS)
    forged = evil(true)
    forged.set("ID", true.get("ID", ""))
    extensions.append(forged)
    response.insert(1, extensions)
    return response


def _true_assertion_in_an_object(response: Tree) -> Tree:
    true = _assertion(response)
    forged, signature = evil(true), _signature(true)
    etree.SubElement(signature, f"{{{DSIG}}}Object").append(unsigned(true))
    forged.insert(1, signature)
    response.replace(true, forged)
    return response


def _signed_answer_in_an_object(response: Tree) -> Tree:
    forged, signature = evil(response), _signature(response)
    etree.SubElement(signature, f"{{{DSIG}}}Object").append(unsigned(response))
    forged.insert(1, signature)
    return forged


def _signed_answer_in_extensions(response: Tree) -> Tree:
    forged = evil(response)
    extensions = etree.Element(EXTENSIONS)
    extensions.append(response)
    forged.insert(1, extensions)
    return forged


OF_THE_ANSWER: Mapping[str, Wrapping] = {
    "xsw1": _signed_answer_inside_the_signature,
    "xsw2": _signed_answer_beside_the_signature,
    "xsw-object": _signed_answer_in_an_object,
    "xsw-extensions": _signed_answer_in_extensions,
}
"""For an answer that is signed as a whole."""

OF_THE_ASSERTION: Mapping[str, Wrapping] = {
    "xsw3": _forged_assertion_in_front,
    "xsw4": _true_assertion_inside_the_forged_one,
    "xsw5": _signature_moved_and_true_assertion_behind,
    "xsw6": _true_assertion_inside_the_signature,
    "xsw7": _forged_assertion_in_extensions,
    "xsw8": _true_assertion_in_an_object,
}
"""For a signed assertion, whoever signed the rest."""
