"""True signatures on answers for somebody else, too old, or asked for by nobody, at Keycloak as our files configure it (UP-07, A-28)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from deploy.demo.keycloak_server import KeycloakServer
from deploy.demo.saml.answer import AnswerPlan, SignedBy, new_id
from tests.live.saml_hub import ATTACKER, DIALECTS, MUK, SH, Attempt, Dialect, SamlHub, saml_hub
from tests.live.sign_in import Page, SignIn

pytestmark = [pytest.mark.live, pytest.mark.timeout(900)]

by_alias = pytest.mark.parametrize("dialect", DIALECTS, ids=lambda one: one.alias)


@pytest.fixture(scope="module")
def hub(keycloak: KeycloakServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SamlHub]:
    with saml_hub(keycloak, tmp_path_factory.mktemp("answers"), "signing", "next_signing") as made:
        yield made


def _later(seconds: int) -> Callable[[AnswerPlan], AnswerPlan]:
    """As if the sender's clock were off."""
    by = dt.timedelta(seconds=seconds)
    times = ("issued_at", "authenticated_at", "not_before", "not_on_or_after")
    return lambda plan: replace(plan, **{name: getattr(plan, name) + by for name in times})


WRONG: dict[str, Callable[[AnswerPlan], AnswerPlan]] = {
    "audience": lambda plan: replace(plan, audience="https://somebody-else.example"),
    "recipient": lambda plan: replace(plan, recipient="https://somebody-else.example/acs"),
    "destination": lambda plan: replace(plan, destination="https://somebody-else.example/acs"),
    "another realm's address": lambda plan: replace(plan, recipient=plan.recipient.replace("/realms/", "/realms/x")),
    "issuer": lambda plan: replace(plan, issuer="https://not-a-citizen-id.example"),
    "in response to another request": lambda plan: replace(plan, in_response_to=new_id()),
    "in response to none": lambda plan: replace(plan, in_response_to=None),
    "expired": _later(-600),
    "not yet valid": _later(600),
    "a clock ahead": _later(30),
}


@by_alias
@pytest.mark.parametrize("wrong", sorted(WRONG))
def test_up07_an_answer_that_is_not_for_this_sign_in_is_refused(hub: SamlHub, dialect: Dialect, wrong: str) -> None:
    attempt = hub.begins(dialect)
    assert attempt.outcome(attempt.written(WRONG[wrong](attempt.plan()))) == ""


@by_alias
def test_up07_an_answer_counts_once(hub: SamlHub, dialect: Dialect) -> None:
    attempt = hub.begins(dialect)
    answer = attempt.written(attempt.plan())
    assert attempt.outcome(answer) == ATTACKER
    assert attempt.outcome(answer) == ""


@by_alias
def test_up07_an_answer_to_one_browser_is_worth_nothing_in_another(hub: SamlHub, dialect: Dialect) -> None:
    mine, other = hub.begins(dialect), hub.begins(dialect)
    swapped = Attempt(hub, dialect, other.sign_in, other.request)
    assert swapped.outcome(mine.written(mine.plan())) == ""


@by_alias
def test_up07_idp_initiated_sign_in_is_off(hub: SamlHub, dialect: Dialect) -> None:
    """An answer nobody asked for, in a browser that began nothing, with any relay state."""
    attempt = hub.begins(dialect)
    for plan in (attempt.plan(in_response_to=None), attempt.plan()):
        stranger = SignIn(hub)
        for relay_state in ("", "broker", attempt.request.relay_state):
            answer = stranger.posts(plan.destination, attempt.written(plan), relay_state)
            assert Page.of(answer).status == 400


@pytest.mark.parametrize("receiver", DIALECTS, ids=lambda one: one.alias)
def test_up02_an_answer_at_the_address_of_another_citizen_id_is_refused(hub: SamlHub, receiver: Dialect) -> None:
    sender = SH if receiver is not SH else MUK
    attempt, there = hub.begins(sender), hub.begins(receiver)
    answer = attempt.written(attempt.plan())
    assert there.outcome(answer) == ""


@by_alias
@pytest.mark.parametrize("signed_by", [SignedBy.CURRENT, SignedBy.NEXT])
def test_during_a_key_rollover_both_published_keys_count(hub: SamlHub, dialect: Dialect, signed_by: SignedBy) -> None:
    attempt = hub.begins(dialect)
    key = {"response_signed_by": signed_by} if dialect is MUK else {"signed_by": signed_by}
    assert attempt.outcome(attempt.written(attempt.plan(sealing=replace(dialect.sealing, **key)))) == ATTACKER


def test_a_structured_attribute_arrives_by_its_parts(hub: SamlHub) -> None:
    attempt = hub.begins(SH, bp_attrs="AssuranceLevel PlaceOfResidence/ZipCode")
    parameters = attempt.sign_in.answers(attempt.plan().destination, attempt.written(attempt.plan()), attempt.request.relay_state)
    note = hub.id_token(parameters["code"], attempt.sign_in.verifier)["upstream"]
    assert note["authn_context"] == SH.level
    assert note["attributes"] == {"AssuranceLevel": {"v": [SH.level]}, "PlaceOfResidence/ZipCode": {"v": ["23552"]}}


@pytest.mark.parametrize(("level", "word"), [("1", "low"), ("3", "substantial"), ("4", "high")])
def test_a_level_is_asked_for_in_the_words_of_eidas(hub: SamlHub, level: str, word: str) -> None:
    request = hub.begins(SH, bp_level=level).request
    asked = request.root.find("{urn:oasis:names:tc:SAML:2.0:protocol}RequestedAuthnContext")
    assert asked is not None
    assert asked.get("Comparison") == "minimum"
    assert [one.text for one in asked] == [f"http://eidas.europa.eu/LoA/{word}"]
    assert hub.begins(MUK, bp_level=level).request.root.find("{urn:oasis:names:tc:SAML:2.0:protocol}RequestedAuthnContext") is None
