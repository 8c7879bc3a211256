"""What the demo keeps between two starts is private, stays the same, and belongs to one launcher at a time."""

from pathlib import Path

import pytest

from deploy.demo.setup_error import SetupError
from deploy.demo.state import DemoState, default_folder


def test_secrets_are_made_once_and_only_their_owner_reads_them(tmp_path: Path) -> None:
    state = DemoState(tmp_path / "demo")
    state.open()
    first = state.secret("broker_secret")
    assert state.secret("another") != first
    state.close()
    again = DemoState(tmp_path / "demo")
    again.open()
    assert again.secret("broker_secret") == first
    assert len(first) >= 32
    assert (tmp_path / "demo" / "secrets.json").stat().st_mode & 0o077 == 0
    assert (tmp_path / "demo").stat().st_mode & 0o077 == 0
    again.close()


def test_a_second_launcher_is_told_who_runs(tmp_path: Path) -> None:
    first = DemoState(tmp_path)
    first.open()
    with pytest.raises(SetupError, match=r"already running \(process \d+\)"):
        DemoState(tmp_path).open()
    first.close()
    third = DemoState(tmp_path)
    third.open()
    third.close()


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SetupError, match="XDG_STATE_HOME"):
        DemoState(tmp_path / "file" / "demo").open()


def test_folder_follows_xdg(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert default_folder() == tmp_path / "participation-broker" / "demo"
