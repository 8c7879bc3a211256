"""Where Keycloak comes from: found on this machine or fetched once, never run before its checksum was seen to be right.

Order: `KEYCLOAK_HOME`; the project's cache folder; the release archive of the Keycloak project; Maven. The last two deliver the
same archive for a release, so one pinned SHA-512 stands for both. It was compared with the sum published beside the Maven
artifact; a release archive that differs is refused and Maven is asked instead.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import tarfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.demo.setup_error import SetupError

KEYCLOAK_VERSION = os.environ.get("KEYCLOAK_VERSION", "26.7.3")
PINNED_SHA512 = {
    "26.7.3": "664c8ac2997d94b69825af70acc3a6017a7a53a1504a6e21b2d82a04e5f53593"
    "b30cabdf80ffe3eb661f13442a57fbc15c4186a1899f2841e8145532e5ae7e1c",
}
RELEASE_ARCHIVE = "https://github.com/keycloak/keycloak/releases/download/{version}/keycloak-{version}.tar.gz"
NEEDED_DISK_BYTES = 700 * 1024 * 1024
BLOCK_BYTES = 1024 * 1024
PROGRESS_EVERY_SECONDS = 5.0

Say = Callable[[str], None]


def cache_folder() -> Path:
    """The folder for downloads that outlive a run; created if absent."""
    parent = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = parent / "participation-broker"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as refused:
        raise SetupError(f"The cache folder {folder} cannot be made ({refused.strerror}): set XDG_CACHE_HOME.") from refused
    return folder


def find_keycloak(say: Say = print, *, version: str = KEYCLOAK_VERSION, release_archive: str = RELEASE_ARCHIVE) -> Path:
    """The home folder of an unpacked Keycloak, fetched if need be; `say` gets progress lines. Raises SetupError."""
    if os.environ.get("KEYCLOAK_HOME"):
        return _given_home(Path(os.environ["KEYCLOAK_HOME"]))
    home = cache_folder() / f"keycloak-{version}"
    if home.is_dir():
        return home
    _check_disk(home.parent)
    with one_at_a_time("keycloak.lock"):
        if not home.is_dir():
            _unpack(_archive(home.parent, version, release_archive, say), home, say)
    return home


@contextmanager
def one_at_a_time(lock: str) -> Iterator[None]:
    """Several processes of this machine fill the cache folder one after another; the lock is a file in it."""
    folder = cache_folder()
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / lock).open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _given_home(home: Path) -> Path:
    if not (home / "bin" / "kc.sh").is_file():
        raise SetupError(f"KEYCLOAK_HOME is {home}, but there is no bin/kc.sh in it: correct or unset it.")
    return home.resolve()


def _expected_sha512(version: str) -> str:
    expected = os.environ.get("KEYCLOAK_SHA512") or PINNED_SHA512.get(version)
    if not expected:
        raise SetupError(
            f"No checksum is pinned for Keycloak {version}: set KEYCLOAK_SHA512 to the published SHA-512 of its tar.gz, "
            "or KEYCLOAK_HOME to an unpacked Keycloak."
        )
    return expected.lower()


def _check_disk(folder: Path) -> None:
    if shutil.disk_usage(folder).free < NEEDED_DISK_BYTES:
        needed = NEEDED_DISK_BYTES // (1024 * 1024)
        raise SetupError(f"Keycloak needs {needed} MB of free disk in {folder}: make room or set XDG_CACHE_HOME.")


def _archive(folder: Path, version: str, release_archive: str, say: Say) -> Path:
    """A checked archive in the cache folder: one that lies there already, or a new one from the first source that works."""
    expected = _expected_sha512(version)
    archive = folder / f"keycloak-{version}.tar.gz"
    if archive.is_file():
        if _sha512(archive) == expected:
            return archive
        say(f"{archive} is damaged and is fetched again.")
    failures = []
    for fetch in (_fetch_release, _fetch_with_maven):
        try:
            fetch(archive, version, release_archive, expected, say)
            return archive
        except SetupError as failure:
            say(str(failure))
            failures.append(str(failure))
    raise SetupError(
        f"Keycloak {version} could not be fetched ({' '.join(failures)}) Connect to the network and try again, set "
        "KEYCLOAK_HOME to an unpacked Keycloak, or run `make demo HUB=simulated`, which needs none."
    )


def _sha512(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha512").hexdigest()


def _fetch_release(archive: Path, version: str, release_archive: str, expected: str, say: Say) -> None:
    say(f"Fetching Keycloak {version} (177 MB) from the Keycloak project's releases.")
    part = archive.with_name(f"{archive.name}.{os.getpid()}.part")
    try:
        _download(release_archive.format(version=version), part, say)
        _accept(part, archive, expected, "The Keycloak project's release archive")
    except urllib.error.HTTPError as refused:
        raise SetupError(f"The release archive answered {refused.code}.") from refused
    except OSError as broken:
        raise SetupError(f"The release archive cannot be downloaded ({_reason(broken)}).") from broken
    finally:
        part.unlink(missing_ok=True)


def _reason(error: OSError) -> str:
    cause = error.reason if isinstance(error, urllib.error.URLError) else error
    return (cause.strerror if isinstance(cause, OSError) else None) or str(cause)


def _download(address: str, part: Path, say: Say) -> None:
    with urllib.request.urlopen(address, timeout=15) as answer, part.open("wb") as target:  # noqa: S310 - a constant address
        total = int(answer.headers.get("Content-Length") or 0)
        done, said_at = 0, time.monotonic()
        while block := answer.read(BLOCK_BYTES):
            target.write(block)
            done += len(block)
            if time.monotonic() - said_at > PROGRESS_EVERY_SECONDS:
                said_at = time.monotonic()
                say(f"  {done // BLOCK_BYTES} of {total // BLOCK_BYTES or '?'} MB")
    if total and done != total:
        raise OSError(f"it ended after {done} of {total} bytes")


def _accept(part: Path, archive: Path, expected: str, source: str) -> None:
    if _sha512(part) != expected:
        raise SetupError(f"{source} does not have the pinned checksum and was thrown away.")
    os.replace(part, archive)


def _fetch_with_maven(archive: Path, version: str, _release_archive: str, expected: str, say: Say) -> None:
    maven = shutil.which("mvn")
    if not maven:
        raise SetupError("Maven (mvn) is not installed.")
    say(f"Fetching Keycloak {version} (177 MB) with Maven.")
    folder = archive.with_name(f"maven.{os.getpid()}.part")
    try:
        _run_maven(maven, version, folder, say)
        delivered = next(folder.glob("*.tar.gz"), None)
        if delivered is None:
            raise SetupError("Maven delivered no archive.")
        _accept(delivered, archive, expected, "The archive that Maven delivered")
    except OSError as broken:
        raise SetupError(f"Maven's archive cannot be stored ({_reason(broken)}).") from broken
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run_maven(maven: str, version: str, folder: Path, say: Say) -> None:
    command = [maven, "-q", "-B", "dependency:copy", f"-DoutputDirectory={folder}", "-Dmdep.useBaseVersion=true"]
    command.append(f"-Dartifact=org.keycloak:keycloak-quarkus-dist:{version}:tar.gz")
    began = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder.parent) as process:
        try:
            while process.poll() is None:
                try:
                    process.wait(PROGRESS_EVERY_SECONDS)
                except subprocess.TimeoutExpired:
                    say(f"  still fetching, {time.monotonic() - began:.0f} s")
        finally:
            process.terminate()
    if process.returncode:
        raise SetupError(f"Maven could not fetch Keycloak {version} (is the network reachable?).")


def _unpack(archive: Path, home: Path, say: Say) -> None:
    say("Unpacking Keycloak.")
    part = home.with_name(f"{home.name}.{os.getpid()}.part")
    try:
        with tarfile.open(archive) as content:
            if hasattr(tarfile, "data_filter"):  # absent before Python 3.11.4
                content.extraction_filter = tarfile.data_filter
            content.extractall(part)  # noqa: S202 - its checksum was checked
        _keep_unpacked(next(part.iterdir()), home)
        archive.unlink()
    except (OSError, tarfile.TarError, StopIteration) as broken:
        raise SetupError(f"Keycloak cannot be unpacked into {home.parent} ({broken}): is the disk full?") from broken
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _keep_unpacked(unpacked: Path, home: Path) -> None:
    try:
        os.replace(unpacked, home)
    except OSError:
        if not home.is_dir():  # otherwise another process was quicker
            raise
