"""The provider face as OpenAPI, for people who write clients and for tools that test it; the text is `openapi.yaml`."""

from __future__ import annotations

import json
from functools import cached_property
from importlib.resources import files
from typing import Any

import yaml
from flask import Blueprint, Response

from broker.web.answering import FinishedResponse


class DescriptionViews:
    """Reads the description when somebody asks for it first. `issuer` becomes its only server."""

    def __init__(self, issuer: str) -> None:
        self._issuer = issuer

    def openapi(self) -> Response:
        """`GET /openapi.json` (OpenAPI 3.1)."""
        response = FinishedResponse(self._document, mimetype="application/json")
        response.headers["Cache-Control"] = "public, max-age=3600"
        return response

    @cached_property
    def _document(self) -> bytes:
        described: dict[str, Any] = yaml.safe_load(files("broker.web").joinpath("openapi.yaml").read_text(encoding="utf-8"))
        return json.dumps({**described, "servers": [{"url": self._issuer}]}).encode()


def description_blueprint(views: DescriptionViews) -> Blueprint:
    """`/openapi.json`."""
    blueprint = Blueprint("description", __name__)
    blueprint.add_url_rule("/openapi.json", "openapi", views.openapi, provide_automatic_options=False)
    return blueprint
