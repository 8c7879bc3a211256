"""Core's frozen dataclasses as compact JSON and back, by their own type hints (never pickle: A-50).

Fields that have their default are left out, unknown ones are ignored: old and new workers may share a store (F-30).
"""

from __future__ import annotations

import json
import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any, Generic, TypeVar, Union, get_args, get_origin, get_type_hints

from sqlalchemy import Row

T = TypeVar("T")
_Convert = Callable[[Any], Any]
_PLAIN = (str, int, bool, float, object)  # object: JSON of any shape
_ENCODE = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode  # json.dumps would make an encoder for each call


class Record(Generic[T]):
    """The JSON form of one dataclass; made once per class, when its module is loaded."""

    def __init__(self, cls: type[T]) -> None:
        if not is_dataclass(cls):
            raise TypeError(f"{cls!r} is not a dataclass")
        self._cls = cls
        hints = get_type_hints(cls)
        self._fields = [(field.name, _default(field), *_converters(hints[field.name])) for field in fields(cls)]

    def dump(self, value: T) -> bytes:
        """The record as JSON text in UTF-8."""
        return _ENCODE(self.to_json(value)).encode()

    def load(self, raw: bytes) -> T:
        """The record that was dumped. Raises ValueError, KeyError or TypeError for anything else."""
        return self.from_json(json.loads(raw))

    def to_json(self, value: T) -> dict[str, Any]:
        """The record as a JSON object, without fields that have their default."""
        found = ((name, getattr(value, name), default, dump) for name, default, dump, _ in self._fields)
        return {name: dump(item) if dump else item for name, item, default, dump in found if item != default}

    def to_row(self, value: T) -> dict[str, Any]:
        """The record as the values of a table's columns of the same names."""
        found = ((name, getattr(value, name), dump) for name, _, dump, _ in self._fields)
        return {name: dump(item) if dump else item for name, item, dump in found}

    def from_json(self, data: Mapping[str, Any]) -> T:
        """The record of a JSON object."""
        return self._cls(**{name: load(data[name]) if load else data[name] for name, _, _, load in self._fields if name in data})

    def from_row(self, row: Row[Any]) -> T:
        """The record of a table's row."""
        return self.from_json(row._asdict())


def _default(field: Field[Any]) -> Any:
    return field.default_factory() if field.default_factory is not MISSING else field.default


def _converters(hint: Any) -> tuple[_Convert | None, _Convert | None]:
    """How a value of this type becomes JSON, and how it comes back; None where it is JSON already."""
    origin, args = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return _union(args)
    if origin in (tuple, frozenset):
        return _sequence(origin, args[0])
    if origin is not None and issubclass(origin, Mapping):
        return _mapping(args[1])
    if isinstance(hint, type):
        return _scalar(hint)
    return None, None


def _union(args: tuple[Any, ...]) -> tuple[_Convert | None, _Convert | None]:
    inner = [arg for arg in args if arg is not type(None)]
    if len(inner) > 1:  # a JSON value of several shapes (ClaimData)
        return None, None
    dump, load = _converters(inner[0])
    return _unless_none(dump), _unless_none(load)


def _unless_none(convert: _Convert | None) -> _Convert | None:
    return convert and (lambda item: None if item is None else convert(item))


def _sequence(kind: Any, hint: Any) -> tuple[_Convert, _Convert]:
    dump, load = _converters(hint)
    ordered: _Convert = sorted if kind is frozenset else list
    return (
        (lambda items: [dump(item) for item in ordered(items)]) if dump else ordered,
        (lambda items: kind(load(item) for item in items)) if load else kind,
    )


def _mapping(hint: Any) -> tuple[_Convert, _Convert]:
    dump, load = _converters(hint)
    return (
        (lambda items: {key: dump(item) for key, item in items.items()}) if dump else dict,
        (lambda items: {key: load(item) for key, item in items.items()}) if load else dict,
    )


def _scalar(hint: type) -> tuple[_Convert | None, _Convert | None]:
    if issubclass(hint, Enum):
        return (lambda item: item.value), {member.value: member for member in hint}.__getitem__  # the class itself takes thrice as long
    if hint is datetime:
        return datetime.isoformat, _time
    if is_dataclass(hint):
        record = Record(hint)
        return record.to_json, record.from_json
    if hint in _PLAIN:
        return None, None
    raise TypeError(f"no JSON form for {hint!r}")


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
