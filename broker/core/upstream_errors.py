"""Of the error family: what citizen IDs do to a sign-in. Most lead back to the choice of a citizen ID instead of to an error page."""

from __future__ import annotations

from broker.core.errors import UpstreamCancelled


class AttributesMissing(UpstreamCancelled):
    """The citizen ID ended the sign-in because the account lacks attributes it had to give (BundID SB, IDP_REQUIRED_ATTRIBUTES_MISSING).

    `claims` are the claims made of them, by their names in the claim table; empty where the table does not know the attributes.
    """

    def __init__(self, claims: tuple[str, ...] = ()) -> None:
        super().__init__("The account at the citizen ID lacks attributes that were required.")
        self.claims = claims
