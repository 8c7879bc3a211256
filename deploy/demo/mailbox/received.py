"""Takes mails in by SMTP on the loopback address and keeps the newest."""

import itertools
import re
import threading
from collections import deque
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any, Self

from aiosmtpd.controller import Controller

MOST_KEPT = 100
LARGEST_BYTES = 256 * 1024
_LINK = re.compile(r"https?://[^\s<>\"]+")
_CODE = re.compile(r"^\d{4} \d{4}$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail as it arrived."""

    number: int
    recipient: str
    subject: str
    text: str
    html: str

    @property
    def link(self) -> str:
        """The first address in the text, or nothing."""
        found = _LINK.search(self.text)
        return found[0] if found else ""

    @property
    def code(self) -> str:
        """The code that stands on a line of its own, without its blank, or nothing."""
        found = _CODE.search(self.text)
        return found[0].replace(" ", "") if found else ""


@dataclass(slots=True)
class Mailbox:
    """All mails, newest first; may be used by several threads. Listens between `open` and `close`."""

    port: int
    host: str = "127.0.0.1"
    _mails: deque[Mail] = field(default_factory=lambda: deque(maxlen=MOST_KEPT))
    _numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))
    _arrived: threading.Condition = field(default_factory=threading.Condition)
    _controller: Controller | None = None

    def open(self) -> Self:
        """Begins to listen. Raises OSError when the port is taken."""
        self._controller = Controller(self, hostname=self.host, port=self.port, data_size_limit=LARGEST_BYTES)
        self._controller.start()
        return self

    def close(self) -> None:
        """Listens no longer."""
        if self._controller is not None:
            self._controller.stop()

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 (aiosmtpd's name)
        """Keeps one mail for each recipient."""
        message = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        with self._arrived:
            for recipient in envelope.rcpt_tos:
                mail = Mail(next(self._numbers), recipient, str(message["Subject"] or ""), _part(message, "plain"), _part(message, "html"))
                self._mails.appendleft(mail)
            self._arrived.notify_all()
        return "250 OK"

    def all(self) -> list[Mail]:
        """Every mail, newest first."""
        with self._arrived:
            return list(self._mails)

    def find(self, number: int) -> Mail | None:
        """The mail of this number, or None."""
        return next((mail for mail in self.all() if mail.number == number), None)

    def to(self, recipient: str) -> list[Mail]:
        """The mails to one address, newest first."""
        return [mail for mail in self.all() if mail.recipient == recipient]


def _part(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    return str(body.get_content()).replace("\r\n", "\n") if body is not None else ""
