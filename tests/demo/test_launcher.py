"""Issue 3, point 1: the demo starts, tells where to look, and stops leaving nothing, however it is ended (with the simulated hub)."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import fields
from functools import partial
from pathlib import Path

import pytest
import requests

from deploy.demo.ports import Ports, is_free, variable
from tests.demo.test_supervision import until

TOP = Path(__file__).parents[2]
STARTED = "Stop everything with Ctrl-C."


class Launcher:
    """`python -m deploy.demo up --hub simulated` on free ports, with a state folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.ports, self.output = folder, Ports.any_free(), folder / "output"
        settings = {variable(field.name): str(getattr(self.ports, field.name)) for field in fields(Ports)}
        with self.output.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "deploy.demo", "up", "--hub", "simulated"],
                cwd=TOP,
                env=os.environ | settings | {"XDG_STATE_HOME": str(folder)},
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_hears_ctrl_c,  # no threads here yet
            )

    @property
    def said(self) -> str:
        return self.output.read_text()

    def starts(self) -> None:
        until(lambda: STARTED in self.said or self.process.poll() is not None, "the demo to start", 240)
        assert self.process.poll() is None, self.said

    def ends(self) -> int:
        until(lambda: self.process.poll() is not None, "the launcher to end", 60)
        return self.process.returncode

    def leaves_nothing(self) -> None:
        for field in fields(Ports):
            port = getattr(self.ports, field.name)
            until(partial(is_free, port), f"port {field.name} to be free", 30)

    def child(self, module: str) -> int:
        """The process id of a part, by its module and this launcher's ports."""
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                words = (process / "cmdline").read_bytes().split(b"\0")
                if module.encode() in words and str(self.ports.karte).encode() in words:
                    return int(process.name)
        raise AssertionError(f"{module} does not run")


def _hears_ctrl_c() -> None:
    """Also where the tests themselves were started in the background, which makes Ctrl-C mean nothing to all that they start."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def launcher(tmp_path: Path) -> Iterator[Launcher]:
    started = Launcher(tmp_path)
    yield started
    with suppress(ProcessLookupError):
        started.process.kill()
    started.process.wait()


@pytest.mark.timeout(900)
def test_it_starts_shows_addresses_and_citizens_and_stops_on_ctrl_c(launcher: Launcher) -> None:
    launcher.starts()
    assert f"http://localhost:{launcher.ports.karte}" in launcher.said
    assert "Erika Mustermann" in launcher.said
    assert re.search(r"Finn Brodersen.*\n +Code ([A-Z]{5}-){2}[A-Z]{5}, on the sheet ", launcher.said), launcher.said
    assert requests.get(f"http://localhost:{launcher.ports.broker}/readyz", timeout=10).status_code == 200
    launcher.process.send_signal(signal.SIGINT)
    assert launcher.ends() == 0
    assert "Everything has stopped." in launcher.said
    launcher.leaves_nothing()

    again = Launcher(launcher.folder)  # what was kept fits: the same secrets, the same database
    again.starts()
    os.kill(again.child("deploy.demo.tools"), signal.SIGKILL)
    assert again.ends() == 1, "a crash is told in one sentence and ends the rest"
    assert "Demo tool karte stopped unexpectedly" in again.said
    assert "karte.log" in again.said
    assert "Traceback" not in again.said
    again.leaves_nothing()


@pytest.mark.timeout(600)
def test_kill_minus_nine_leaves_nothing_either(launcher: Launcher) -> None:
    launcher.starts()
    launcher.process.kill()
    launcher.process.wait()
    launcher.leaves_nothing()


def test_a_taken_port_ends_the_start_with_one_sentence(tmp_path: Path) -> None:

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        answer = subprocess.run(
            [sys.executable, "-m", "deploy.demo", "up", "--hub", "simulated"],
            cwd=TOP,
            env=os.environ | {"XDG_STATE_HOME": str(tmp_path), "BROKER_PORT": str(port)},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert answer.returncode == 1
    assert f"Port {port} (broker) is in use" in answer.stderr
    assert "Traceback" not in answer.stderr
