"""What the application writes into its log, whatever a test before this one has done to the loggers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from structlog.testing import capture_logs

Log = list[Any]


@pytest.fixture
def log() -> Iterator[Log]:
    """Every line the application writes, as it comes."""
    with capture_logs() as lines:
        yield lines


def written(log: Log) -> str:
    """All lines so far as one text."""
    return json.dumps(log, default=str)
