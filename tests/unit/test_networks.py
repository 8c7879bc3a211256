"""Networks of the municipality: an address is in exactly the one that lists it, and a wrong list is refused with file and line."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from pathlib import Path
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.config import ROOT
from broker.core.errors import ConfigurationError
from broker.core.network import Network, Networks, range_fault
from broker.network_list import read_networks

NAMES = {"de": "Stadtbibliothek", "en": "City library", "de-leicht": "Stadt-Bibliothek"}
LIBRARY = Network("bibliothek", NAMES, (ip_network("192.0.2.16/28"), ip_network("2001:db8:7::/48")), public_computer=True)
GUESTS = Network(
    "gaeste", NAMES, (ip_network("192.0.2.64/26"), ip_network("10.3.0.0/16"), ip_network("203.0.113.9")), public_computer=False
)
TOWN = Networks([LIBRARY, GUESTS])

FOURS = st.ip_addresses(v=4)
SIXES = st.ip_addresses(v=6)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.15", None),
        ("192.0.2.16", LIBRARY),
        ("192.0.2.31", LIBRARY),
        ("192.0.2.32", None),
        ("192.0.2.100", GUESTS),
        ("10.3.255.255", GUESTS),
        ("10.4.0.0", None),
        ("203.0.113.9", GUESTS),
        ("203.0.113.10", None),
        ("2001:db8:7::1", LIBRARY),
        ("2001:db8:7:ffff:ffff:ffff:ffff:ffff", LIBRARY),
        ("2001:db8:8::", None),
        ("::ffff:192.0.2.20", LIBRARY),
        ("2001:DB8:7::1%eth0", LIBRARY),
        ("255.255.255.255", None),
        ("0.0.0.0", None),
        ("::", None),
    ],
)
def test_an_address_lies_in_its_network_up_to_both_ends(address: str, network: Network | None) -> None:
    assert TOWN.at(address) is network


@pytest.mark.parametrize(
    "text", ["", "unknown", "192.0.2.20:4711", "[2001:db8:7::1]", "192.0.2.020", "１92.0.2.20", "192.0.2.20, 10.3.0.1", "1" * 100_000]
)
def test_what_is_no_address_is_nowhere(text: str) -> None:
    assert TOWN.at(text) is None


def test_no_networks_means_nowhere() -> None:
    assert Networks().at("192.0.2.20") is None
    assert TOWN.find("bibliothek") is LIBRARY
    assert TOWN.find("closed-since") is None


@given(st.one_of(FOURS, SIXES))
def test_the_lookup_agrees_with_looking_at_every_range(address: IPv4Address | IPv6Address) -> None:
    dressed = address.ipv4_mapped or address if isinstance(address, IPv6Address) else address
    slow = next((one for one in (LIBRARY, GUESTS) for each in one.ranges if each.version == dressed.version and dressed in each), None)
    assert TOWN.at(str(address)) is slow


@given(st.lists(st.tuples(FOURS, st.integers(16, 32)), max_size=40), st.lists(FOURS, max_size=10))
def test_of_any_ranges_that_do_not_overlap_the_right_one_is_found(
    drawn: list[tuple[IPv4Address, int]], addresses: list[IPv4Address]
) -> None:
    networks: list[Network] = []
    for start, length in drawn:
        found = ip_network((int(start), length), strict=False)
        if not any(found.overlaps(each) for one in networks for each in one.ranges):
            networks.append(Network(str(found), NAMES, (found,), public_computer=True))
    table = Networks(networks)
    for one in networks:
        assert table.at(str(one.ranges[0][0])) is one
        assert table.at(str(one.ranges[0][-1])) is one
    for address in addresses:
        assert table.at(str(address)) is next((one for one in networks if address in one.ranges[0]), None)


def test_a_thousand_ranges_cost_microseconds() -> None:
    table = Networks(
        Network(f"n{n}", NAMES, (ip_network((int(ip_address("10.0.0.0")) + 512 * n, 24)),), public_computer=True) for n in range(1000)
    )
    began = process_time()
    for n in range(1000):
        assert table.at(f"10.{n // 128}.{n % 128 * 2}.7") is not None
    assert (process_time() - began) / 1000 < 100e-6, "a look through all ranges would take longer"


@pytest.mark.parametrize(
    "text", ["192.0.2.0/24", "192.0.2.7", "10.0.0.0/8", "100.64.0.0/10", "198.51.0.0/16", "2001:db8::/32", "2001:db8::7", "fd00:1::/48"]
)
def test_ranges_that_may_stand(text: str) -> None:
    assert range_fault(text) is None


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("192.0.2.5/24", "is '192.0.2.0/24' meant?"),
        ("2001:db8::1/48", "is '2001:db8::/48' meant?"),
        ("library", "is no range of addresses"),
        ("192.0.2.0/33", "is no range of addresses"),
        ("192.0.2.0-192.0.2.9", "is no range of addresses"),
        ("", "is no range of addresses"),
        ("0.0.0.0/0", "too wide"),
        ("::/0", "too wide"),
        ("198.0.0.0/8", "too wide: at most a /16"),
        ("8.0.0.0/7", "too wide"),
        ("2001::/16", "too wide: at most a /32"),
        ("fc00::/7", "too wide"),
        ("127.0.0.0/8", "no network that citizens come from"),
        ("127.0.0.1", "no network that citizens come from"),
        ("::1", "no network that citizens come from"),
        ("169.254.0.0/16", "no network that citizens come from"),
        ("fe80::/64", "no network that citizens come from"),
        ("224.0.0.0/16", "no network that citizens come from"),
        ("0.0.0.0", "no network that citizens come from"),
        ("::ffff:192.0.2.0/120", "is an IPv4 range"),
    ],
)
def test_ranges_that_may_not_and_why(text: str, fault: str) -> None:
    assert fault in (range_fault(text) or "")


@given(st.text(max_size=40))
def test_any_text_is_judged_without_an_error(text: str) -> None:
    fault = range_fault(text)
    assert fault is None or fault


LIST = """networks:
  bibliothek:
    name: {de: Stadtbibliothek, en: City library, de-leicht: Stadt-Bibliothek}
    ranges: [192.0.2.16/28, "2001:db8:7::/48"]
    public_computer: true
  gaeste:
    name: {de: Rathaus, en: Town hall, de-leicht: Rat-Haus}
    ranges:
      - 192.0.2.64/26
      - 10.3.0.0/16
    public_computer: false
"""


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "networks.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_good_list_is_read(tmp_path: Path) -> None:
    networks = read_networks(written(tmp_path, LIST))
    assert len(networks) == 2
    library, guests = networks.at("2001:db8:7::5"), networks.at("10.3.1.1")
    assert library
    assert (library.id, library.names["en"], library.public_computer) == ("bibliothek", "City library", True)
    assert guests
    assert (guests.id, guests.public_computer) == ("gaeste", False)


def test_the_shipped_list_is_empty_and_its_example_is_a_good_list(tmp_path: Path) -> None:
    shipped = ROOT / "realm-config" / "networks.yaml"
    assert len(read_networks(shipped)) == 0
    commented = [
        line.removeprefix("# ") for line in shipped.read_text(encoding="utf-8").splitlines() if line.startswith(("#   ", "# networks"))
    ]
    assert len(read_networks(written(tmp_path, "\n".join(commented)))) == 2


@pytest.mark.parametrize(
    ("old", "new", "line", "sentence"),
    [
        ("networks:\n", "netze:\n", 1, "unknown key 'netze'"),
        ("  bibliothek:", "  Bibliothek:", 2, "'Bibliothek' must be small letters"),
        ("  bibliothek:", f"  {'b' * 41}:", 2, "must be small letters"),
        ("  gaeste:", "  bibliothek:", 6, "the key 'bibliothek' stands here twice"),
        ("en: City library, ", "", 3, "'en' is missing"),
        ("de: Rathaus", "de: ''", 7, "'de' must not be empty"),
        ("de: Rathaus", f"de: {'R' * 81}", 7, "at most 80 characters"),
        ("public_computer: true", "public_computer: perhaps", 5, "'public_computer' must be true or false"),
        ("    public_computer: false\n", "", 6, "'public_computer' is missing"),
        ("public_computer: false", "public: false", 11, "unknown key 'public'"),
        ("192.0.2.64/26", "192.0.2.64/25", 9, "is '192.0.2.0/25' meant?"),
        ("192.0.2.64/26", "10.3.7.0/24", 10, "'10.3.0.0/16' overlaps '10.3.7.0/24' ("),
        ("192.0.2.64/26", "192.0.2.20", 9, "'192.0.2.20/32' overlaps '192.0.2.16/28'"),
        ("192.0.2.64/26", "192.0.2.16/28", 9, "'192.0.2.16/28' overlaps '192.0.2.16/28'"),
        ("10.3.0.0/16", "192.0.2.64/26", 10, "'192.0.2.64/26' overlaps '192.0.2.64/26'"),
        ("10.3.0.0/16", "0.0.0.0/0", 10, "too wide"),
        ("10.3.0.0/16", "12", 10, "every member of 'ranges' must be text"),
        ('[192.0.2.16/28, "2001:db8:7::/48"]', "[]", 4, "'ranges' must not be empty"),
        ('[192.0.2.16/28, "2001:db8:7::/48"]', "192.0.2.16/28", 4, "'ranges' must be a list"),
    ],
)
def test_a_wrong_list_is_refused_with_file_and_line(tmp_path: Path, old: str, new: str, line: int, sentence: str) -> None:
    assert old in LIST
    path = written(tmp_path, LIST.replace(old, new))
    with pytest.raises(ConfigurationError) as refused:
        read_networks(path)
    assert str(refused.value.detail).startswith(f"{path}:{line}: ")
    assert sentence in str(refused.value.detail)


def test_an_absent_list_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="this file is missing"):
        read_networks(tmp_path / "networks.yaml")
