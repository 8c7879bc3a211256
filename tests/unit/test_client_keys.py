"""Clients' keys: from the record or from an address that may be slow, broken or away (RFC 7517 5, OIDC Core 10.1.1; JT-10, JT-15)."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import pytest
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from broker.core.client import Client
from broker.core.client_policy import ClientKeys
from broker.core.errors import TemporarilyUnavailable
from broker.flows.fetching import FetchFailed
from broker.flows.reading_keys import MOST_KEYS, public_key, public_keys
from broker.oidc.client_keys import ClientKeyring
from broker.oidc.key_sets import LARGEST_SET
from tests.support.clock import Clock
from tests.support.makers import client

URL = "https://karte.example.org/keys"


def jwk_of(kid: str | None = None, **members: Any) -> dict[str, Any]:
    """A public EC key."""
    name = {} if kid is None else {"kid": kid}
    return {**ECKey.generate_key("P-256", private=True).as_dict(private=False), **name, **members}


@dataclass
class Site:
    """What stands at a tool's address; None: nobody answers."""

    document: bytes | None = None
    asked: list[tuple[str, int]] = field(default_factory=list)

    def publish(self, *keys: Mapping[str, Any]) -> None:
        self.document = json.dumps({"keys": keys}).encode()

    def get(self, url: str, largest_bytes: int) -> bytes:
        self.asked.append((url, largest_bytes))
        if self.document is None:
            raise FetchFailed("connection")
        return self.document


@pytest.fixture
def site() -> Site:
    return Site()


@pytest.fixture
def ring(site: Site, clock: Clock) -> ClientKeyring:
    return ClientKeyring(site.get, clock)


def remote() -> Client:
    return client(keys=ClientKeys(jwks_uri=URL))


def kids(ring: ClientKeyring, of: Client, kid: str | None = None) -> list[str | None]:
    return [key.kid for key in ring.keys(of, kid)]


# --- one set ------------------------------------------------------------------------------------------------------------------------


def test_one_broken_key_does_not_break_the_set() -> None:
    broken: list[Any] = [
        None,
        "text",
        {},
        {"kty": "RSA"},
        {"kty": "EC", "crv": "P-256", "x": "!", "y": "?"},
        {"kty": "EC", "crv": "P-999", "x": "AA", "y": "AA"},
        {"kty": "OKP", "crv": "Ed25519", "x": "AA"},
        {"kty": "OKP", "crv": ["Ed25519"], "x": "AA"},
        {"kty": "EC", "crv": "P-256", "x": 1, "y": 2},
        {"kty": 7},
        {"kty": ["EC"]},
        jwk_of(use="other"),
        jwk_of(kid=5),  # type: ignore[arg-type]
        {**jwk_of(), "x": "AAAA"},
    ]
    assert [key.kid for key in public_keys({"keys": [*broken, jwk_of("good")]})] == ["good"]


@pytest.mark.parametrize("keys", [None, {}, "keys", 5])
def test_what_is_no_list_holds_no_keys(keys: object) -> None:
    assert public_keys({"keys": keys}) == ()


def test_jt_10_private_symmetric_and_weak_keys_are_not_taken() -> None:
    rsa, short = RSAKey.generate_key(2048, private=True), base64.urlsafe_b64encode(b"\xff" * 128).decode().rstrip("=")
    refused: list[Any] = [
        rsa.as_dict(private=True),
        ECKey.generate_key("P-256", private=True).as_dict(private=True),
        OKPKey.generate_key("Ed25519", private=True).as_dict(private=True),
        OctKey.generate_key(256).as_dict(private=True),
        {"kty": "RSA", "n": short, "e": "AQAB"},
        {**rsa.as_dict(private=False), "e": "AQ"},
        {**rsa.as_dict(private=False), "e": "A" * 400},
        {**rsa.as_dict(private=False), "n": "_" * 50_000},
    ]
    assert [public_key(one) for one in refused] == [None] * len(refused)
    assert public_key(rsa.as_dict(private=False)) is not None


def test_a_set_is_read_up_to_a_number_of_keys() -> None:
    one = jwk_of("same")
    assert len(public_keys({"keys": [one] * (MOST_KEYS + 5)})) == MOST_KEYS


# --- which key ------------------------------------------------------------------------------------------------------------------------


def test_the_kid_chooses_and_nothing_is_fetched_for_a_written_set(ring: ClientKeyring, site: Site) -> None:
    of = client(keys=ClientKeys(jwks={"keys": [jwk_of("a"), jwk_of("b"), jwk_of("c", use="enc")]}))
    assert kids(ring, of, "b") == ["b"]
    assert kids(ring, of, "unknown") == []
    assert kids(ring, of, "c") == [], "an encryption key verifies nothing"
    assert kids(ring, of) == ["a", "b"], "without a kid each is tried"
    assert site.asked == []


def test_a_key_without_a_name_stands_for_any(ring: ClientKeyring) -> None:
    of = client(keys=ClientKeys(jwks={"keys": [jwk_of(), jwk_of("named")]}))
    assert kids(ring, of, "whatever") == [None]
    assert kids(ring, of, "named") == ["named"]


def test_a_changed_record_counts_at_once(ring: ClientKeyring) -> None:
    assert kids(ring, client(keys=ClientKeys(jwks={"keys": [jwk_of("old")]}))) == ["old"]
    assert kids(ring, client(keys=ClientKeys(jwks={"keys": [jwk_of("new")]}))) == ["new"]
    assert kids(ring, client()) == []


def test_encryption_keys_are_those_marked_so_or_unmarked(ring: ClientKeyring) -> None:
    marked = client(keys=ClientKeys(jwks={"keys": [jwk_of("s", use="sig"), jwk_of("e", use="enc"), jwk_of("u")]}))
    unmarked = client(keys=ClientKeys(jwks={"keys": [jwk_of("s", use="sig"), jwk_of("u")]}))
    assert [key.kid for key in ring.encryption_keys(marked)] == ["e"]
    assert [key.kid for key in ring.encryption_keys(unmarked)] == ["u"]


# --- an address ------------------------------------------------------------------------------------------------------------------------


def test_a_set_is_fetched_once_in_ten_minutes(ring: ClientKeyring, site: Site, clock: Clock) -> None:
    site.publish(jwk_of("a"))
    assert [kids(ring, remote(), "a") for _ in range(3)] == [["a"]] * 3
    assert site.asked == [(URL, LARGEST_SET)]
    clock.advance(minutes=10)
    assert kids(ring, remote(), "a") == ["a"]
    assert len(site.asked) == 2


def test_a_client_may_change_its_keys_at_any_moment(ring: ClientKeyring, site: Site) -> None:
    site.publish(jwk_of("a"))
    assert kids(ring, remote(), "a") == ["a"]
    site.publish(jwk_of("b"))
    assert kids(ring, remote(), "b") == ["b"]
    assert kids(ring, remote(), "a") == [], "a key taken away is gone with the same fetch"


def test_jt_15_a_storm_of_unknown_kids_costs_one_fetch_per_interval(ring: ClientKeyring, site: Site, clock: Clock) -> None:
    site.publish(jwk_of("a"))
    with ThreadPoolExecutor(8) as threads:
        assert not any(threads.map(lambda number: ring.keys(remote(), f"unknown-{number}"), range(1000)))
    assert len(site.asked) == 2, "once for the set, once for the unknown"
    clock.advance(seconds=10)
    assert [kids(ring, remote(), f"unknown-{number}") for number in range(100)] == [[]] * 100
    assert len(site.asked) == 3


def test_jt_15_a_key_changed_without_a_kid_is_found(ring: ClientKeyring, site: Site) -> None:
    site.publish(jwk_of(use="sig"))
    known = ring.keys(remote())
    site.publish(jwk_of(use="sig", alg="ES256"))
    assert [key.alg for key in ring.newer(remote(), None, known)] == ["ES256"]
    site.publish(jwk_of(use="sig"))
    assert [key.alg for key in ring.newer(remote(), None, known)] == ["ES256"], "asked a moment ago"


def test_the_last_copy_serves_during_an_outage(ring: ClientKeyring, site: Site, clock: Clock) -> None:
    site.publish(jwk_of("a"))
    assert kids(ring, remote(), "a") == ["a"]
    site.document = None
    clock.advance(hours=23)
    assert kids(ring, remote(), "a") == ["a"]
    with pytest.raises(TemporarilyUnavailable):
        ring.keys(remote(), "b")
    assert ring.newer(remote(), "a", ring.keys(remote(), "a")) == (), "a wrong signature stays one"
    clock.advance(hours=1)
    with pytest.raises(TemporarilyUnavailable):
        ring.keys(remote(), "a")


def test_an_outage_is_asked_about_once_in_ten_seconds(ring: ClientKeyring, site: Site, clock: Clock) -> None:
    for _ in range(5):
        with pytest.raises(TemporarilyUnavailable):
            ring.keys(remote(), "a")
    assert len(site.asked) == 1
    clock.advance(seconds=10)
    site.publish(jwk_of("a"))
    assert kids(ring, remote(), "a") == ["a"]


@pytest.mark.parametrize("document", [b"", b"{}", b"[]", b'{"keys": {}}', b"\xff", b"[" * 60_000, b'{"keys": "x"}'])
def test_what_is_no_key_set_is_an_outage_and_replaces_nothing(ring: ClientKeyring, site: Site, clock: Clock, document: bytes) -> None:
    site.publish(jwk_of("a"))
    assert kids(ring, remote(), "a") == ["a"]
    site.document = document
    clock.advance(minutes=11)
    assert kids(ring, remote(), "a") == ["a"]


def test_many_at_once_fetch_once(clock: Clock) -> None:
    started, go_on, asked = threading.Barrier(3), threading.Event(), []

    def slow(url: str, largest_bytes: int) -> bytes:
        asked.append(url)
        go_on.wait(5)
        return json.dumps({"keys": [key]}).encode()

    def ask() -> list[str | None]:
        started.wait(5)
        return kids(ring, remote(), "a")

    key, ring = jwk_of("a"), ClientKeyring(slow, clock)
    with ThreadPoolExecutor(2) as threads:
        found = [threads.submit(ask) for _ in range(2)]
        started.wait(5)
        go_on.set()
        assert [one.result(5) for one in found] == [["a"], ["a"]]
    assert len(asked) == 1
