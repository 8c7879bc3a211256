"""`/logo/<digest>`: tools' logos, fetched once when the tool was registered and served by us ever after.

No browser ever asks a tool for its logo: that would tell the tool who is about to sign in, before anybody agreed to anything.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint, Response

from broker.core.errors import NotFound
from broker.core.logo import Logo
from broker.web.answering import FinishedResponse

_DIGEST = re.compile(r"[0-9a-f]{64}")
_FOR_A_YEAR = "public, max-age=31536000, immutable"  # the address names the content


@dataclass(frozen=True, slots=True)
class LogoViews:
    """What the view needs."""

    find: Callable[[str], Logo | None]

    def show(self, digest: str) -> Response:
        """The picture, under the media type its own bytes have; `nosniff` is on every answer."""
        logo = self.find(digest) if _DIGEST.fullmatch(digest) else None
        if logo is None:
            raise NotFound
        return FinishedResponse(logo.image, mimetype=logo.media_type, headers={"Cache-Control": _FOR_A_YEAR})


def logos_blueprint(views: LogoViews) -> Blueprint:
    """The one address."""
    blueprint = Blueprint("logos", __name__)
    blueprint.get("/logo/<digest>")(views.show)
    return blueprint
