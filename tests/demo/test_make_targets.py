"""`make help` is the way in: it names what design.md and the README promise."""

import shutil
import subprocess
from pathlib import Path

import pytest

TOP = Path(__file__).parents[2]
PROMISED = {
    "demo", "demo-check", "test", "lint", "types", "contracts", "unit", "store", "protocol", "journeys", "live", "browser", "interop",
    "bench", "soak", "format", "lock", "clean",
}  # fmt: skip


@pytest.fixture(scope="module")
def listed() -> dict[str, str]:
    if not shutil.which("make"):
        pytest.skip("make is not installed")
    shown = subprocess.run(["make", "--no-print-directory", "help"], cwd=TOP, capture_output=True, text=True, check=True).stdout
    rows = [line.split(None, 2) for line in shown.splitlines() if line.startswith("  make ")]
    return {row[1]: row[2] for row in rows}


def test_help_lists_every_promised_target_with_a_sentence(listed: dict[str, str]) -> None:
    assert listed.keys() >= PROMISED
    assert all(len(listed[target]) > 10 for target in PROMISED)


def test_ci_runs_everything_with_nothing_skipped() -> None:
    script = TOP / ".ci" / "run"
    assert script.stat().st_mode & 0o111
    assert "CI=true exec make test" in script.read_text()
