"""What BundID answers to a request: of all it knows for a login only what was asked for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace

from deploy.demo.bundid.authn_request import AuthnRequest
from deploy.demo.bundid.extension import RequestedAttribute
from deploy.demo.bundid.identity import Login
from deploy.demo.bundid.vocabulary import BY_NAME, Attribute
from deploy.demo.saml.answer import AnswerPlan, Value, blank_plan


def plan_answer(request: AuthnRequest, login: Login, released: Mapping[Attribute, Value], now: dt.datetime, issuer: str) -> AnswerPlan:
    """The faithful answer to ``request``; of ``released`` only what was requested goes in."""
    asked = [BY_NAME[a.name] for a in request.extension.attributes if a.name in BY_NAME]
    return replace(
        blank_plan(request, issuer, now),
        authn_context=login.level.wire,
        attributes={a.value: released[a] for a in asked if a in released},
        friendly_names={a.value: a.friendly_name for a in asked},
    )


def missing_required(request: AuthnRequest, released: Mapping[Attribute, Value]) -> list[RequestedAttribute]:
    """The required attributes this login cannot give, in the order of the request."""
    known = {attribute.value for attribute in released}
    return [a for a in request.extension.attributes if a.required and a.name not in known]
