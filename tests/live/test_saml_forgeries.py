"""Forged answers at the real Keycloak as our files configure it: nobody is ever taken for somebody else (UP-06, A-28).

For BundID (signed assertion, encrypted), Servicekonto SH (signed assertion, plain) and Mein Unternehmenskonto (signed answer around an
encrypted, unsigned assertion). Whoever wraps has a true answer about himself; what counts is that Keycloak never reads the victim.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from lxml import etree

from deploy.demo.keycloak_server import KeycloakServer
from deploy.demo.saml.answer import Sealing, SignedBy
from deploy.demo.saml.vocabulary import NAMESPACES
from tests.live.saml_hub import ATTACKER, BUNDID, DIALECTS, MUK, SH, VICTIM, Attempt, Dialect, SamlHub, saml_hub
from tests.live.wrapping import OF_THE_ANSWER, OF_THE_ASSERTION, evil

pytestmark = [pytest.mark.live, pytest.mark.timeout(900)]

BOTH_SIGNED = replace(BUNDID.sealing, response_signed_by=SignedBy.CURRENT)
ENCRYPTED = f"{{{NAMESPACES['saml2']}}}EncryptedAssertion"


@pytest.fixture(scope="module")
def hub(keycloak: KeycloakServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SamlHub]:
    with saml_hub(keycloak, tmp_path_factory.mktemp("forgeries")) as made:
        yield made


def _sealing(attempt: Attempt, **changes: Any) -> Sealing:
    return replace(attempt.dialect.sealing, **changes)


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda one: one.alias)
def test_a_faithful_answer_is_taken_however_it_was_handled(hub: SamlHub, dialect: Dialect) -> None:
    """The control: what the forgeries below start from is good, also after it was taken apart and put together."""
    attempt = hub.begins(dialect)
    assert attempt.outcome(attempt.written(attempt.plan())) == ATTACKER
    again = hub.begins(dialect)
    if dialect is not MUK:  # its signature covers the encrypted assertion
        assert again.outcome(again.sealed(again.opened(again.plan()))) == ATTACKER


@pytest.mark.parametrize("wrapping", sorted(OF_THE_ASSERTION))
@pytest.mark.parametrize("dialect", [BUNDID, SH], ids=lambda one: one.alias)
def test_up06_a_wrapped_assertion_never_becomes_the_victim(hub: SamlHub, dialect: Dialect, wrapping: str) -> None:
    attempt = hub.begins(dialect)
    forged = OF_THE_ASSERTION[wrapping](attempt.opened(attempt.plan()))
    # What stands in the extensions is read by nobody, so the true assertion beside it counts as what it is.
    assert attempt.outcome(attempt.sealed(forged)) in ({ATTACKER, ""} if wrapping == "xsw7" else {""})


@pytest.mark.parametrize("wrapping", sorted(OF_THE_ANSWER))
@pytest.mark.parametrize("dialect", [SH, BUNDID], ids=lambda one: one.alias)
def test_up06_a_wrapped_answer_never_becomes_the_victim(hub: SamlHub, dialect: Dialect, wrapping: str) -> None:
    """Both citizen IDs sign assertions only; should they sign the answer too, that must open no door."""
    attempt = hub.begins(dialect)
    plan = attempt.plan(sealing=_sealing(attempt, signed_by=SignedBy.NOBODY, response_signed_by=SignedBy.CURRENT))
    assert attempt.outcome(attempt.sealed(OF_THE_ANSWER[wrapping](attempt.opened(plan)))) == ""


@pytest.mark.parametrize("wrapping", sorted(OF_THE_ANSWER))
def test_up06_muk_an_answer_wrapped_around_a_signed_one_is_refused(hub: SamlHub, wrapping: str) -> None:
    attempt = hub.begins(MUK)
    true = etree.fromstring(attempt.written(attempt.plan()))
    victims = etree.fromstring(attempt.written(attempt.plan(VICTIM))).find(ENCRYPTED)
    assert victims is not None
    forged = _with_another_assertion(OF_THE_ANSWER, wrapping, true, victims)
    assert attempt.outcome(etree.tostring(forged)) == ""


def _with_another_assertion(wrappings: object, wrapping: str, true: etree._Element, victims: etree._Element) -> etree._Element:
    """The wrapping of an answer whose forged copy carries the victim's encrypted assertion: anybody can encrypt for Keycloak."""
    marked = etree.fromstring(etree.tostring(true))
    marked.append(etree.Comment(ATTACKER))  # what `evil` turns into the victim
    forged = OF_THE_ANSWER[wrapping](marked)
    for comment in list(forged.iter(etree.Comment)):
        parent = comment.getparent()
        if parent is not None:
            parent.remove(comment)
    own = forged.find(ENCRYPTED)
    assert own is not None
    forged.replace(own, victims)
    return forged


@pytest.mark.parametrize("place", ["in front", "behind", "instead"])
def test_up06_muk_an_encrypted_assertion_put_into_a_signed_answer_is_refused(hub: SamlHub, place: str) -> None:
    attempt = hub.begins(MUK)
    answer = etree.fromstring(attempt.written(attempt.plan()))
    true, victims = answer.find(ENCRYPTED), etree.fromstring(attempt.written(attempt.plan(VICTIM))).find(ENCRYPTED)
    assert true is not None
    assert victims is not None
    if place == "in front":
        true.addprevious(victims)
    else:
        true.addnext(victims)
        if place == "instead":
            answer.remove(true)
    assert attempt.outcome(etree.tostring(answer)) == ""


@pytest.mark.parametrize("signed_by", [SignedBy.NOBODY, SignedBy.STRANGER])
@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda one: one.alias)
def test_up06_an_answer_that_nobody_known_signed_is_refused(hub: SamlHub, dialect: Dialect, signed_by: SignedBy) -> None:
    attempt = hub.begins(dialect)
    changes = {"response_signed_by": signed_by} if dialect is MUK else {"signed_by": signed_by}
    assert attempt.outcome(attempt.written(attempt.plan(VICTIM, sealing=_sealing(attempt, **changes)))) == ""


@pytest.mark.parametrize("dialect", [BUNDID, SH], ids=lambda one: one.alias)
def test_up06_an_unsigned_assertion_in_a_signed_answer_is_refused(hub: SamlHub, dialect: Dialect) -> None:
    attempt = hub.begins(dialect)
    sealing = _sealing(attempt, signed_by=SignedBy.NOBODY, response_signed_by=SignedBy.CURRENT)
    assert attempt.outcome(attempt.written(attempt.plan(VICTIM, sealing=sealing))) == ""


@pytest.mark.parametrize("dialect", [BUNDID, MUK], ids=lambda one: one.alias)
def test_up06_an_assertion_that_is_not_encrypted_is_refused(hub: SamlHub, dialect: Dialect) -> None:
    attempt = hub.begins(dialect)
    assert attempt.outcome(attempt.written(attempt.plan(sealing=_sealing(attempt, encrypt=False)))) == ""


def test_up06_an_encrypted_unsigned_assertion_beside_a_true_one_is_refused(hub: SamlHub) -> None:
    """CVE-2026-2092: an assertion of somebody else's, encrypted by the attacker, slipped into an answer with a signed one."""
    attempt = hub.begins(BUNDID)
    answer = attempt.opened(attempt.plan())
    true = answer.find("saml2:Assertion", NAMESPACES)
    assert true is not None
    answer.insert(list(answer).index(true), evil(true))
    assert attempt.outcome(attempt.sealed(answer)) == ""


@pytest.mark.parametrize("name", ["../../realms/master", "%2f..%2f..%2fmaster", "a?first=1#b", "{id}", "a/../../b;c=d"])
@pytest.mark.parametrize("dialect", [BUNDID, SH], ids=lambda one: one.alias)
def test_up14_a_name_made_of_path_parts_stays_a_name(hub: SamlHub, dialect: Dialect, name: str) -> None:
    """It reaches the broker as it was said, and no address is ever made of it: see tests/unit/test_admin_addresses.py."""
    attempt = hub.begins(dialect)
    assert attempt.outcome(attempt.written(attempt.plan(name))) == name


@pytest.mark.parametrize("comment", ["<!---->", "<!-- -->", "<?x y?>"])
@pytest.mark.parametrize("dialect", [BUNDID, SH], ids=lambda one: one.alias)
def test_up06_a_comment_in_the_name_does_not_cut_it(hub: SamlHub, dialect: Dialect, comment: str) -> None:
    """Comments are outside what is signed. Whoever may choose the name `victim.evil` must not become `victim`."""
    long_name = f"{VICTIM}.of-the-attacker"
    attempt = hub.begins(dialect)
    text = etree.tostring(attempt.opened(attempt.plan(long_name)), encoding="unicode")
    spoilt = text.replace(f">{long_name}<", f">{VICTIM}{comment}.of-the-attacker<")
    assert spoilt != text
    assert attempt.outcome(attempt.sealed(etree.fromstring(spoilt))) in {long_name, ""}
