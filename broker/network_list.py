"""Reads `realm-config/networks.yaml`: the networks that a municipality knows, and which of them are public computers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_network
from itertools import pairwise
from pathlib import Path

from broker.claim_table import LOCALES
from broker.core.network import Network, Networks, Range, bounds, range_fault
from broker.yaml_document import KeyPath, Section, read_yaml

_ID = re.compile(r"[a-z][a-z0-9-]{0,39}")
_LONGEST_NAME = 80


@dataclass(frozen=True, slots=True, eq=False)
class _Listed:
    """A range and where it stands."""

    range: Range
    index: int
    entry: Section

    @property
    def at(self) -> KeyPath:
        return (*self.entry.at, "ranges", self.index)

    @property
    def place(self) -> str:
        return self.entry.document.place(self.at)

    def __str__(self) -> str:
        return repr(str(self.range))


def read_networks(path: Path) -> Networks:
    """The list of a file. Raises ConfigurationError with file and line; an address must lie in one network only."""
    top = read_yaml(path).top.only("networks")
    entries = list(top.section("networks").named_sections())
    networks = [_network(network_id, entry) for network_id, entry in entries]
    pairs = zip(networks, entries, strict=True)
    _refuse_overlaps([_Listed(each, index, entry) for one, (_, entry) in pairs for index, each in enumerate(one.ranges)])
    return Networks(networks)


def _network(network_id: str, entry: Section) -> Network:
    entry.only("name", "ranges", "public_computer")
    if not _ID.fullmatch(network_id):
        raise entry.document.wrong(entry.at, f"{network_id!r} must be small letters, digits and hyphens, at most 40, a letter first")
    names = entry.texts_by("name", LOCALES)
    if long := [locale for locale, name in names.items() if len(name) > _LONGEST_NAME]:
        raise entry.section("name").wrong(long[0], f"a name has at most {_LONGEST_NAME} characters")
    texts = entry.items("ranges", str)
    if not texts:
        raise entry.wrong("ranges", "'ranges' must not be empty")
    for index, text in enumerate(texts):
        if fault := range_fault(text):
            raise entry.document.wrong((*entry.at, "ranges", index), fault)
    return Network(network_id, names, tuple(map(ip_network, texts)), entry.flag("public_computer"))


def _refuse_overlaps(listed: list[_Listed]) -> None:
    """Ranges in order of their first address overlap only if neighbours do. The one further down in the file is named as wrong."""
    for pair in pairwise(sorted(listed, key=lambda one: bounds(one.range))):
        (version, _, last), (other_version, first, _) = (bounds(one.range) for one in pair)
        if version == other_version and first <= last:
            before, wrong = sorted(pair, key=listed.index)
            raise wrong.entry.document.wrong(wrong.at, f"{wrong} overlaps {before} ({before.place}); an address has one network")
