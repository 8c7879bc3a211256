"""Networks that a municipality knows, such as its library's computers. Only looked up: no address is ever stored or logged."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Range = IPv4Network | IPv6Network

_INSIDE = tuple(IPv4Network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"))  # RFC 1918, RFC 6598
_DRESSED = IPv6Network("::ffff:0:0/96")  # IPv4 addresses as IPv6 (RFC 4291 2.5.5.2)
_WIDEST = {4: 16, 6: 32}
_LONGEST_ADDRESS = 60


@dataclass(frozen=True, slots=True)
class Network:
    """One network: `id` is what sessions note, `names` by locale what citizens read. `public_computer`: its computers are shared."""

    id: str
    names: Mapping[str, str]
    ranges: tuple[Range, ...]
    public_computer: bool


class Networks:
    """All networks of `realm-config/networks.yaml`. An address is in one of them or in none: `overlaps` of them is empty."""

    def __init__(self, networks: Iterable[Network] = ()) -> None:
        self._by_id = {one.id: one for one in networks}
        ranges = sorted(((bounds(each), one) for one in self._by_id.values() for each in one.ranges), key=lambda pair: pair[0])
        self._starts = [(version, first) for (version, first, _), _ in ranges]
        self._ends = [(last, one) for (_, _, last), one in ranges]

    def at(self, address: str) -> Network | None:
        """The network that a caller's address lies in; None for any other, and for what is no address."""
        found = _address(address)
        if not self._starts or found is None:
            return None
        place = bisect_right(self._starts, (found.version, int(found))) - 1
        if place < 0 or self._starts[place][0] != found.version:
            return None
        last, network = self._ends[place]
        return network if int(found) <= last else None

    def find(self, network_id: str) -> Network | None:
        """The network of an id that a session noted; None when it was taken off the list since."""
        return self._by_id.get(network_id)

    def __len__(self) -> int:
        return len(self._by_id)


def range_fault(text: str) -> str | None:
    """What is wrong about a range as written; None if it may stand in a list.

    Addresses that only ever name the host itself or nobody are refused: behind a proxy that hides its callers they would be everybody's.
    So are ranges wider than a /16 (IPv6: /32) of the internet; private networks may be as wide as they are.
    """
    try:
        found = ip_network(text)
    except ValueError:
        return _unreadable(text)
    if found.is_loopback or found.is_link_local or found.is_multicast or found.is_unspecified:
        return f"{text!r} is no network that citizens come from"
    if isinstance(found, IPv6Network) and found.subnet_of(_DRESSED):
        return f"{text!r} is an IPv4 range; write it as one"
    if found.prefixlen < _WIDEST[found.version] and not _inside(found):
        return f"{text!r} is too wide: at most a /{_WIDEST[found.version]}, or everybody would seem to sit there"
    return None


def bounds(one: Range) -> tuple[int, int, int]:
    """Version, first and last address of a range, as numbers."""
    return one.version, int(one.network_address), int(one.broadcast_address)


def _unreadable(text: str) -> str:
    try:
        meant = ip_network(text, strict=False)
    except ValueError:
        return f"{text!r} is no range of addresses such as 192.0.2.0/24 or 2001:db8:1::/48"
    return f"{text!r} names one address and a width; is {str(meant)!r} meant?"


def _inside(found: Range) -> bool:
    return isinstance(found, IPv4Network) and any(found.subnet_of(one) for one in _INSIDE)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    """The address, an IPv4 one also where it is dressed up as IPv6."""
    try:
        found = ip_address(text if len(text) <= _LONGEST_ADDRESS else "")
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found
