"""Issue 3's story, step by step as `make demo-check` walks it, on the simulated hub."""

from __future__ import annotations

from deploy.demo.demo_check import Walk
from tests.journeys.town import Town


def test_the_whole_story(town: Town) -> None:
    walk = Walk(town, say=lambda text: None)
    for sentence, step in walk.steps():
        if step == walk.second_tool_signed_out:
            town.worker_runs()
        try:
            step()
        except Exception as lost:
            raise AssertionError(sentence) from lost
