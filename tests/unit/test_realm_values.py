"""Values and references: secrets and certificates stay outside the files, and whatever cannot be resolved is said with file and line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from broker.core.errors import ConfigurationError
from broker.upstream.realm_values import Values, environment_values
from broker.upstream.saml_certificates import CertificatesRefused, certificates_of_metadata, fetch_metadata
from broker.yaml_document import Document, parse_yaml
from tests.support.realm_config import ENTITY_ID, certificate, certificate_base64, metadata
from tests.support.services import free_port

URL = "https://idp.example/metadata"


def values(text: str, tmp_path: Path, environ: dict[str, str] | None = None, served: bytes = b"") -> Values:
    return environment_values(parse_yaml(text, tmp_path / "env.yaml"), environ or {}, lambda url: served)


def fill(text: str, known: Values) -> Any:
    return known.filled(document(text)).data["a"]


def document(text: str) -> Document:
    return parse_yaml(text, Path("some.yaml"))


def test_a_placeholder_alone_keeps_the_kind_of_its_value(tmp_path: Path) -> None:
    known = values("values: {number: 5, list: [x, y]}", tmp_path)
    assert fill("a: ${number}", known) == 5
    assert fill("a: ${list}", known) == ["x", "y"]


def test_placeholders_inside_text_and_inside_values_are_filled(tmp_path: Path) -> None:
    known = values('values: {host: "https://a", path: "${host}/b"}', tmp_path)
    assert fill("a: <${path}/c>", known) == "<https://a/b/c>"


def test_keycloaks_own_placeholders_can_be_written(tmp_path: Path) -> None:
    assert fill("a: $${ALIAS}.x", values("values: {}", tmp_path)) == "${ALIAS}.x"


def test_what_a_value_says_is_not_filled_again(tmp_path: Path) -> None:
    known = values("values: {secret: {env: SECRET}}", tmp_path, {"SECRET": "pa${secret}$$"})
    assert fill("a: ${secret}", known) == "pa${secret}$$"


def test_a_variable_wins_over_its_default_and_over_its_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("from file\n")
    text = "values: {v: {env: V, default: default}}"
    assert fill("a: ${v}", values(text, tmp_path)) == "default"
    assert fill("a: ${v}", values(text, tmp_path, {"V_FILE": str(tmp_path / "secret")})) == "from file"
    assert fill("a: ${v}", values(text, tmp_path, {"V": "variable", "V_FILE": str(tmp_path / "secret")})) == "variable"


def test_a_file_is_looked_for_beside_the_environment_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s\n")
    assert fill("a: ${v}", values("values: {v: {file: secret}}", tmp_path)) == "s"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("values: {v: {env: V}}", "env.yaml:1: set the environment variable V, or V_FILE"),
        ("values:\n  v: {file: nowhere}", "env.yaml:2: the file"),
        ("values: {v: {file: empty}}", "is empty"),
        ("values: {v: {env: V, file: W}}", "exactly one of"),
        ("values: {v: {env: V, defalt: x}}", "unknown key 'defalt'"),
        ("values: {v: {certificates: empty}}", "is empty"),
        ("values: {v: {certificates: garbage}}", "holds no certificate in PEM form"),
        ("values: {v: '${w}', w: '${v}'}", "is defined by itself"),
    ],
)
def test_what_cannot_be_resolved_is_refused(tmp_path: Path, text: str, sentence: str) -> None:
    (tmp_path / "empty").write_text(" \n")
    (tmp_path / "garbage").write_text("MIIB")
    with pytest.raises(ConfigurationError) as refused:
        fill("a: ${v}", values(text, tmp_path))
    assert sentence in str(refused.value)


def test_values_nobody_needs_are_not_resolved(tmp_path: Path) -> None:
    assert fill("a: ${other}", values("values: {v: {env: MISSING}, other: 1}", tmp_path)) == 1


def test_only_values_marked_as_secret_are_masked_everywhere(tmp_path: Path) -> None:
    known = values("values: {p: {env: P, secret: true}, q: {env: Q}}", tmp_path, {"P": "pp", "Q": "qq"})
    fill("a: ${p}${q}", known)
    assert known.secrets == {"pp"}


def test_a_pem_file_may_hold_several_certificates_and_its_path_may_be_a_variable(tmp_path: Path) -> None:
    pem = tmp_path / "two.pem"
    pem.write_bytes(certificate().public_bytes(Encoding.PEM) * 2)
    known = values("values: {c: {certificates: {env: CERTS}}}", tmp_path, {"CERTS": str(pem)})
    assert fill("a: ${c}", known) == f"{certificate_base64()},{certificate_base64()}"


@pytest.mark.parametrize("use", [' use="signing"', ""])
def test_signing_certificates_come_from_metadata(tmp_path: Path, use: str) -> None:
    known = values(f"values: {{c: {{saml_metadata: '{URL}', entity_id: '{ENTITY_ID}'}}}}", tmp_path, served=metadata(use=use))
    assert fill("a: ${c}", known) == certificate_base64()


@pytest.mark.parametrize(
    ("served", "sentence"),
    [
        (metadata("https://evil.example"), "belongs to 'https://evil.example', not to"),
        (metadata(use=' use="encryption"'), "names no signing certificate"),
        (b"<html>", "is not XML"),
        (b"<html/>", "not the SAML metadata of one entity"),
        (b"<!DOCTYPE x [<!ENTITY y 'z'>]>" + metadata(), "document type declaration"),
        (metadata().replace(certificate_base64().encode(), b"AAAA"), "holds a certificate that cannot be read"),
    ],
)
def test_metadata_that_is_not_that_entitys_is_refused(served: bytes, sentence: str) -> None:
    with pytest.raises(CertificatesRefused, match=sentence):
        certificates_of_metadata(served, URL, ENTITY_ID)


def test_metadata_is_not_fetched_over_plain_http_from_elsewhere() -> None:
    with pytest.raises(CertificatesRefused, match="by https only"):
        fetch_metadata("http://idp.example/metadata")


def test_a_citizen_id_that_is_away_is_said_to_be_away() -> None:
    with pytest.raises(CertificatesRefused, match="does not answer: is that citizen ID running"):
        fetch_metadata(f"http://localhost:{free_port()}/idp/metadata")
