"""Recorded answers of citizen IDs (a SAML response, the claims of an ID token, the hub's note) as the sign-in they would have been.

For the mapping laboratory: signatures are not looked at, so nothing here may ever let anybody in.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from xml.etree.ElementTree import Element, ParseError

import jwt
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from broker.core.claim import ClaimTable
from broker.core.errors import ConfigurationError
from broker.core.recording import Outcome, RecordedSignIn, Trace
from broker.core.subject import UpstreamIdentity
from broker.core.trust import TrustLevel
from broker.upstream.assertion import Assertion, read_assertion

LARGEST_RECORDING = 1024 * 1024
_DEEPEST = 8
_PROTOCOL, _ASSERTION = "{urn:oasis:names:tc:SAML:2.0:protocol}", "{urn:oasis:names:tc:SAML:2.0:assertion}"
_TRUST_LEVEL = "{https://www.akdb.de/request/2018/09}TrustLevel"
_SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success"
_PROTOCOL_CLAIMS = frozenset(
    "iss sub aud azp exp iat nbf nonce sid jti typ acr auth_time at_hash c_hash session_state".split()  # noqa: SIM905 - reads as a list
)


def read_recorded_sign_in(recorded: str, table: ClaimTable, alias: str, at: datetime | None, now: datetime) -> RecordedSignIn:
    """What the broker would make of a recorded answer of this citizen ID; judged as of `at`, else its own time, else `now`.

    Takes a SAML response or assertion (XML, or base64 as posted), an ID token or its claims as JSON, or the hub's note. Raises
    ConfigurationError with a sentence for anything else, for an encrypted assertion and for a refusal, UpstreamRefused for an odd note.
    """
    note = _note(recorded)
    assertion = read_assertion(note, table, alias)
    moment = at or _moment(note.get("authn_instant")) or now
    claims = assertion.claims(table, moment)
    identity = UpstreamIdentity(alias, "recorded", assertion.trust, assertion.amr, claims, moment)
    identity = replace(identity, subject_type=assertion.subject_type(table, moment))
    rows = (row for row in table.definitions.values() if row.origin == "provider")
    return RecordedSignIn(identity, {row.name: _trace(row.name, assertion, table, moment) for row in rows})


def _trace(claim: str, assertion: Assertion, table: ClaimTable, at: datetime) -> Trace:
    mapping = assertion.mappings.get(claim)
    if mapping is None:
        return Trace(claim, Outcome.NO_SOURCE)
    way = assertion.way(mapping) or mapping.ways[0]
    found = {source: attribute for source in way.sources if (attribute := assertion.attributes.get(source)) and attribute.values}
    made = assertion.claim(mapping, table, at)
    if made is not None:
        outcome, trust = Outcome.MADE, made.trust
    else:
        doubled = any(len(attribute.values) > 1 for attribute in found.values())
        outcome, trust = Outcome.DOUBLED if doubled else Outcome.UNREADABLE if found else Outcome.ABSENT, TrustLevel.NONE
    return Trace(claim, outcome, mapping.sources, tuple(found), way.transform, trust)


def _note(recorded: str) -> dict[str, Any]:
    text = recorded.strip().removeprefix("\ufeff")
    if not text:
        raise _wrong("it is empty: give the recorded answer on standard input")
    if len(text) > LARGEST_RECORDING:
        raise _wrong(f"it is larger than {LARGEST_RECORDING} characters")
    if text.startswith("<"):
        return _saml_note(text)
    if text.startswith("{"):
        return _json_note(text)
    if text.count(".") == 2:
        return _claims_note(_payload(text))
    return _saml_note(_posted(text))


def _posted(text: str) -> str:
    try:
        return base64.b64decode("".join(text.split()), validate=True).decode()
    except (binascii.Error, ValueError):
        raise _wrong("it is neither XML, nor JSON, nor an ID token, nor base64 of a SAML response") from None


def _payload(token: str) -> dict[str, Any]:
    try:
        return dict(jwt.decode(token, options={"verify_signature": False}))
    except (jwt.PyJWTError, ValueError, TypeError):
        raise _wrong("it is not an ID token that can be read") from None


def _json_note(text: str) -> dict[str, Any]:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise _wrong("it is not the JSON it looks like") from None
    note = data.get("upstream", data)
    return note if isinstance(note, dict) and isinstance(note.get("attributes"), dict) else _claims_note(data)


def _claims_note(claims: Mapping[str, Any]) -> dict[str, Any]:
    """The note our Keycloak provider makes of an ID token: one entry per claim, nested ones by path, all values as text."""
    attributes = {name: {"v": values} for name, values in _leaves(claims) if name not in _PROTOCOL_CLAIMS}
    note: dict[str, Any] = {"issuer": claims.get("iss"), "authn_context": claims.get("acr"), "attributes": attributes}
    if isinstance(claims.get("auth_time"), int):
        note["authn_instant"] = datetime.fromtimestamp(claims["auth_time"], UTC).isoformat()
    return note


def _leaves(claims: Mapping[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[str, list[str]]]:
    for name, value in claims.items():
        here = (*path, name)
        if isinstance(value, dict) and len(here) < _DEEPEST:
            yield from _leaves(value, here)
        else:
            yield "/".join(here), [_text(each) for each in (value if isinstance(value, list) else [value])]


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


# --- SAML --------------------------------------------------------------------------------------------------------------------------------


def _saml_note(text: str) -> dict[str, Any]:
    try:
        root = fromstring(text.encode(), forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, RecursionError):
        raise _wrong("it is no XML that can be read (document types and entities are not allowed)") from None
    _check_status(root)
    assertions = list(root.iter(f"{_ASSERTION}Assertion"))
    if not assertions and list(root.iter(f"{_ASSERTION}EncryptedAssertion")):
        raise _wrong("the assertion in it is encrypted: record what the hub decrypted, for instance the `upstream` claim of its ID token")
    if len(assertions) != 1:
        raise _wrong(f"it holds {len(assertions)} SAML assertions instead of one")
    assertion = assertions[0]
    statement = assertion.find(f"{_ASSERTION}AuthnStatement")
    context = None if statement is None else statement.findtext(f"{_ASSERTION}AuthnContext/{_ASSERTION}AuthnContextClassRef")
    return {
        "issuer": assertion.findtext(f"{_ASSERTION}Issuer"),
        "authn_context": context and context.strip(),
        "authn_instant": None if statement is None else statement.get("AuthnInstant"),
        "attributes": _attributes(assertion),
    }


def _check_status(root: Element) -> None:
    codes = [code.get("Value", "") for code in root.iter(f"{_PROTOCOL}StatusCode")]
    if codes and codes[0] != _SUCCESS:
        words = " / ".join(code.rpartition(":")[2] for code in codes)
        raise _wrong(f"it is a refusal ({words}): the citizen ID let nobody in, so there is nothing to explain")


def _attributes(assertion: Element) -> dict[str, dict[str, Any]]:
    found: dict[str, list[tuple[str | None, str]]] = {}
    for attribute in assertion.iter(f"{_ASSERTION}Attribute"):
        name, trust = "".join(attribute.get("Name", "").split()), attribute.get(_TRUST_LEVEL)
        for value in attribute.findall(f"{_ASSERTION}AttributeValue"):
            for path, text in _value_leaves(value, (name,)):
                found.setdefault(path, []).append((trust, text))
    return {name: _entry(values) for name, values in found.items()}


def _value_leaves(element: Element, path: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    children = list(element)
    if not children or len(path) >= _DEEPEST:
        yield "/".join(path), element.text or ""
    for child in children if len(path) < _DEEPEST else ():
        yield from _value_leaves(child, (*path, child.tag.rpartition("}")[2]))


def _entry(values: list[tuple[str | None, str]]) -> dict[str, Any]:
    """Values with their trust word; occurrences that disagree on it have none."""
    words = {trust for trust, _ in values}
    word = words.pop() if len(words) == 1 else None
    return {**({"t": word} if word else {}), "v": [text for _, text in values]}


def _moment(instant: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(instant) if isinstance(instant, str) else None
    except ValueError:
        return None
    return moment if moment and moment.tzinfo else None


def _wrong(what: str) -> ConfigurationError:
    return ConfigurationError(f"The recording cannot be used: {what}.")
