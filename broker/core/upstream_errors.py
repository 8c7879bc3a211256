"""Of the error family: what citizen IDs do to a sign-in. Most lead back to the choice of a citizen ID instead of to an error page."""

from __future__ import annotations

from broker.core.errors import UpstreamCancelled, UpstreamRefused, UpstreamUnavailable


class AttributesMissing(UpstreamCancelled):
    """The citizen ID ended the sign-in because the account lacks attributes it had to give (BundID SB, IDP_REQUIRED_ATTRIBUTES_MISSING).

    `claims` are the claims made of them, by their names in the claim table; empty where the table does not know the attributes.
    """

    code = "BP-403-INCOMPLETE"

    def __init__(self, claims: tuple[str, ...] = ()) -> None:
        super().__init__("The account at the citizen ID lacks attributes that were required.")
        self.claims = claims


class CitizenIdUnavailable(UpstreamUnavailable):
    """Keycloak answers, but the citizen ID behind it does not (F-18). The others work."""

    code = "BP-503-CITIZEN-ID"
    message_key = "error.citizen_id_unavailable"


class SignInInterrupted(UpstreamRefused):
    """Keycloak could not use the citizen ID's answer, or forgot the sign-in, and its page sent the citizen home. Its log says more."""

    code = "BP-502-INTERRUPTED"


class GuestSignIn(UpstreamRefused):
    """The citizen ID's answer named nobody, most often after a sign-in as a guest, without an account (citizen IDs 2.8). Keycloak says
    the same of some answers it cannot use for other reasons; its log tells them apart."""

    code = "BP-403-GUEST"
    status = 403
