"""Logos of tools: small pictures made of pixels, known by their content. Never SVG, which is a document that can hold scripts (OP-10)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

LARGEST_LOGO = 64 * 1024
_PNG, _JPEG, _GIFS = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", (b"GIF87a", b"GIF89a")


@dataclass(frozen=True, slots=True)
class Logo:
    """A picture as we serve it; `digest` names its content."""

    digest: str
    media_type: str
    image: bytes
    created_at: datetime


def media_type(image: bytes) -> str | None:
    """What these bytes are by their own first words, whatever their sender called them; None for anything we do not show."""
    if image.startswith(_PNG):
        return "image/png"
    if image.startswith(_JPEG):
        return "image/jpeg"
    if image.startswith(_GIFS):
        return "image/gif"
    if image[:4] == b"RIFF" and image[8:12] == b"WEBP":
        return "image/webp"
    return None
