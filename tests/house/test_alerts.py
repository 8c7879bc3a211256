"""The alert rules speak of metrics that the broker has, of labels that these metrics have, and of values that these labels take."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import REGISTRY, Counter, Histogram
from prometheus_client.metrics import MetricWrapperBase

from broker.core.delivery import DeliveryState
from broker.web import observability

ROOT = Path(__file__).parents[2]
RULES = yaml.safe_load((ROOT / "deploy" / "prometheus" / "broker-rules.yaml").read_text(encoding="utf-8"))
ALERTS = [rule for group in RULES["groups"] for rule in group["rules"]]
_DURATION = re.compile(r"(\d+(ms|[smhdwy]))+")
_METRIC = re.compile(r"\bbroker_[a-z_]+\b")
_RESULTS = {state.value for state in DeliveryState}


def metrics() -> dict[str, tuple[str, ...]]:
    """Every series the broker exports, with its labels."""
    found: dict[str, tuple[str, ...]] = {}
    for metric in vars(observability).values():
        if isinstance(metric, MetricWrapperBase):
            name, labels = metric._name, tuple(metric._labelnames)
            suffixes = (
                ("_total",) if isinstance(metric, Counter) else ("_count", "_sum", "_bucket") if isinstance(metric, Histogram) else ("",)
            )
            found |= {f"{name}{suffix}": labels for suffix in suffixes}
    return found


def flaws(rule: dict[str, Any]) -> list[str]:
    """What Prometheus would stumble over, or would wait for in vain."""
    expression, known = rule["expr"], metrics()
    named = _METRIC.findall(expression)
    found = [f"{name} is no metric" for name in named if name not in known] + ([] if named else ["no metric of ours"])
    labels = {label for name in named for label in known.get(name, ())}
    used = set(re.findall(r"[{,]\s*(\w+)\s*(?:=|!=|=~|!~)", expression))
    used |= {word.strip() for words in re.findall(r"\bby \(([^)]*)\)", expression) for word in words.split(",")}
    found += [f"{label} is no label of it" for label in used - labels]
    found += [f"{value} is no result" for value in re.findall(r'result="([^"]*)"', expression) if value not in _RESULTS]
    found += [
        f"{opening}{closing} do not pair"
        for opening, closing in ("()", "{}", "[]")
        if expression.count(opening) != expression.count(closing)
    ]
    found += [
        f"{time} is no duration"
        for time in (*re.findall(r"\[([^\]]*)\]", expression), rule.get("for", "0s"))
        if not _DURATION.fullmatch(time)
    ]
    told = " ".join(rule["annotations"].values())
    kept = {word.strip() for words in re.findall(r"\bby \(([^)]*)\)", expression) for word in words.split(",")}
    return found + [
        f"the text names {label}, which the expression drops" for label in re.findall(r"\$labels\.(\w+)", told) if label not in kept
    ]


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: rule["alert"])
def test_each_alert_can_fire(rule: dict[str, Any]) -> None:
    assert flaws(rule) == []
    assert rule["labels"]["severity"] in ("warning", "critical")
    assert rule["annotations"]["summary"].endswith(".")


def test_alerts_have_names_of_their_own() -> None:
    names = [rule["alert"] for rule in ALERTS]
    assert len(names) == len(set(names))
    assert all(name.startswith("Broker") for name in names)


@pytest.mark.parametrize(
    ("expression", "flaw"),
    [
        ("max(broker_logout_oldest_pending) > 300", "is no metric"),
        ("sum by (tool) (rate(broker_logout_deliveries_total[1h])) > 0", "is no label"),
        ('sum(rate(broker_logout_deliveries_total{result="lost"}[1h])) > 0', "is no result"),
        ("sum(rate(broker_requests_total[5 minutes]))", "is no duration"),
        ("max(broker_logout_deliveries_pending", "do not pair"),
        ("vector(1)", "no metric of ours"),
    ],
)
def test_a_wrong_rule_would_be_noticed(expression: str, flaw: str) -> None:
    wrong = {"expr": expression, "annotations": {"summary": "x"}}
    assert any(flaw in found for found in flaws(wrong)), flaws(wrong)
    assert flaws({"expr": "max(broker_logout_deliveries_pending)", "annotations": {"summary": "{{ $labels.client }}"}})


def test_the_runbook_names_metrics_that_exist() -> None:
    told = set(_METRIC.findall((ROOT / "deploy" / "RUNBOOK.md").read_text(encoding="utf-8")))
    known = metrics().keys() | {name.removesuffix("_bucket") for name in metrics()}
    assert {name for name in told if name.startswith(("broker_logout", "broker_request", "broker_errors", "broker_authorization"))} <= known


def test_what_is_exported_is_registered() -> None:
    """A metric that no registry holds would never be scraped."""
    registered = {name for names in REGISTRY._collector_to_names.values() for name in names}
    assert metrics().keys() <= registered
