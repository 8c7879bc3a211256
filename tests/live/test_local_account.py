"""The account without a citizen ID on a real Keycloak: made and used by a link, and nothing of it is told, prepared or kept beyond that."""

from __future__ import annotations

from collections.abc import Iterator
from time import monotonic

import pytest

from deploy.demo.keycloak_server import KeycloakServer
from tests.live.residents_place import Resident, ResidentsPlace, residents_place

pytestmark = [pytest.mark.live, pytest.mark.timeout(900)]

MALFORMED = ["", "erika", "a@evil.example@town.example", "a@town.example\r\nBcc: b@evil.example", "а@town.example", "a@" + "x" * 10_000]


@pytest.fixture(scope="module")
def place(keycloak: KeycloakServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ResidentsPlace]:
    with residents_place(keycloak, tmp_path_factory.mktemp("residents")) as made:
        yield made


@pytest.fixture
def resident(place: ResidentsPlace) -> Resident:
    return place.resident()


def test_both_realms_are_as_described_after_one_apply(place: ResidentsPlace) -> None:
    assert [each.plan().empty for each in place.reconcilers()] == [True, True]
    assert [each.apply().changed for each in place.reconcilers()] == [False, False]


def test_a_changed_mail_password_is_seen_though_keycloak_never_shows_it(place: ResidentsPlace) -> None:
    place.environ_more["SMTP_PASSWORD"] = "another-one"
    plan = place.reconcilers()[0].plan()
    place.environ_more.clear()
    assert len(plan.steps) == 1
    assert "another-one" not in "".join(plan.lines())


def test_al01_a_link_makes_an_account_whose_key_is_not_its_address(place: ResidentsPlace, resident: Resident) -> None:
    claims = resident.registers()
    (account,) = resident.accounts()
    assert (claims["up_idp"], claims["up_principal"]) == ("local", account["id"])
    assert claims["upstream"]["attributes"] == {"email": {"v": [resident.address]}}, "its own word: nobody vouches for it"
    assert "authn_context" not in claims["upstream"], "this realm speaks of no level"


def test_nothing_but_address_and_key_is_stored(place: ResidentsPlace, resident: Resident) -> None:
    resident.registers()
    (account,) = resident.accounts()
    assert (account["username"], account["email"]) == (resident.address, resident.address)
    assert not {"firstName", "lastName", "attributes", "federatedIdentities"} & account.keys()
    assert place.people_of_realm_citizens() == []


def test_signing_in_again_proves_anew_and_is_the_same_account(resident: Resident) -> None:
    first = resident.registers()
    resident.comes_from_the_broker()  # in the same browser, at once: there is no session to go on with
    resident.opens(resident.asks_for_a_link())
    assert resident.is_at_the_broker()["up_principal"] == first["up_principal"]


def test_a_code_serves_who_reads_mail_on_another_device(resident: Resident) -> None:
    resident.comes_from_the_broker()
    mail = resident.asks_for_a_link()
    resident.browser.submits("check", {"code": f" {mail.code[:4]} {mail.code[4:]} "})
    resident.browser.submits("create")
    assert resident.is_at_the_broker()["up_idp"] == "local"


def test_se02_a_link_opened_in_another_browser_signs_nobody_in_there(place: ResidentsPlace, resident: Resident) -> None:
    resident.comes_from_the_broker()
    mail = resident.asks_for_a_link()
    other = place.resident(resident.address)
    other.opens(mail)
    assert (other.browser.status, place.callback.answer) == (400, {})
    assert "Dieser Link gilt hier nicht" in other.browser.reads()
    other.comes_from_the_broker()  # not even with a sign-in of its own
    other.opens(mail)
    assert not other.browser.shows("create")
    assert place.callback.answer == {}
    resident.opens(mail)  # it was not used up by that
    assert resident.browser.shows("create")


def test_a_link_is_good_once(place: ResidentsPlace, resident: Resident) -> None:
    resident.comes_from_the_broker()
    mail = resident.asks_for_a_link()
    resident.opens(mail)
    resident.browser.submits("create")
    resident.is_at_the_broker()
    place.callback.answer = {}
    resident.opens(mail)
    assert "code" not in place.callback.answer
    resident.comes_from_the_broker()
    resident.opens(mail)
    assert resident.browser.status in (200, 400)
    assert "code" not in place.callback.answer


def test_a_newer_mail_ends_the_older_link(place: ResidentsPlace, resident: Resident) -> None:
    resident.comes_from_the_broker()
    older = resident.asks_for_a_link()
    resident.browser.submits("resend")
    newer = place.mailbox.to(resident.address)[0]
    resident.opens(older)
    assert "Bitte nehmen Sie Link oder Code aus der neuesten E-Mail" in resident.browser.reads()
    resident.opens(newer)
    assert resident.browser.shows("create")


def test_a_code_cannot_be_guessed(resident: Resident) -> None:
    resident.comes_from_the_broker()
    mail = resident.asks_for_a_link()
    for guess in range(5):
        resident.browser.submits("check", {"code": f"{(int(mail.code) + 1 + guess) % 10**8:08d}"})
        assert resident.browser.shows("check")
    resident.browser.submits("check", {"code": mail.code})
    assert "zu oft falsch" in resident.browser.reads()
    assert resident.browser.shows("email"), "begin anew"
    resident.opens(mail)
    assert not resident.browser.shows("create")


def test_in10_whoever_has_an_account_gets_the_same_page_and_the_same_mail(place: ResidentsPlace, resident: Resident) -> None:
    resident.registers()
    seen = []
    for somebody in (resident, place.resident()):
        somebody.comes_from_the_broker()
        mail = somebody.asks_for_a_link()
        text = mail.text.replace(mail.link, "").replace(f"{mail.code[:4]} {mail.code[4:]}", "")
        shown = " ".join(each.text_content() for each in somebody.browser.finds("//main")).replace(somebody.address, "")
        seen.append((mail.subject, text, shown.split()))
    assert seen[0] == seen[1]


def test_al08_nothing_prepared_by_somebody_else_survives(place: ResidentsPlace, resident: Resident) -> None:
    attacker = place.resident(resident.address)
    attacker.comes_from_the_broker()
    mail_of_the_attack = attacker.asks_for_a_link("set-up-passkey")
    assert resident.accounts() == [], "an address that nobody proved is not kept, not even for a day"
    claims = resident.registers()
    attacker.browser.submits("check", {"code": "00000000"})
    assert attacker.browser.shows("check"), "the attacker still waits for a code that only the resident has"
    resident.opens(mail_of_the_attack)
    assert not resident.browser.shows("create")
    (account,) = resident.accounts()
    assert account["id"] == claims["up_principal"]
    assert place.residents.get_credentials(account["id"]) == []


def test_a_deleted_account_is_gone_and_a_new_one_is_another(resident: Resident) -> None:
    first = resident.registers()
    resident.comes_from_the_broker()
    resident.opens(resident.asks_for_a_link("delete"))
    assert resident.address in resident.browser.reads()
    resident.browser.submits("delete")
    assert "Das Konto ist gelöscht" in resident.browser.reads()
    assert resident.accounts() == []
    assert resident.registers()["up_principal"] != first["up_principal"]


def test_whoever_keeps_the_account_after_all_is_back_at_the_broker_unsigned(place: ResidentsPlace, resident: Resident) -> None:
    resident.registers()
    resident.comes_from_the_broker()
    resident.opens(resident.asks_for_a_link("delete"))
    resident.browser.submits("cancel")
    assert place.callback.answer["error"] == "access_denied"
    assert len(resident.accounts()) == 1


def test_se03_the_next_person_at_a_shared_computer_is_themselves(place: ResidentsPlace, resident: Resident) -> None:
    first = resident.registers()
    second = place.resident()
    second.browser = resident.browser
    assert second.registers()["up_principal"] != first["up_principal"]


def test_a_cancelled_sign_in_comes_back_as_cancelled(place: ResidentsPlace, resident: Resident) -> None:
    resident.comes_from_the_broker()
    resident.browser.submits("cancel")
    assert place.callback.answer["error"] == "access_denied"


@pytest.mark.parametrize("typed", MALFORMED, ids=range(len(MALFORMED)))
def test_al03_a_malformed_address_gets_an_answer_and_no_mail(place: ResidentsPlace, resident: Resident, typed: str) -> None:
    before = len(place.mailbox.all())
    resident.comes_from_the_broker()
    resident.browser.submits("send", {"email": typed})
    assert (resident.browser.status, resident.browser.shows("email")) == (200, True)
    assert "kann nicht stimmen" in resident.browser.reads()
    assert len(place.mailbox.all()) == before


def test_nobody_is_flooded_with_mail(place: ResidentsPlace, resident: Resident) -> None:
    resident.comes_from_the_broker()
    resident.asks_for_a_link()
    for _ in range(4):
        resident.browser.submits("resend")
    resident.browser.submits("resend")
    assert "zu viele E-Mails" in resident.browser.reads()
    assert len(place.mailbox.to(resident.address)) == 5
    elsewhere = place.resident(resident.address)
    elsewhere.comes_from_the_broker()
    elsewhere.browser.submits("send", {"email": resident.address.upper()})
    assert "zu viele E-Mails" in elsewhere.browser.reads()


def test_f37_a_mail_server_that_is_away_is_told_at_once_keeps_up_nobody_else_and_no_address_is_logged(
    place: ResidentsPlace, resident: Resident
) -> None:
    somebody_else = place.resident()
    somebody_else.comes_from_the_broker()
    mail = somebody_else.asks_for_a_link()
    resident.comes_from_the_broker()
    place.mailbox.close()
    try:
        began = monotonic()
        resident.browser.submits("send", {"email": resident.address})
        assert monotonic() - began < 5
        somebody_else.opens(mail)
        somebody_else.browser.submits("create")
        assert somebody_else.is_at_the_broker()["up_idp"] == "local"
    finally:
        place.mailbox.open()
    assert "konnte gerade nicht verschickt werden" in resident.browser.reads()
    resident.asks_for_a_link()
    log = place.keycloak.log_file.read_text(errors="replace")
    assert "A sign-in mail could not be sent" in log
    assert "@town.example" not in log


def test_pages_and_mail_speak_the_language_of_the_sign_in(resident: Resident) -> None:
    resident.comes_from_the_broker("en")
    assert "Sign in without a citizen ID" in resident.browser.reads()
    mail = resident.asks_for_a_link()
    assert (mail.subject, "With this link you sign in" in mail.html) == ("Your sign-in", True)
