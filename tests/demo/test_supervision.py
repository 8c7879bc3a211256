"""Issue 3, point 1: parts are truly ready, a crash is told in one sentence, and nothing is left running, whatever ends the launcher."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deploy.demo.processes import ChildProcess, Supervisor
from deploy.demo.setup_error import SetupError

FAMILY = "import subprocess, sys, time; subprocess.Popen(['sleep', '300']); print('up', flush=True); time.sleep(300)"


def until(condition: Callable[[], bool], what: str, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds} s for {what}"
        time.sleep(0.02)


def exists(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture
def supervisor() -> Iterator[Supervisor]:
    supervisor = Supervisor(say=lambda text: None)
    yield supervisor
    supervisor.stop()


def part(folder: Path, code: str, ready: Callable[[], bool] = lambda: True) -> ChildProcess:
    return ChildProcess("demo part", [sys.executable, "-c", code], folder / "part.log", ready)


def test_a_part_counts_only_when_it_answers(supervisor: Supervisor, tmp_path: Path) -> None:
    answers = iter([False, False, True])
    asked = []
    sleeper = part(tmp_path, "import time; time.sleep(300)", lambda: asked.append(1) or next(answers))
    supervisor.start(sleeper)
    supervisor.wait_ready(sleeper, seconds=20)
    assert len(asked) == 3


def test_a_part_that_never_answers_is_named_with_its_log(supervisor: Supervisor, tmp_path: Path) -> None:
    silent = part(tmp_path, "import time; time.sleep(300)", lambda: False)
    supervisor.start(silent)
    with pytest.raises(SetupError, match=r"Demo part was not ready after 0 s: its log is .*part\.log"):
        supervisor.wait_ready(silent, seconds=0.2)


def test_a_crash_is_told_with_the_last_words_and_the_log(supervisor: Supervisor, tmp_path: Path) -> None:
    supervisor.start(part(tmp_path, "raise SystemExit('the disk is on fire')"))
    with pytest.raises(SetupError, match=r"Demo part stopped unexpectedly \(the disk is on fire\): its log is .*part\.log"):
        supervisor.watch()


def test_stopping_ends_grandchildren_too(tmp_path: Path) -> None:
    supervisor = Supervisor(say=lambda text: None)
    family = part(tmp_path, FAMILY)
    supervisor.start(family)
    group = family.process_group
    assert group is not None
    until(lambda: "up" in family.log_file.read_text(), "the family to be up")
    supervisor.stop()
    until(lambda: not exists(group), "the group to be gone")


def test_a_killed_launcher_leaves_nothing_running(tmp_path: Path) -> None:
    launcher = f"""
from pathlib import Path
from deploy.demo.processes import ChildProcess, Supervisor
import sys, time
family = ChildProcess("part", [sys.executable, "-c", {FAMILY!r}], Path({str(tmp_path)!r}) / "part.log", lambda: True)
supervisor = Supervisor()
supervisor.start(family)
print(family.process_group, flush=True)
time.sleep(300)
"""
    process = subprocess.Popen([sys.executable, "-c", launcher], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    group = int(process.stdout.readline())
    until(lambda: (tmp_path / "part.log").exists() and "up" in (tmp_path / "part.log").read_text(), "the family to be up")
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    until(lambda: not exists(group), "the guard to end the group")


def test_settings_meant_for_another_broker_do_not_reach_a_part(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("BROKER_PORT", "1")
    monkeypatch.setenv("KC_DB", "postgres")
    printing = ChildProcess(
        "part", [sys.executable, "-c", "import os; print(sorted(os.environ))"], tmp_path / "part.log", lambda: True, {"BROKER_HOST": "h"}
    )
    printing.start()
    until(lambda: not printing.is_running(), "the part to end")
    printing.stop()
    names = printing.log_file.read_text()
    assert "BROKER_HOST" in names
    assert "BROKER_PORT" not in names
    assert "KC_DB" not in names


def test_logs_are_private(tmp_path: Path) -> None:
    quiet = part(tmp_path, "pass")
    quiet.start()
    quiet.stop()
    assert quiet.log_file.stat().st_mode & 0o077 == 0
