"""Rules of the house that no other tool checks: sizes, names, times, docstrings."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
CODE = ("broker", "deploy", "tests")
LONGEST_FILE, LONGEST_FUNCTION = 300, 40
FORBIDDEN = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "base", "handler", "handlers"}
GENERATED = ("broker/store/migrations/versions/",)
_EMPTY_PACKAGE = ("tests", "deploy")


def sources(*folders: str) -> Iterator[Path]:
    """Our Python files."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if "node_modules" not in name and not name.startswith(GENERATED):
                yield path


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function and method of a file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def short(path: Path) -> str:
    """The path as a reader knows it."""
    return path.relative_to(ROOT).as_posix()


def test_files_fit_on_a_few_screens() -> None:
    long = {short(path): lines for path in sources(*CODE) if (lines := len(path.read_text(encoding="utf-8").splitlines())) > LONGEST_FILE}

    assert not long


def test_functions_are_short() -> None:
    long = [
        f"{short(path)}:{function.lineno} {function.name}"
        for path in sources("broker", "deploy")
        for function in functions(path)
        if (function.end_lineno or 0) - function.lineno + 1 > LONGEST_FUNCTION + _docstring_lines(function)
    ]

    assert not long


def test_no_file_is_a_cellar() -> None:
    assert not [short(path) for path in sources(*CODE) if path.stem in FORBIDDEN]


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        short(path)
        for path in sources("broker", "deploy")
        if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) and path.read_text(encoding="utf-8").strip()
    ]

    assert not silent


def test_packages_of_the_broker_say_what_they_own_and_what_not() -> None:
    for path in sources("broker"):
        if path.name == "__init__.py" and path.parent.parent == ROOT / "broker":
            assert len((ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").split()) >= 20, short(path)


def test_only_the_wiring_reads_the_clock() -> None:
    reading = re.compile(r"datetime\.(now|utcnow|today)\(|date\.today\(")
    found = [short(path) for path in sources("broker") if reading.search(path.read_text(encoding="utf-8"))]

    assert set(found) <= {"broker/opened_stores.py"}


def test_only_one_place_catches_everything() -> None:
    found = {
        short(path) for path in sources("broker") if any(map(_swallows_everything, ast.walk(ast.parse(path.read_text(encoding="utf-8")))))
    }

    assert found <= {"broker/web/errors.py"}


def test_the_environment_is_read_by_settings_and_commands_only() -> None:
    reading = re.compile(r"os\.environ|os\.getenv")
    found = {short(path) for path in sources("broker") if reading.search(path.read_text(encoding="utf-8"))}
    allowed = {"broker/config.py", "broker/web/observability.py", "broker/web/guards.py"}

    assert not {name for name in found - allowed if not name.startswith("broker/cli/")}


def _swallows_everything(node: ast.AST) -> bool:
    """An `except Exception` (or wider) that does not raise again what it caught."""
    if not isinstance(node, ast.ExceptHandler):
        return False
    widest = node.type is None or (isinstance(node.type, ast.Name) and node.type.id in ("Exception", "BaseException"))
    return widest and not any(isinstance(inner, ast.Raise) and inner.exc is None for inner in ast.walk(node))


def _docstring_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return len((ast.get_docstring(function) or "").splitlines())
