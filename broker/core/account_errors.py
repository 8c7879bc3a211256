"""The part of the error family that citizens meet on the pages of their account."""

from __future__ import annotations

from broker.core.errors import Refusal


class LinkInterrupted(Refusal):
    """A citizen ID was to be added to an account that is not signed in here any more, or was proven too long ago (AL-05)."""

    code = "BP-403-LINK"
    message_key = "error.link_interrupted"


class IdentityTaken(Refusal):
    """The citizen ID that was to be added has an account of its own, with which tools were used."""

    code = "BP-409-LINK"
    status = 409
    message_key = "error.link_taken"


class LastLink(Refusal):
    """The only citizen ID of an account cannot be removed: nobody could sign in any more."""

    code = "BP-409-LAST-LINK"
    status = 409
    message_key = "error.last_link"
