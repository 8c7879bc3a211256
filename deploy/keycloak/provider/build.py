"""Builds, checks and tests the provider jar: `python -m deploy.keycloak.provider.build [--check | --test]`.

Compiles with a JDK's `javac` against the jars of the Keycloak distribution; no build tool, no downloads of its own. The jar is the
same byte for byte whenever the same compiler compiles the same sources: entries are sorted, stored and without a real date.
"""

import argparse
import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from deploy.demo.keycloak_distribution import find_keycloak
from deploy.demo.setup_error import SetupError

FOLDER = Path(__file__).parent
JAR = FOLDER / "participation-broker-keycloak.jar"
CHECKSUM = FOLDER / "participation-broker-keycloak.jar.sha256"
JAVA_RELEASE = "17"  # what Keycloak itself is compiled for
COMPILER = "17"  # other compilers write other bytes for the same release
MANIFEST = f"Manifest-Version: 1.0\r\nImplementation-Title: participation-broker-keycloak\r\nBuild-Jdk-Spec: {COMPILER}\r\n\r\n"
TEST_CLASS = "de.participationbroker.keycloak.ProviderTest"


def main(arguments: Sequence[str] | None = None) -> int:
    """Does what the command line asks and returns the exit status."""
    parser = argparse.ArgumentParser(description="Build, check or test the provider jar.")
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--check", action="store_true", help="compare the jar in the repository with the sources")
    choice.add_argument("--test", action="store_true", help="run the tests written in Java")
    chosen = parser.parse_args(arguments)
    try:
        print(check() if chosen.check else run_tests() if chosen.test else build())
    except SetupError as failure:
        print(failure, file=sys.stderr)
        return 1
    return 0


def build() -> str:
    """Writes the jar and its checksum."""
    write_jar(JAR, compiled_entries())
    CHECKSUM.write_text(f"{sha256(JAR)}  {JAR.name}\n")
    return f"{JAR.name}: {sha256(JAR)}"


def check() -> str:
    """Says that the jar in the repository is what the sources say; raises SetupError with the difference otherwise."""
    if not JAR.is_file() or not CHECKSUM.is_file():
        raise SetupError("The provider jar or its checksum is missing: run the builder.")
    if CHECKSUM.read_text().split()[0] != sha256(JAR):
        raise SetupError("The provider jar does not have the checksum beside it: run the builder.")
    difference = first_difference(entries_of(JAR), compiled_entries())
    if difference:
        raise SetupError(f"The provider jar is not what the sources say: {difference}; run the builder.")
    return "The provider jar is what the sources say."


def first_difference(kept: Mapping[str, bytes], fresh: Mapping[str, bytes]) -> str:
    """What differs between two jars, as half a sentence; empty when nothing does."""
    for name in sorted(kept.keys() | fresh.keys()):
        if name not in fresh:
            return f"{name} is in the jar but not made from the sources"
        if name not in kept:
            return f"{name} is missing in the jar"
        if kept[name] != fresh[name]:
            return f"{name} differs"
    return ""


def run_tests() -> str:
    """Compiles sources and tests and runs them; raises SetupError when one fails."""
    with tempfile.TemporaryDirectory() as folder:
        compile_java([FOLDER / "src", FOLDER / "tests"], Path(folder))
        java = shutil.which("java")
        if not java:
            raise SetupError("No java is on the PATH: install a JDK 17 or newer.")
        command = [java, "-ea", "-cp", f"{folder}:{classpath()}", TEST_CLASS]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    if done.returncode:
        raise SetupError(f"A test of the provider failed:\n{done.stdout}{done.stderr}")
    return done.stdout.strip()


def compiled_entries() -> dict[str, bytes]:
    """Name and content of everything in the jar, made from the sources now."""
    check_compiler()
    with tempfile.TemporaryDirectory() as folder:
        compile_java([FOLDER / "src"], Path(folder))
        entries = files_below(Path(folder))
    return {"META-INF/MANIFEST.MF": MANIFEST.encode(), **files_below(FOLDER / "resources"), **entries}


def check_compiler() -> None:
    """Raises SetupError when the compiler is another than the one the jar is made with."""
    found = re.search(r"javac (\d+)", _run([_javac(), "-version"]))
    if not found or found.group(1) != COMPILER:
        raise SetupError(f"The jar is made with javac {COMPILER}, this is {found.group(0) if found else 'unknown'}.")


def compile_java(folders: Sequence[Path], target: Path) -> None:
    """Compiles all sources below the folders into `target`; raises SetupError with the compiler's words."""
    sources = [str(file) for folder in folders for file in sorted(folder.rglob("*.java"))]
    options = ["--release", JAVA_RELEASE, "-encoding", "UTF-8", "-proc:none", "-Xlint:all,-classfile,-path", "-g:source,lines"]
    _run([_javac(), *options, "-cp", classpath(), "-d", str(target), *sources])


def classpath() -> str:
    """Keycloak's own jars."""
    libraries = find_keycloak(lambda line: print(line, file=sys.stderr)) / "lib" / "lib"
    return f"{libraries / 'main'}/*:{libraries / 'boot'}/*"


def files_below(folder: Path) -> dict[str, bytes]:
    """Relative name and content of every file."""
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def write_jar(jar: Path, entries: Mapping[str, bytes]) -> None:
    """Writes the entries, manifest first, in a form that depends on nothing but them."""
    with zipfile.ZipFile(jar, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(entries, key=lambda name: (name != "META-INF/MANIFEST.MF", name)):
            info = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            info.external_attr = 0o644 << 16
            info.create_system = 3
            archive.writestr(info, entries[name])


def entries_of(jar: Path) -> dict[str, bytes]:
    """Name and content of everything in a jar."""
    with zipfile.ZipFile(jar) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def sha256(file: Path) -> str:
    """The checksum as it stands in the file beside the jar."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _javac() -> str:
    javac = shutil.which("javac")
    if not javac:
        raise SetupError(f"No javac is on the PATH: install a JDK {COMPILER}.")
    return javac


def _run(command: Sequence[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    if done.returncode:
        raise SetupError(f"javac failed:\n{done.stdout}{done.stderr}")
    return done.stdout + done.stderr


if __name__ == "__main__":
    sys.exit(main())
