"""Addresses of our own static files, each with a hash of its content, so that browsers may keep them for a year."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from flask import Flask, url_for


def install(app: Flask) -> None:
    """Give templates the function `asset(name)`. The files are read once, here."""
    app.jinja_env.globals["asset"] = _addresses(Path(app.static_folder or ""))


def _addresses(folder: Path) -> Callable[[str], str]:
    hashes = {path.relative_to(folder).as_posix(): _hash(path) for path in folder.rglob("*") if path.is_file()}

    def asset(name: str) -> str:
        return url_for("static", filename=name, v=hashes[name])

    return asset


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]
