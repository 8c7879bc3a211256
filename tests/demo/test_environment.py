"""The environment is made from hashed locks once; an unsuitable machine gets one plain sentence."""

from pathlib import Path

import pytest

from deploy import environment


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "requirements").mkdir()
    for lock in ("uv", "demo", "dev"):
        (tmp_path / "requirements" / f"{lock}.txt").write_text(lock)
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "python").touch()
    monkeypatch.setattr(environment, "TOP", str(tmp_path))
    monkeypatch.setattr(environment, "VENV", str(tmp_path / ".venv"))
    monkeypatch.setattr(environment, "PYTHON", str(tmp_path / ".venv" / "bin" / "python"))
    return tmp_path


@pytest.fixture
def installed(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The locks that were installed, instead of installing them."""
    locks: list[str] = []

    def install(lock: str) -> None:
        locks.append(lock)
        Path(environment.stamp(lock)).write_text(environment.fingerprint(lock))

    monkeypatch.setattr(environment, "install", install)
    return locks


def test_a_second_call_installs_nothing(installed: list[str]) -> None:
    assert environment.main("demo") == environment.main("demo") == 0
    assert installed == ["demo"]


def test_a_changed_lock_is_installed_again(installed: list[str], checkout: Path) -> None:
    environment.main("demo")
    (checkout / "requirements" / "demo.txt").write_text("newer")
    environment.main("demo")
    assert installed == ["demo", "demo"]


def test_what_tests_need_is_enough_for_the_demo_but_not_the_other_way_round(installed: list[str]) -> None:
    environment.main("dev")
    environment.main("demo")
    assert installed == ["dev"]
    Path(environment.stamp("dev")).unlink()
    environment.main("demo")
    environment.main("dev")
    assert installed == ["dev", "demo", "dev"]


def test_an_old_python_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(environment.sys, "version_info", (3, 9, 2))
    assert environment.main("demo") == 1
    assert "Python 3.11 or newer is needed" in capsys.readouterr().err


def test_a_failed_installation_is_one_sentence_and_leaves_no_stamp(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(environment, "works", lambda python: True)
    monkeypatch.setattr(environment.subprocess, "call", lambda *arguments, **options: 1)
    assert environment.main("demo") == 1
    assert "check the network" in capsys.readouterr().err
    assert not environment.is_current("demo")


def test_everything_is_locked_with_hashes_and_no_address() -> None:
    locks = Path(__file__).parents[2] / "requirements"
    for lock in sorted(locks.glob("*.txt")):
        text = lock.read_text()
        assert "://" not in text, lock.name
        assert text.count("==") <= text.count("--hash=sha256:"), lock.name


def test_the_dev_lock_holds_all_of_the_demo_lock() -> None:
    locks = Path(__file__).parents[2] / "requirements"
    pins = {
        name: {line.split(" ")[0] for line in (locks / f"{name}.txt").read_text().splitlines() if "==" in line} for name in ("demo", "dev")
    }
    assert pins["demo"] <= pins["dev"]
