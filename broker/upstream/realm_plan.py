"""What stands between a realm and its files: steps that can be shown to people and then be taken."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from broker.core.errors import BrokerError, UpstreamRefused, UpstreamUnavailable

NOTHING = "- nothing to change: Keycloak is as the files say"


@dataclass(frozen=True, slots=True)
class Step:
    """One object to create, change or remove; `lines` say it to people, `take` does it."""

    lines: tuple[str, ...]
    take: Callable[[], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps in the order they are taken. `notes` name what Keycloak holds beyond the files and what stays untouched.

    `key_changes` say by alias of a citizen ID that its people would come back as others (`person_keys.py`).
    """

    steps: tuple[Step, ...] = ()
    notes: tuple[str, ...] = ()
    key_changes: Mapping[str, str] = field(default_factory=dict)

    @property
    def empty(self) -> bool:
        """Whether Keycloak is as the files say."""
        return not self.steps

    def lines(self) -> list[str]:
        """The plan for people: `+ create`, `~ change`, `- remove`, or one line saying that there is nothing to do; secrets masked."""
        changes = [line for step in self.steps for line in step.lines] or [NOTHING]
        dangers = (f"!! everybody gets a new key: {change}" for change in self.key_changes.values())
        return [*changes, *dangers, *(f"! {note}" for note in self.notes)]


@dataclass(frozen=True, slots=True)
class Applied:
    """What was done; empty when nothing had to be."""

    lines: tuple[str, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether anything had to be done."""
        return bool(self.lines)


def take_all(plan: Plan) -> Applied:
    """Takes every step. On a failure raises the same kind of error, telling what was done and what was not."""
    done: list[str] = []
    for position, step in enumerate(plan.steps):
        try:
            step.take()
        except BrokerError as failure:
            not_done = [line for each in plan.steps[position:] for line in each.lines]
            raise _interrupted(failure, done, not_done) from None
        done += step.lines
    return Applied(tuple(done))


def _interrupted(failure: BrokerError, done: list[str], not_done: list[str]) -> BrokerError:
    kind = UpstreamUnavailable if isinstance(failure, UpstreamUnavailable) else UpstreamRefused
    parts = [failure.detail, "Done before that:", *(done or ["(nothing)"]), "Not done:", *not_done, "Apply again to finish."]
    return kind("\n".join(parts))
