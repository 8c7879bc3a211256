"""The demo's mailbox: takes every mail by SMTP, shows it with its link and code, delivers nothing."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator
from email.message import EmailMessage

import pytest

from deploy.demo.mailbox.received import MOST_KEPT, Mailbox
from deploy.demo.mailbox.site import create_site
from tests.support.services import free_port

TEXT = "Mit diesem Link:\n\nhttp://localhost:8080/x?a=1&key=abc\n\nCode:\n\n1234 5678\n\n<b>15</b> Minuten"


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    opened = Mailbox(free_port()).open()
    yield opened
    opened.close()


def sends(mailbox: Mailbox, *recipients: str, text: str = TEXT, subject: str = "Ihre Anmeldung für Köln") -> None:
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = subject, "a@demo.example", ", ".join(recipients)
    message.set_content(text)
    with smtplib.SMTP("127.0.0.1", mailbox.port, timeout=10) as server:
        server.send_message(message)


def test_a_mail_is_kept_with_its_link_and_code(mailbox: Mailbox) -> None:
    sends(mailbox, "b@town.example")
    (mail,) = mailbox.to("b@town.example")
    assert (mail.subject, mail.link, mail.code) == ("Ihre Anmeldung für Köln", "http://localhost:8080/x?a=1&key=abc", "12345678")
    assert mailbox.to("c@town.example") == []


def test_each_recipient_has_one_and_the_newest_comes_first(mailbox: Mailbox) -> None:
    sends(mailbox, "b@town.example", "c@town.example")
    sends(mailbox, "b@town.example", text="nothing to click")
    assert [mail.link for mail in mailbox.to("b@town.example")] == ["", "http://localhost:8080/x?a=1&key=abc"]
    assert len(mailbox.to("c@town.example")) == 1


def test_only_the_newest_are_kept(mailbox: Mailbox) -> None:
    for number in range(MOST_KEPT + 1):
        sends(mailbox, "b@town.example", subject=str(number))
    assert (len(mailbox.all()), mailbox.all()[-1].subject) == (MOST_KEPT, "1")


def test_pages_show_mails_and_run_nothing_of_them(mailbox: Mailbox) -> None:
    site = create_site(mailbox).test_client()
    assert "Noch keine E-Mail" in site.get("/").text
    sends(mailbox, "b@town.example")
    assert 'href="/mails/1"' in site.get("/").text
    page = site.get("/mails/1")
    assert 'id="link" href="http://localhost:8080/x?a=1&amp;key=abc"' in page.text
    assert "&lt;b&gt;15&lt;/b&gt;" in page.text
    assert "script-src" not in page.headers["Content-Security-Policy"]
    assert site.get("/mails/99").status_code == 404
