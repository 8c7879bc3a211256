"""YAML files whose every value knows its line, so that a wrong file is refused with file and line and never half understood."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from broker.core.errors import ConfigurationError

Value = Any
"""What YAML can hold: text, number, truth value, nothing, a list or a mapping with text keys."""

KeyPath = tuple[str | int, ...]

_Loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # C where there is one: ten times as fast
_WORDS = {str: "text", bool: "true or false", int: "a whole number", list: "a list", dict: "a mapping"}


@dataclass(frozen=True, slots=True)
class Document:
    """One file as plain values; `lines` says for each value (by its path of keys) where it stands."""

    path: Path
    data: Value
    lines: Mapping[KeyPath, int]

    def place(self, at: KeyPath) -> str:
        """`file:line` of a value, or of the nearest thing around it."""
        while at not in self.lines and at:
            at = at[:-1]
        return f"{self.path}:{self.lines.get(at, 1)}"

    def wrong(self, at: KeyPath, sentence: str) -> ConfigurationError:
        """The error to raise about a value: file, line and what would be right."""
        return ConfigurationError(f"{self.place(at)}: {sentence}")

    @property
    def top(self) -> Section:
        """The file's outermost mapping. Raises ConfigurationError when the file holds something else."""
        return Section(self, (), self.data)


class Section:
    """A mapping inside a file, read key by key; whatever is not as expected raises ConfigurationError with file and line."""

    def __init__(self, document: Document, at: KeyPath, data: Value) -> None:
        if not isinstance(data, dict):
            raise document.wrong(at, f"expected a mapping of keys and values, found {_described(data)}")
        self.document, self.at, self.data = document, at, data

    def only(self, *allowed: str) -> Section:
        """Refuses every key that is not allowed here."""
        for key in self.data:
            if key not in allowed:
                raise self.wrong(key, f"unknown key {key!r}; known here: {', '.join(allowed)}")
        return self

    def has(self, key: str) -> bool:
        """Whether the key is there and not null."""
        return self.data.get(key) is not None

    def text(self, key: str) -> str:
        """Non-empty text."""
        found: str = self._typed(key, str)
        if not found.strip():
            raise self.wrong(key, f"{key!r} must not be empty")
        return found

    def flag(self, key: str) -> bool:
        """A truth value."""
        found: bool = self._typed(key, bool)
        return found

    def number(self, key: str) -> int:
        """A whole number."""
        found: int = self._typed(key, int)
        return found

    def one_of(self, key: str, allowed: tuple[str, ...]) -> str:
        """Text out of a given set."""
        found = self.text(key)
        if found not in allowed:
            raise self.wrong(key, f"{key!r} is {found!r}; use one of {', '.join(allowed)}")
        return found

    def items(self, key: str, kind: type) -> list[Value]:
        """A list whose members are all of one kind."""
        found: list[Value] = self._typed(key, list)
        for index, member in enumerate(found):
            if type(member) is not kind:
                raise self.document.wrong((*self.at, key, index), f"every member of {key!r} must be {_WORDS[kind]}")
        return found

    def section(self, key: str) -> Section:
        """The mapping under a key."""
        return Section(self.document, (*self.at, key), self._typed(key, dict))

    def sections(self, key: str) -> list[Section]:
        """The mappings of a list."""
        members: list[Value] = self._typed(key, list)
        return [Section(self.document, (*self.at, key, index), member) for index, member in enumerate(members)]

    def named_sections(self) -> Iterator[tuple[str, Section]]:
        """Each key with the mapping under it."""
        for key in self.data:
            yield key, self.section(key)

    def texts_by(self, key: str, names: tuple[str, ...]) -> dict[str, str]:
        """A mapping with exactly these keys and non-empty text under each, e.g. one text per locale."""
        texts = self.section(key).only(*names)
        return {name: texts.text(name) for name in names}

    def wrong(self, key: str, sentence: str) -> ConfigurationError:
        """The error to raise about the value under a key."""
        return self.document.wrong((*self.at, key), sentence)

    def _typed(self, key: str, kind: type) -> Value:
        if key not in self.data:
            raise self.document.wrong(self.at, f"{key!r} is missing")
        found = self.data[key]
        if type(found) is not kind:
            raise self.wrong(key, f"{key!r} must be {_WORDS[kind]}, found {_described(found)}")
        return found


def read_yaml(path: Path) -> Document:
    """The values of a YAML file. Raises ConfigurationError for a file that is absent, unreadable, not YAML, or names a key twice."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ConfigurationError(f"{path}: this file is missing") from None
    except OSError as refused:
        raise ConfigurationError(f"{path}: cannot be read ({refused.strerror})") from None
    except UnicodeDecodeError:
        raise ConfigurationError(f"{path}: is not UTF-8 text") from None
    return parse_yaml(text, path)


def parse_yaml(text: str, path: Path) -> Document:
    """As `read_yaml`, for text already read; `path` is only named."""
    lines: dict[KeyPath, int] = {}
    loader = _Loader(text)
    try:
        root = loader.get_single_node()
        data = {} if root is None else _build(loader, root, (), lines, path)
    except yaml.MarkedYAMLError as broken:
        mark = broken.problem_mark
        raise ConfigurationError(f"{path}:{mark.line + 1 if mark else 1}: not valid YAML: {broken.problem}") from None
    except yaml.YAMLError:
        raise ConfigurationError(f"{path}: not valid YAML: it holds characters that YAML does not allow") from None
    finally:
        loader.dispose()
    return Document(path, data, lines)


def _build(loader: yaml.SafeLoader, node: yaml.Node, at: KeyPath, lines: dict[KeyPath, int], path: Path) -> Value:
    lines.setdefault(at, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        return _mapping(loader, node, at, lines, path)
    if isinstance(node, yaml.SequenceNode):
        return [_build(loader, member, (*at, index), lines, path) for index, member in enumerate(node.value)]
    return loader.construct_object(node)


def _mapping(loader: yaml.SafeLoader, node: yaml.MappingNode, at: KeyPath, lines: dict[KeyPath, int], path: Path) -> dict[str, Value]:
    data: dict[str, Value] = {}
    for key_node, value_node in node.value:
        key, line = key_node.value, key_node.start_mark.line + 1
        if key_node.tag == "tag:yaml.org,2002:merge" or not isinstance(key_node, yaml.ScalarNode):
            raise ConfigurationError(f"{path}:{line}: keys must be plain text")
        if key in data:
            raise ConfigurationError(f"{path}:{line}: the key {key!r} stands here twice")
        lines[(*at, key)] = line
        data[key] = _build(loader, value_node, (*at, key), lines, path)
    return data


def _described(value: Value) -> str:
    return "nothing" if value is None else _WORDS.get(type(value), type(value).__name__)
