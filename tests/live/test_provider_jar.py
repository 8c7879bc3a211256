"""The provider jar in the repository: made from the sources beside it, tested in its own language, checked before it is installed."""

import os
import shutil
from pathlib import Path

import pytest

from deploy.demo.keycloak_build import KeycloakBuild
from deploy.demo.setup_error import SetupError
from deploy.keycloak.provider import build

pytestmark = [pytest.mark.live, pytest.mark.timeout(900)]


@pytest.fixture
def compiler() -> None:
    """Skips where the jar cannot be made anew; in CI that is a failure."""
    try:
        build.check_compiler()
        build.classpath()
    except SetupError as missing:
        if os.environ.get("CI") == "true":
            pytest.fail(str(missing))
        pytest.skip(str(missing))


@pytest.mark.usefixtures("compiler")
def test_jar_is_what_the_sources_say() -> None:
    assert build.check() == "The provider jar is what the sources say."


@pytest.mark.usefixtures("compiler")
def test_tests_of_the_provider_pass() -> None:
    passed, _, total = build.run_tests().split()[:3]
    assert int(passed) == int(total) > 20


def test_jar_that_differs_from_the_sources_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    jar = tmp_path / build.JAR.name
    fresh = build.entries_of(build.JAR)
    name = next(name for name in fresh if name.endswith("/UpstreamNote.class"))
    build.write_jar(jar, fresh | {name: fresh[name] + b"x"})
    (tmp_path / build.CHECKSUM.name).write_text(f"{build.sha256(jar)}  {jar.name}\n")
    monkeypatch.setattr(build, "JAR", jar)
    monkeypatch.setattr(build, "CHECKSUM", tmp_path / build.CHECKSUM.name)
    monkeypatch.setattr(build, "compiled_entries", lambda: fresh)
    with pytest.raises(SetupError, match=rf"not what the sources say: {name} differs"):
        build.check()


def test_same_entries_make_the_same_jar(tmp_path: Path) -> None:
    entries = build.entries_of(build.JAR)
    build.write_jar(tmp_path / "again.jar", dict(reversed(entries.items())))
    assert (tmp_path / "again.jar").read_bytes() == build.JAR.read_bytes()


def test_jar_with_a_wrong_checksum_is_not_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    jar = tmp_path / build.JAR.name
    jar.write_bytes(build.JAR.read_bytes() + b"x")
    shutil.copy(build.CHECKSUM, tmp_path)
    with pytest.raises(SetupError, match="does not have the checksum beside it"):
        KeycloakBuild(tmp_path, tmp_path, provider_jar=jar).ensure(lambda line: None)
