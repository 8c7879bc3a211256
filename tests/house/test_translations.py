"""Every sentence a page may say exists in German, in Leichte Sprache and, where it is a key, in English; the catalogues are compiled."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po

from broker.core.claim import ReleaseClass
from broker.core.client_policy import EVIDENCE
from broker.core.errors import BrokerError
from broker.core.trust import TrustLevel
from broker.flows.choosing import PROOFS
from broker.flows.naming import INVALID_PSEUDONYM
from broker.web.i18n import CATALOGUES

_WEB = CATALOGUES.parent
_FILES = ["de/LC_MESSAGES/messages", "de/LC_MESSAGES/leicht", "en/LC_MESSAGES/messages"]
_READERS = [("**.py", "python"), ("templates/**.html", "jinja2")]
_AMR = ("pwd", "pin", "sc", "swk", "hwk", "user", "mfa")
_PLACEHOLDER = re.compile(r"%\((\w+)\)s")


def _catalogue(name: str) -> Catalog:
    return read_po(BytesIO((CATALOGUES / f"{name}.po").read_bytes()), locale=name.split("/")[0])


def _sentences() -> set[str]:
    found = extract_from_dir(_WEB, _READERS, {})
    return {message for _, _, message, _, _ in found if isinstance(message, str) and message}


def _all_errors(kind: type[BrokerError] = BrokerError) -> set[type[BrokerError]]:
    return {kind}.union(*(_all_errors(sub) for sub in kind.__subclasses__()))


def _keys() -> set[str]:
    errors = {error.message_key for error in _all_errors()}
    keys = {f"{key}{part}" for key in errors for part in ("", ".text", ".next")}
    keys |= {f"proof.{word}" for word in PROOFS} | {f"evidence.{word}" for word in EVIDENCE}
    return keys | {f"level.{level.word}" for level in TrustLevel} | {f"amr.{word}" for word in _AMR} | {INVALID_PSEUDONYM}


def _missing(name: str, wanted: set[str]) -> set[str]:
    catalogue = _catalogue(name)
    translated = {message.id for message in catalogue if message.id and message.string and not message.fuzzy}
    return wanted - translated


@pytest.mark.parametrize("name", _FILES[:2])
def test_every_sentence_is_translated(name: str) -> None:
    assert _missing(name, _sentences() | _keys()) == set()


def test_every_key_has_english_words() -> None:
    assert _missing(_FILES[2], _keys()) == set()


def test_extraction_finds_what_the_pages_say() -> None:
    """The measure itself: an empty extraction would make the tests above pass."""
    assert "You are signed out" in _sentences()
    assert "municipality key %(key)s" in _sentences()
    assert len(_sentences()) > 80


@pytest.mark.parametrize("name", _FILES)
def test_catalogue_keeps_the_placeholders(name: str) -> None:
    """A translation without its placeholder says less; one with another breaks the page."""
    wrong = {
        message.id
        for message in _catalogue(name)
        if isinstance(message.id, str)
        and isinstance(message.string, str)
        and not set(_PLACEHOLDER.findall(message.string)) <= set(_PLACEHOLDER.findall(message.id))
    }
    assert wrong == set()


@pytest.mark.parametrize("name", _FILES)
def test_compiled_catalogue_matches_its_source(name: str) -> None:
    """A fresh clone shows what the .po files say: compile with the command in web/templates/README.md."""
    compiled = BytesIO()
    write_mo(compiled, _catalogue(name))
    compiled.seek(0)
    committed = read_mo(BytesIO(Path(CATALOGUES / f"{name}.mo").read_bytes()))
    assert {one.id: one.string for one in committed} == {one.id: one.string for one in read_mo(compiled)}


def test_leichte_sprache_keeps_its_rules() -> None:
    """Citizen IDs 10: one thought in a sentence. Sentences of more than 15 words, and the joints of subordinate clauses, are found here."""
    joints = re.compile(r", (weil|obwohl|damit|sodass|dass|welche\w*|deren|dessen)\b")
    bad = set()
    for message in _catalogue("de/LC_MESSAGES/leicht"):
        for sentence in re.split(r"(?<=[.?!:])\s+|\n", str(message.string) if message.id else ""):
            if len(sentence.split()) > 15 or joints.search(sentence):
                bad.add(sentence)
    assert bad == set()


def test_every_class_of_release_is_known_here() -> None:
    """The consent page names what always goes along in one sentence; a new class would need its own."""
    assert {kind.value for kind in ReleaseClass} == {"A", "S", "P", "X"}
