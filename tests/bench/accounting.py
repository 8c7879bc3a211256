"""What processes have used, as the kernel counted it: CPU time and memory of a server and of everything it started."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

_PROC = Path("/proc")
_TICKS = os.sysconf("SC_CLK_TCK")
_CHILDREN_USER, _CHILDREN_SYSTEM = 13, 14  # cutime and cstime of proc(5), counted from the field after the name


def family(root: int) -> list[int]:
    """A process and all that descend from it."""
    found = [root]
    for pid in found:
        for children in (_PROC / str(pid) / "task").glob("*/children"):
            found.extend(map(int, _text(children).split()))
    return found


def cpu_seconds(root: int) -> float:
    """CPU time a family has used since it began, user and system, with those of its members that have ended."""
    return sum(_own_seconds(pid) + _buried_seconds(pid) for pid in family(root))


def cpu_of(roots: Mapping[str, int]) -> dict[str, float]:
    """CPU seconds of several families, by the name of each."""
    return {name: cpu_seconds(root) for name, root in roots.items()}


def proportional_kib(pid: int) -> int:
    """PSS: the memory of a process, what it shares with others divided among them."""
    return next(int(line.split()[1]) for line in _text(_PROC / str(pid) / "smaps_rollup").splitlines() if line.startswith("Pss:"))


def workers_of(root: int) -> list[int]:
    """The direct children of a server's first process, oldest first."""
    return sorted(pid for path in (_PROC / str(root) / "task").glob("*/children") for pid in map(int, _text(path).split()))


def _own_seconds(pid: int) -> float:
    """The same time as utime + stime, but in nanoseconds instead of ticks: a round is short, and there are many processes."""
    return sum(nanoseconds for nanoseconds in _thread_times(pid)) / 1e9


def _thread_times(pid: int) -> Iterator[int]:
    for path in (_PROC / str(pid) / "task").glob("*/schedstat"):
        words = _text(path).split()
        yield int(words[0]) if words else 0


def _buried_seconds(pid: int) -> float:
    """What children that ended had used (a database server's helpers come and go)."""
    fields = _text(_PROC / str(pid) / "stat").rpartition(")")[2].split()
    return (int(fields[_CHILDREN_USER]) + int(fields[_CHILDREN_SYSTEM])) / _TICKS if fields else 0.0


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except (FileNotFoundError, ProcessLookupError):  # it ended while we looked
        return ""
