"""Whatever is sent to the provider face, in or out of its description: no 5xx, nothing reflected, no redirect to anything unregistered.

schemathesis makes the requests from `/openapi.json`, valid and invalid; about half of them are then given a client that exists, so that
they get behind the first check (RU-15, IN-06, IN-07).
"""

from __future__ import annotations

import os
from collections.abc import MutableMapping
from importlib.resources import files
from urllib.parse import urlsplit

import pytest
import schemathesis
import yaml
from hypothesis import HealthCheck, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance

from tests.support.app import Broker
from tests.support.tool import REDIRECT, Tool

MARK = '"><script>alert(1)</script>'
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "15"))
DESCRIBED = yaml.safe_load(files("broker.web").joinpath("openapi.yaml").read_text())["paths"]
OPERATIONS = [(path, method) for path, methods in DESCRIBED.items() for method in methods if method != "parameters"]
WITH_BODY = [(path, method) for path, method in OPERATIONS if "requestBody" in DESCRIBED[path][method]]


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_what_the_description_allows(broker: Broker, path: str, method: str) -> None:
    _endures(broker, path, method, GenerationMode.POSITIVE)


@pytest.mark.parametrize(("path", "method"), WITH_BODY)
def test_what_the_description_forbids(broker: Broker, path: str, method: str) -> None:
    _endures(broker, path, method, GenerationMode.NEGATIVE)


def _endures(broker: Broker, path: str, method: str, mode: GenerationMode) -> None:
    known = broker.tool()
    described = schemathesis.openapi.from_wsgi("/openapi.json", broker.app, base_url=broker.issuer)
    assert described.transport is not None

    @given(case=described[path][method].as_strategy(generation_mode=mode))
    @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    def holds(case: Case) -> None:
        _made_plausible(case, known)
        response = case.call(base_url=broker.issuer)
        assert "Host header" not in response.text, "it has to get in"
        case.validate_response(response, checks=[not_a_server_error, status_code_conformance, response_schema_conformance])
        location = response.headers.get("location", [""])[0]
        assert not location or location.startswith(("/", f"{broker.issuer}/", REDIRECT)), f"led to {urlsplit(location).netloc}"
        assert MARK not in response.text

    holds()


def _made_plausible(case: Case, known: Tool) -> None:
    for part in (case.query, case.body):
        if isinstance(part, MutableMapping) and len(repr(part)) % 2:
            part |= {"client_id": known.client.client_id, "client_secret": known.secret, "redirect_uri": REDIRECT, "state": MARK}
