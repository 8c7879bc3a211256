"""Takes the pictures of the README: `python -m tests.browser.screenshots [--hub simulated] [--running]`.

A real Chromium walks through the demo as Erika Mustermann would and stops at the pages worth showing. Without `--running` the demo is
started on free ports and stopped again. The pictures stand in deploy/demo/screenshots/.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from deploy.demo.launcher import Demo
from deploy.demo.ports import Ports
from deploy.demo.setup_error import SetupError
from deploy.demo.stack import HubKind, Stack
from deploy.demo.state import DemoState, default_folder
from tests.browser.conftest import FLAGS

FOLDER = Path(__file__).parents[2] / "deploy" / "demo" / "screenshots"
LARGEST_BYTES = 150_000
DESKTOP = (960, 600)
LONG = (960, 1250)  # the choice of citizen ID, cut off below: all of them would make the picture larger than it may be
PHONE = (390, 844)


@dataclass(frozen=True)
class Photographer:
    """Somebody who signs in at the running demo with a camera at hand."""

    browser: Browser
    stack: Stack

    def takes_all(self) -> None:
        """Every picture, each walk in a browser that has never been here."""
        self.walks_on_a_desktop()
        self.walks_on_a_phone()

    def walks_on_a_desktop(self) -> None:
        """The choice of citizen ID, the consent, and what the tool received."""
        page = self._page(*LONG, scale=0.75)
        page.goto(self._asking_anew(page, "karte"))
        page.wait_for_selector("#provider-bundid")
        self._keeps(page, "choose", whole=False)
        page.set_viewport_size({"width": DESKTOP[0], "height": DESKTOP[1]})
        page.click("#provider-bundid")
        page.wait_for_selector("#means-eid")
        self._keeps(page, "bundid")
        self._identifies(page, "eid", "erika")
        self._keeps(page, "consent")
        page.click("#consent-allow")
        page.wait_for_selector("#claims")
        self._keeps(page, "tool")
        page.context.close()

    def walks_on_a_phone(self) -> None:
        """The consent, dark, and the page for a sign-in that is not strong enough."""
        page = self._page(*PHONE, scale=1.5, dark=True)
        page.goto(f"{self.stack.tool_url('haushalt')}/login")
        page.click("#provider-bundid")
        self._identifies(page, "eid", "erika")
        self._keeps(page, "phone-consent", whole=False)
        page.context.close()
        page = self._page(*PHONE, scale=1.5)
        page.goto(f"{self.stack.tool_url('karte')}/login?level=high")
        page.click("#provider-bundid")
        self._identifies(page, "password", "paul")
        self._keeps(page, "phone-level", whole=False)
        page.context.close()

    def _page(self, width: int, height: int, scale: float, dark: bool = False) -> Page:
        context = self.browser.new_context(
            viewport={"width": width, "height": height},
            device_scale_factor=scale,
            color_scheme="dark" if dark else "light",
            locale="de-DE",
        )
        context.set_default_timeout(120_000)
        return context.new_page()

    def _asking_anew(self, page: Page, tool: str) -> str:
        """The tool's own request, with the wish that consent be asked also of somebody who agreed before."""
        answer = page.request.get(f"{self.stack.tool_url(tool)}/login", max_redirects=0)
        return f"{answer.headers['location']}&prompt=consent"

    def _identifies(self, page: Page, means: str, person: str) -> None:
        page.click(f"#means-{means}")
        page.click(f"#person-{person}")
        page.click("#confirm")
        page.wait_for_selector("#consent-allow, #unmet-back")

    def _keeps(self, page: Page, name: str, whole: bool = True) -> None:
        picture = FOLDER / f"{name}.png"
        page.wait_for_load_state()
        page.screenshot(path=picture, full_page=whole, animations="disabled")
        size = picture.stat().st_size
        print(f"  {picture.name}: {size // 1000} kB", flush=True)
        if size > LARGEST_BYTES:
            raise SetupError(f"{picture.name} has {size} bytes; at most {LARGEST_BYTES} may go into the repository.")


@contextmanager
def started(hub: HubKind) -> Iterator[Stack]:
    """A demo of its own on free ports; nothing is left of it."""
    folder = Path(tempfile.mkdtemp(prefix="participation-broker-screenshots."))
    demo = Demo(Stack(Ports.any_free(), DemoState(folder), hub))
    try:
        demo.start()
        yield demo.stack
    finally:
        demo.stop()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def already_running(hub: HubKind) -> Iterator[Stack]:
    """The demo that `make demo` started elsewhere."""
    yield Stack(Ports.from_environment(os.environ), DemoState(default_folder()), hub)


def main() -> int:
    """Takes the pictures; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.browser.screenshots", description=__doc__)
    parser.add_argument("--hub", choices=["keycloak", "simulated"], default="keycloak")
    parser.add_argument("--running", action="store_true", help="use the demo that runs already, on its usual ports")
    chosen = parser.parse_args()
    if not (chromium := shutil.which("chromium")):
        print("Chromium is not installed (on Debian: apt install chromium).", file=sys.stderr)
        return 1
    FOLDER.mkdir(exist_ok=True)
    try:
        with (already_running if chosen.running else started)(chosen.hub) as stack, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
            Photographer(browser, stack).takes_all()
            browser.close()
    except SetupError as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
