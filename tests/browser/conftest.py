"""A real Chromium, and the page app served on a free port."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.support.pages import create_page_app
from tests.support.serving import serving

AXE = Path(__file__).parent.parent / "node" / "node_modules" / "axe-core" / "axe.min.js"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def _need(thing: str | None, reason: str) -> str:
    """What is missing is skipped on a laptop and fails in CI."""
    if thing is None:
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return thing


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = _need(shutil.which("chromium"), "Chromium is not installed (Debian: apt install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def axe() -> str:
    return Path(_need(str(AXE) if AXE.exists() else None, "axe-core is not installed (make node)")).read_text()


@pytest.fixture(scope="session")
def pages_url() -> Iterator[str]:
    with serving(create_page_app()) as port:
        yield f"http://localhost:{port}"
