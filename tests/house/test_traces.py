"""The search for a citizen's traces finds them however they are spelt; a search that finds nothing proves nothing else."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

import pytest

from tests.support.traces import Traces, traces_of

STREET = "HEIDESTRAẞE 17"
TRACES = Traces({"street": STREET, "born": "1964-08-12", "town": "KÖLN", "given": "ERIKA"})


@pytest.mark.parametrize(
    "content",
    [
        STREET.encode(),
        b"wohnt Heidestra\xc3\x9fe 17, 51147",
        b"HEIDESTRASSE 17",
        b'{"street": ' + json.dumps(STREET).encode() + b"}",
        b"\\x00" + STREET.encode().hex().encode(),
        f"?street={quote(STREET)}".encode(),
        base64.b64encode(b"x" + STREET.encode() + b"yz"),
        base64.urlsafe_b64encode(b"xy" + STREET.encode() + b"z"),
        STREET.encode("utf-16-le"),
    ],
    ids=["as is", "title", "capital SS", "JSON", "bytea", "query", "base64", "base64url", "UTF-16"],
)
def test_a_street_in_many_spellings(content: bytes) -> None:
    assert TRACES.found_in(content) == ["street"]


@pytest.mark.parametrize("content", [b"1964-08-12", b"geboren am 12.08.1964", b"12.8.1964"])
def test_a_birth_date(content: bytes) -> None:
    assert TRACES.found_in(content) == ["born"]


def test_a_short_name_counts_as_a_word_only() -> None:
    assert TRACES.found_in(b'"name": "Erika", ') == ["given"]
    assert TRACES.found_in(b"MIIBvErikaTCCAVug") == []
    assert TRACES.found_in("Grüße aus Köln".encode()) == ["town"]


def test_everything_a_citizen_id_knows_of_a_person_is_searched_for() -> None:
    found = traces_of("erika", "bpk2-of-erika").values
    assert {"erika: key", "erika: mail", "erika: surname (eid)", "erika: communityId (eid)"} <= found.keys()
    organisation = traces_of("verein", "name-of-vera", "muk").values
    assert {"verein: key", "verein: organisation (muk)", "verein: organisationId (muk)", "verein: surname (muk)"} <= organisation.keys()
