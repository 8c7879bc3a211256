"""The simulator as a program: its metadata, its keys, its command line and its log."""

from __future__ import annotations

import datetime as dt
import logging
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from lxml import etree

from deploy.demo.saml.keys import load_or_make
from deploy.demo.saml.vocabulary import NAMESPACES
from tests.simulators.conftest import Bundid
from tests.support.saml_sp import SamlSp

ROOT = Path(__file__).resolve().parents[2]
NOW = dt.datetime(2026, 11, 26, tzinfo=dt.UTC)


def test_metadata_has_one_post_address_no_validity_and_no_logout(bundid: Bundid) -> None:
    response = bundid.app.test_client().get("/idp")
    assert response.mimetype == "application/samlmetadata+xml"
    root = etree.fromstring(response.data)
    assert root.get("entityID") == bundid.settings.entity_id
    assert set(root.attrib) == {"entityID"}  # neither validUntil nor ID
    services = root.findall(".//md:SingleSignOnService", NAMESPACES)
    assert [s.get("Location") for s in services] == [bundid.settings.sso_url]
    assert root.find(".//md:SingleLogoutService", NAMESPACES) is None
    certificates = [c.text for c in root.iterfind(".//ds:X509Certificate", NAMESPACES)]
    assert certificates == [bundid.keys.signing.certificate_base64]


def test_keys_are_made_once_and_readable_by_their_owner_only(tmp_path: Path) -> None:
    first, again = (load_or_make(tmp_path / "state", "simulation", NOW) for _ in range(2))
    assert first.signing.certificate == again.signing.certificate
    assert first.salt == again.salt
    assert first.signing.certificate != first.next_signing.certificate
    for secret in ("signing.key", "next-signing.key", "salt"):
        assert stat.S_IMODE((tmp_path / "state" / secret).stat().st_mode) == 0o600
    assert load_or_make(tmp_path / "other", "simulation", NOW).salt != first.salt


def test_nothing_of_the_citizen_is_logged(bundid: Bundid, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    bundid.answer("eid", "erika", attributes=("urn:oid:2.5.4.4", "urn:oid:1.2.40.0.10.2.1.1.55"))
    for word in ("MUSTERMANN", "erika", "1964-08-12"):
        assert word not in caplog.text


@dataclass
class Service:
    """A simulator running as a process of its own."""

    process: subprocess.Popen[str]
    address: str
    log: Path


def _wait_until(is_so: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.1)


def _is_healthy(address: str) -> bool:
    try:
        return requests.get(f"{address}/healthz", timeout=2).ok
    except requests.ConnectionError:
        return False


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def _command(port: int, state: Path, *more: str) -> list[str]:
    return [sys.executable, "-m", "deploy.demo.bundid", "--port", str(port), "--state-dir", str(state), *more]


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    port, log = _free_port(), tmp_path / "log"
    (tmp_path / "sp.xml").write_text(SamlSp(f"http://localhost:{port}/idp/profile/SAML2/POST/SSO").metadata())
    command = _command(port, tmp_path / "state", "--sp-metadata", str(tmp_path / "sp.xml"))
    with log.open("w") as stream, subprocess.Popen(command, cwd=ROOT, stdout=stream, stderr=stream, text=True) as process:
        address = f"http://localhost:{port}"
        try:
            _wait_until(lambda: process.poll() is not None or _is_healthy(address))
            yield Service(process, address, log)
        finally:
            process.terminate()


def test_the_program_serves_says_where_and_ends_when_told(service: Service) -> None:
    assert service.process.poll() is None, service.log.read_text()
    assert f"metadata at {service.address}/idp" in service.log.read_text()
    sp = SamlSp(f"{service.address}/idp/profile/SAML2/POST/SSO")
    fields = {"SAMLRequest": sp.signed(sp.request(dt.datetime.now(dt.UTC))), "RelayState": "state-in-a-form"}
    page = requests.post(sp.sso_url, data=fields, timeout=10)
    assert 'id="means-eid"' in page.text
    requests.get(f"{service.address}/idp?name=MUSTERMANN", timeout=10)
    service.process.terminate()
    assert service.process.wait(timeout=10) == 0
    log = service.log.read_text()
    assert "POST /idp/profile/SAML2/POST/SSO 303" in log
    assert "MUSTERMANN" not in log
    assert "Traceback" not in log


def test_a_port_in_use_is_said_in_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run(_command(port, tmp_path), cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert f"Port {port} is in use" in done.stderr
    assert "Traceback" not in done.stderr
