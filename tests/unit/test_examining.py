"""`broker doctor` judges what it sees and never stops at the first broken part."""

from __future__ import annotations

import pytest

from broker.core.errors import StoreUnavailable
from broker.flows.examining import BROKEN, GOOD, WARNING, Examining, Finding, clock_finding, keycloak_finding


def test_a_broken_part_does_not_hide_the_next_one() -> None:
    def away() -> Finding:
        raise StoreUnavailable("Redis: ConnectionError")

    findings = Examining((("Redis", away), ("Clock", lambda: clock_finding(0)))).findings()

    assert [finding.mark for finding in findings] == [BROKEN, GOOD]
    assert findings[0].sentence == "Redis: Redis: ConnectionError"


@pytest.mark.parametrize(("offset", "mark"), [(0, GOOD), (3, GOOD), (-3, GOOD), (5, WARNING), (-8, WARNING), (9, BROKEN), (-3600, BROKEN)])
def test_a_clock_that_would_refuse_tokens_is_broken(offset: float, mark: str) -> None:
    assert clock_finding(offset).mark == mark


def test_the_sentence_says_which_clock_is_ahead() -> None:
    assert "ahead of Keycloak's" in clock_finding(60).sentence
    assert "behind Keycloak's" in clock_finding(-60).sentence


@pytest.mark.parametrize(
    ("version", "mark"),
    [("26.7.3", WARNING), ("26.8.0", WARNING), ("26.8.1", GOOD), ("26.10.0", GOOD), ("27.0.0", GOOD), ("nightly", WARNING)],
)
def test_keycloak_below_the_recommended_version_is_a_warning(version: str, mark: str) -> None:
    assert keycloak_finding(version).mark == mark


def test_a_keycloak_that_does_not_tell_is_a_warning() -> None:
    finding = keycloak_finding("")
    assert finding.mark == WARNING
    assert "realm master" in finding.sentence


def test_the_warning_names_the_advisories() -> None:
    assert "CVE-2026-18963" in keycloak_finding("26.7.3").sentence
