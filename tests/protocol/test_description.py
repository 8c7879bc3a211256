"""`/openapi.json` describes the endpoints that tools' software calls: all of them, with their methods, and nothing else."""

from __future__ import annotations

from tests.support.app import ISSUER, Broker

NOT_FOR_TOOLS = (
    "citizen.",
    "device.",
    "health.",
    "logos.",
    "description.",
    "static",
    "upstream_logout.",
    "voucher.",
    "account",
    "signed_out.",
)
ELSEWHERE = ("keycloak_", "oidc.proceed", "oidc.leave_unmet", "end_session.confirm")
"""The same endpoints under Keycloak's addresses, and steps on a citizen's way."""


def test_description_and_routes_name_the_same_endpoints(broker: Broker) -> None:
    described = broker.app.test_client().get("/openapi.json", base_url=ISSUER).get_json()
    found = {(path, method.upper()) for path, methods in described["paths"].items() for method in methods if method != "parameters"}

    routed = {
        (rule.rule.replace("<", "{").replace(">", "}"), method)
        for rule in broker.app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.endpoint == "device.device_authorization" or not rule.endpoint.startswith((*NOT_FOR_TOOLS, *ELSEWHERE))
    }
    assert found == routed
    assert described["servers"] == [{"url": ISSUER}]
