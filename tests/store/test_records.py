"""Core's records as JSON: whole, compact, and readable across releases."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.core.claim import HeldClaim
from broker.core.request import AuthorizationRequest, Prompt
from broker.core.session import BrokerSession
from broker.core.trust import TrustLevel
from broker.store.records import Record
from tests.support import records

_NOW = datetime(2026, 11, 26, 9, 0, 0, 123456, tzinfo=UTC)
_TEXT = st.text(max_size=30)
_TIMES = st.datetimes(timezones=st.just(UTC))
_VALUES = st.one_of(
    _TEXT, st.booleans(), st.integers(-(2**53), 2**53), st.lists(_TEXT, max_size=3), st.dictionaries(_TEXT, _TEXT, max_size=3)
)
_CLAIMS = st.dictionaries(_TEXT, st.builds(HeldClaim, _VALUES, st.sampled_from(TrustLevel)), max_size=4)
_SESSION, _REQUEST = Record(BrokerSession), Record(AuthorizationRequest)


@given(
    st.builds(
        BrokerSession, _TEXT, _TEXT, _TEXT, _TEXT, st.sampled_from(TrustLevel), st.lists(_TEXT).map(tuple), _CLAIMS, _TIMES, _TIMES, _TIMES
    )
)
def test_any_session_survives(session: BrokerSession) -> None:
    assert _SESSION.load(_SESSION.dump(session)) == session


@given(st.frozensets(st.sampled_from(Prompt)), st.none() | _TEXT, st.none() | st.integers(0), st.none() | _TIMES)
def test_any_request_survives(prompts: frozenset[Prompt], state: str | None, max_age: int | None, at: datetime | None) -> None:
    request = AuthorizationRequest(
        "id", "b", "c", "r", ("openid",), _NOW, prompts=prompts, state=state, max_age=max_age, signed_in_at=at
    )  # fmt: skip
    assert _REQUEST.load(_REQUEST.dump(request)) == request


def test_types_come_back() -> None:
    session = _SESSION.load(_SESSION.dump(records.session("s", _NOW)))
    assert isinstance(session.trust, TrustLevel)
    assert isinstance(session.claims["name"], HeldClaim)
    assert session.expires_at.tzinfo is UTC


def test_fields_with_their_default_take_no_room() -> None:
    made = AuthorizationRequest("id", "b", "c", "r", ("openid",), _NOW)
    assert set(json.loads(_REQUEST.dump(made))) == {"id", "browser_id", "client_id", "redirect_uri", "scopes", "created_at"}


def test_f30_an_older_release_ignores_what_a_newer_one_added() -> None:
    made = records.request(_NOW)
    assert _REQUEST.load(json.dumps({**json.loads(_REQUEST.dump(made)), "added_later": 1}).encode()) == made


def test_times_are_utc_whatever_zone_they_came_in() -> None:
    made = AuthorizationRequest("id", "b", "c", "r", (), _NOW.astimezone(timezone(timedelta(hours=2))))
    assert _REQUEST.load(_REQUEST.dump(made)).created_at.tzinfo is UTC
    assert _REQUEST.load(_REQUEST.dump(made)).created_at == _NOW


@pytest.mark.parametrize("garbage", [b"", b"[]", b"{}", b'{"id": 1}', b"\x80\x04."])
def test_garbage_is_refused(garbage: bytes) -> None:
    with pytest.raises((ValueError, TypeError)):
        _REQUEST.load(garbage)


def test_a_type_without_json_form_is_refused_when_the_program_starts() -> None:
    @dataclass(frozen=True)
    class Strange:
        what: bytes

    with pytest.raises(TypeError, match="bytes"):
        Record(Strange)
