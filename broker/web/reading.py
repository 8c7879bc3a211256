"""Reading the parameters of a request at hand: query or form by the method, never merged (RU-08, RU-15)."""

from __future__ import annotations

from collections.abc import Collection

from flask import request

from broker.oidc.parameters import Parameters

FORM = "application/x-www-form-urlencoded"


def sent_parameters(known: Collection[str]) -> Parameters:
    """The known parameters. Only a form of the plain kind is read from a body; another body counts as empty."""
    if request.method != "POST":
        return Parameters.read(request.query_string, known)
    if request.mimetype != FORM:
        return Parameters({})
    raw = request.get_data()
    if raw:
        return Parameters.read(raw, known)
    return Parameters.of(request.form.items(multi=True), known)  # the guard against forged forms has read the body already
