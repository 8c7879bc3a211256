"""What the test run asks of the machine: servers are shared by one worker, and continuous integration skips nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

SHARED = {
    "tests/live/": "keycloak",
    "tests/interop/": "interop",
    "tests/browser/": "chromium",
    "tests/faults/test_heavy_cookies.py": "heavy cookies",
}
"""Tests that share started servers, by the beginning of their address: one worker takes them one after another, beside the quick ones."""
_NAMES_THE_STACK = "StartedStack"
"""The type of the fixture `stack`: whichever folder a file with it is in, its tests are one group, so that the demo's stack starts once."""


@pytest.hookimpl(tryfirst=True, optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling | None:
    """With `--dist loadgroup`: by address, as marks no longer reach xdist (3.8 writes an attribute that pytest 9.2 does not read)."""
    return SharedServers(config, log) if config.getoption("dist") == "loadgroup" else None


class SharedServers(LoadScopeScheduling):
    """Hands out whole groups; every other test on its own."""

    def _split_scope(self, nodeid: str) -> str:
        group = next((group for beginning, group in SHARED.items() if nodeid.startswith(beginning)), nodeid)
        return "stack" if group in SHARED.values() and _needs_the_stack(self.config.rootpath / nodeid.partition("::")[0]) else group


@cache
def _needs_the_stack(file: Path) -> bool:
    return _NAMES_THE_STACK in file.read_text(encoding="utf-8")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """With CI=true a skipped test has failed: what it needs is missing from the machine."""
    report = yield
    if os.environ.get("CI") == "true" and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, and CI skips nothing: {report.longrepr}"
    return report
