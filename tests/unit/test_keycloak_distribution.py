"""Where Keycloak comes from: the order of sources, the pinned checksum, and one sentence for whatever goes wrong."""

import hashlib
import io
import stat
import tarfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from deploy.demo import keycloak_distribution
from deploy.demo.keycloak_distribution import PINNED_SHA512, find_keycloak
from deploy.demo.setup_error import SetupError

VERSION = "1.2.3"


def _archive() -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as archive:
        script = tarfile.TarInfo(f"keycloak-{VERSION}/bin/kc.sh")
        script.mode, script.size = 0o755, 5
        archive.addfile(script, io.BytesIO(b"#!sh\n"))
    return content.getvalue()


ARCHIVE = _archive()


class Releases:
    """A web server in place of the release archive; answers every request with `status` and `body`."""

    def __init__(self) -> None:
        self.status, self.body, self.promised, self.asked = 200, ARCHIVE, len(ARCHIVE), 0
        releases = self

        class Answer(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                releases.asked += 1
                self.send_response(releases.status)
                self.send_header("Content-Length", str(releases.promised))
                self.end_headers()
                self.wfile.write(releases.body)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.thread.start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/keycloak-{{version}}.tar.gz"

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def releases() -> Iterator[Releases]:
    releases = Releases()
    yield releases
    releases.stop()


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder, the archive's checksum pinned, and no Maven on the PATH."""
    monkeypatch.delenv("KEYCLOAK_HOME", raising=False)
    monkeypatch.delenv("KEYCLOAK_SHA512", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setitem(PINNED_SHA512, VERSION, hashlib.sha512(ARCHIVE).hexdigest())
    return tmp_path / "participation-broker"


def _find(releases: Releases) -> Path:
    return find_keycloak(lambda line: None, version=VERSION, release_archive=releases.address)


def _install_maven(cache: Path, script: str) -> None:
    maven = cache.parent / "bin" / "mvn"
    maven.parent.mkdir()
    maven.write_text(f"#!/bin/sh\n{script}\n")
    maven.chmod(0o755)


def test_release_archive_is_fetched_once_and_unpacked_executable(cache: Path, releases: Releases) -> None:
    home = _find(releases)
    assert home == cache / f"keycloak-{VERSION}"
    assert (home / "bin" / "kc.sh").stat().st_mode & stat.S_IXUSR
    assert _find(releases) == home
    assert releases.asked == 1
    assert [entry.name for entry in cache.iterdir() if entry.suffix != ".lock"] == [home.name]


def test_given_home_wins_over_everything(cache: Path, releases: Releases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "own" / "bin").mkdir(parents=True)
    (tmp_path / "own" / "bin" / "kc.sh").touch()
    monkeypatch.setenv("KEYCLOAK_HOME", str(tmp_path / "own"))
    assert _find(releases) == tmp_path / "own"
    assert releases.asked == 0


def test_given_home_without_keycloak_is_named(cache: Path, releases: Releases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEYCLOAK_HOME", str(tmp_path))
    with pytest.raises(SetupError, match=r"KEYCLOAK_HOME is .* no bin/kc.sh"):
        _find(releases)


def test_archive_in_the_cache_needs_no_network(cache: Path, releases: Releases) -> None:
    cache.mkdir()
    (cache / f"keycloak-{VERSION}.tar.gz").write_bytes(ARCHIVE)
    assert (_find(releases) / "bin" / "kc.sh").is_file()
    assert releases.asked == 0


def test_damaged_archive_in_the_cache_is_fetched_again(cache: Path, releases: Releases) -> None:
    cache.mkdir()
    (cache / f"keycloak-{VERSION}.tar.gz").write_bytes(ARCHIVE[:-1])
    assert (_find(releases) / "bin" / "kc.sh").is_file()
    assert releases.asked == 1


def test_archive_with_another_checksum_is_thrown_away(cache: Path, releases: Releases) -> None:
    releases.body = ARCHIVE[:-1] + b"x"
    with pytest.raises(SetupError, match="pinned checksum"):
        _find(releases)
    assert [entry for entry in cache.iterdir() if entry.suffix != ".lock"] == []


def test_broken_download_leaves_nothing_and_says_what_to_do(cache: Path, releases: Releases) -> None:
    releases.promised = len(ARCHIVE) + 10
    with pytest.raises(SetupError, match=r"ended after .*HUB=simulated"):
        _find(releases)
    assert [entry for entry in cache.iterdir() if entry.suffix != ".lock"] == []


def test_refusal_and_missing_network_are_told_apart(cache: Path, releases: Releases) -> None:
    releases.status = 404
    with pytest.raises(SetupError, match="answered 404"):
        _find(releases)
    with pytest.raises(SetupError, match=r"Connection refused.*Maven .*not installed.*Connect to the network"):
        find_keycloak(lambda line: None, version=VERSION, release_archive="http://127.0.0.1:1/{version}")


def test_maven_is_asked_when_the_release_archive_is_wrong(cache: Path, releases: Releases, tmp_path: Path) -> None:
    (tmp_path / "from-maven.tar.gz").write_bytes(ARCHIVE)
    releases.body, releases.promised = b"not it", 6
    _install_maven(cache, f'for word in "$@"; do case $word in -DoutputDirectory=*) d=${{word#*=}}; esac; done\n'
                          f'/bin/mkdir -p "$d" && /bin/cp {tmp_path}/from-maven.tar.gz "$d"')  # fmt: skip
    assert (_find(releases) / "bin" / "kc.sh").is_file()


def test_failing_maven_is_named(cache: Path, releases: Releases) -> None:
    releases.status = 503
    _install_maven(cache, "exit 1")
    with pytest.raises(SetupError, match=f"Maven could not fetch Keycloak {VERSION}"):
        _find(releases)


def test_version_without_a_checksum_is_not_fetched(cache: Path, releases: Releases, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(PINNED_SHA512, VERSION)
    with pytest.raises(SetupError, match="KEYCLOAK_SHA512"):
        _find(releases)
    assert releases.asked == 0


def test_full_disk_is_said_before_the_download(cache: Path, releases: Releases, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keycloak_distribution, "NEEDED_DISK_BYTES", 10**18)
    with pytest.raises(SetupError, match="free disk"):
        _find(releases)
    assert releases.asked == 0


def test_pinned_version_is_the_one_in_use() -> None:
    assert keycloak_distribution.KEYCLOAK_VERSION in PINNED_SHA512
    assert all(len(bytes.fromhex(checksum)) == 64 for checksum in PINNED_SHA512.values())
