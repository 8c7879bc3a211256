"""The public catalogue of errors, written from the error family: what `broker errors` prints and `web/ERRORS.md` holds."""

from __future__ import annotations

from collections.abc import Iterator

import broker.core.account_errors
import broker.core.oauth_errors
import broker.core.upstream_errors  # noqa: F401  # all for the classes in them
from broker.core.errors import BrokerError

_HEAD = """# Errors

Every page and every answer names one of these codes, the page also a reference number that stands in the log. Made by `broker errors` from
`core/errors.py` and the files beside it; do not edit.

| code | HTTP | OAuth error | what it means |
|---|---|---|---|
"""


def catalogue() -> str:
    """The page as Markdown, sorted by code."""
    rows = sorted(_row(error) for error in public_errors())
    return _HEAD + "".join(f"{row}\n" for row in rows)


def public_errors() -> Iterator[type[BrokerError]]:
    """Every error with a code of its own; classes that only group others have their parent's."""
    for error in _family(BrokerError):
        if "code" in vars(error):
            yield error


def _family(error: type[BrokerError]) -> Iterator[type[BrokerError]]:
    yield error
    for child in error.__subclasses__():
        yield from _family(child)


def _row(error: type[BrokerError]) -> str:
    meaning = " ".join((error.__doc__ or "").split())
    return f"| `{error.code}` | {error.status} | {f'`{error.oauth_error}`' if error.oauth_error else '–'} | {meaning} |"
