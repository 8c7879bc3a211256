"""The parameters of one request as they arrived: doubled and oversized ones noticed, empty ones left out (RFC 6749 3.1)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qsl

from broker.core.errors import DoubledParameter, InvalidRequest

REPEATABLE = frozenset({"resource", "audience"})
"""Parameters that may be sent several times: RFC 8707 2, RFC 8693 2.1."""

_MOST_VALUES = 10


@dataclass(frozen=True, slots=True)
class Parameters:
    """The known parameters of a request; unknown ones are left out, whatever they hold.

    `doubled` are those sent more than once; `readable` is False when anything that was sent is not UTF-8. `lists` holds the few that may
    be sent several times (RFC 8707 2); they are in none of the others.
    """

    values: Mapping[str, str]
    doubled: frozenset[str] = frozenset()
    readable: bool = True
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def read(cls, raw: bytes, known: Collection[str]) -> Parameters:
        """Read a query or a form, never both, as it came over the wire."""
        try:
            return cls.of(parse_qsl(raw.decode(), keep_blank_values=True, errors="strict"), known)
        except UnicodeDecodeError:  # what can be read still tells where the error may be sent
            pairs = parse_qsl(raw.decode(errors="replace"), keep_blank_values=True)
            return replace(cls.of(pairs, known), readable=False)

    @classmethod
    def of(cls, pairs: Iterable[tuple[str, str]], known: Collection[str]) -> Parameters:
        """Keep the known ones of these names and values."""
        values: dict[str, str] = {}
        lists: dict[str, tuple[str, ...]] = {}
        seen, doubled = set(), set()
        for name, value in pairs:
            if name not in known:
                continue
            if name in REPEATABLE:
                lists[name] = (*lists.get(name, ()), *([value] if value else ()))[:_MOST_VALUES]
                continue
            if name in seen:
                doubled.add(name)
                continue
            seen.add(name)
            if value:
                values[name] = value
        return cls(values, frozenset(doubled), lists=lists)

    def get(self, name: str) -> str | None:
        """The value, or None where it is missing, empty or doubled."""
        return None if name in self.doubled else self.values.get(name)

    def all(self, name: str) -> tuple[str, ...]:
        """Every value of a parameter that may come several times, in the order sent."""
        return self.lists.get(name, ())

    def refuse_doubled(self) -> None:
        """Raises DoubledParameter if a known parameter was sent more than once (RFC 6749 3.2)."""
        if self.doubled:
            raise DoubledParameter(f"sent more than once: {', '.join(sorted(self.doubled))}")

    def check(self, limits: Mapping[str, int], multiline: Collection[str] = ()) -> None:
        """Raises InvalidRequest for a doubled, oversized or unreadable value; control characters pass only in `multiline` ones."""
        if not self.readable:
            raise InvalidRequest("what was sent is not UTF-8")
        if self.doubled:
            raise InvalidRequest(f"sent more than once: {', '.join(sorted(self.doubled))}")
        for name, value in self._pairs():
            if len(value) > limits[name]:
                raise InvalidRequest(f"{name} is longer than {limits[name]} characters")
            if not sound(value, name in multiline):
                raise InvalidRequest(f"{name} holds characters that are not allowed")

    def _pairs(self) -> Iterable[tuple[str, str]]:
        yield from self.values.items()
        for name, values in self.lists.items():
            yield from ((name, value) for value in values)


def sound(value: str, multiline: bool = False) -> bool:
    """Whether a value is free of control characters, line breaks aside where it may have several lines (RU-15)."""
    return value.isprintable() or all(mark >= " " or (multiline and mark in "\t\r\n") for mark in value)
