"""Builds Keycloak once per set of features, database kind and provider jar, and keeps the result for quick starts.

`kc.sh build` takes half a minute and rewrites files inside the distribution, so each build is a tree of its own in the cache
folder, named by a digest of what went into it. An instance is then a thin folder: start script and configuration copied,
libraries and providers linked to the build, themes copied, data of its own. Several instances can run from one build.
"""

import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from deploy.demo.keycloak_distribution import cache_folder, one_at_a_time
from deploy.demo.setup_error import SetupError

PROVIDER_JAR = Path(__file__).parents[1] / "keycloak" / "provider" / "participation-broker-keycloak.jar"
THEMES = Path(__file__).parents[1] / "keycloak" / "themes"
FEATURES = "transient-users"
# With persistent sessions Keycloak writes citizens' data into its database; the others are doors nobody uses here.
FEATURES_DISABLED = (
    "persistent-user-sessions,admin-fine-grained-authz,authorization,kerberos,ciba,device-flow,impersonation,passkeys,"
    "recovery-codes,twitter-broker,organization,workflows,account,account-api,kubernetes-service-accounts,"
    "jwt-authorization-grant,update-email"
)
BUILD_TIMEOUT_SECONDS = 600

DatabaseKind = Literal["dev-file", "postgres"]


@dataclass(frozen=True, slots=True)
class KeycloakBuild:
    """What goes into one build: the unpacked distribution, the Java that builds, the database kind, our provider jar."""

    home: Path
    java_home: Path
    database_kind: DatabaseKind = "dev-file"
    provider_jar: Path = PROVIDER_JAR

    @property
    def options(self) -> list[str]:
        """The build-time options of `kc.sh build`."""
        features = [f"--features={FEATURES}", f"--features-disabled={FEATURES_DISABLED}"]
        return [f"--db={self.database_kind}", *features, "--health-enabled=true"]

    @property
    def digest(self) -> str:
        """Changes when anything changes that Keycloak must be built anew for."""
        digest = hashlib.sha256("\n".join([str(self.home.resolve()), *self.options]).encode())
        for file in (self.home / "version.txt", self.provider_jar):
            digest.update(file.read_bytes())
        return digest.hexdigest()[:16]

    def ensure(self, say: Callable[[str], None] = print) -> Path:
        """The folder of the finished build, made now if it is not in the cache yet. Raises SetupError."""
        self._check_provider()
        built = cache_folder() / "keycloak-builds" / self.digest
        if built.is_dir():
            return built
        with one_at_a_time("keycloak-builds.lock"):
            if not built.is_dir():
                say("Building Keycloak with the broker's provider (about half a minute, only once).")
                self._make(built)
        return built

    def _make(self, built: Path) -> None:
        part = built.with_name(f"{built.name}.part")
        shutil.rmtree(part, ignore_errors=True)
        try:
            self._copy_distribution(part)
            self._run(part)
            os.replace(part, built)
        except OSError as refused:
            raise SetupError(f"Keycloak cannot be prepared in {built.parent} ({refused}): is the disk full?") from refused
        finally:
            shutil.rmtree(part, ignore_errors=True)

    def _copy_distribution(self, part: Path) -> None:
        for name in ("bin", "conf", "lib/app", "lib/quarkus"):
            shutil.copytree(self.home / name, part / name)
        shutil.copy2(self.home / "lib" / "quarkus-run.jar", part / "lib")
        for name in ("version.txt", "LICENSE.txt"):
            if (self.home / name).is_file():
                shutil.copy2(self.home / name, part)
        # The libraries, nearly all of the size, are never rewritten: hard links where the file system allows.
        shutil.copytree(self.home / "lib" / "lib", part / "lib" / "lib", copy_function=_link_or_copy)
        (part / "providers").mkdir()
        shutil.copy2(self.provider_jar, part / "providers")

    def _check_provider(self) -> None:
        checksum = self.provider_jar.with_name(f"{self.provider_jar.name}.sha256")
        if not self.provider_jar.is_file() or not checksum.is_file():
            raise SetupError(f"{self.provider_jar.name} or its checksum is missing: get both anew from the repository.")
        if checksum.read_text().split()[0] != hashlib.sha256(self.provider_jar.read_bytes()).hexdigest():
            raise SetupError(f"{self.provider_jar.name} does not have the checksum beside it: get both anew from the repository.")

    def _run(self, part: Path) -> None:
        command = [str(part / "bin" / "kc.sh"), "build", *self.options]
        environment = keycloak_environment(self.java_home)
        try:
            done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=BUILD_TIMEOUT_SECONDS, check=False)
        except subprocess.TimeoutExpired as slow:
            raise SetupError(f"Building Keycloak took over {BUILD_TIMEOUT_SECONDS} s: is the machine overloaded?") from slow
        if done.returncode:
            raise SetupError(f"Keycloak could not be built: {last_error(done.stdout + done.stderr)}")


def lay_out_instance(built: Path, folder: Path) -> None:
    """Makes or refreshes an instance of a build in `folder`; what lies in its `data` stays."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "data").mkdir(mode=0o700, exist_ok=True)
        for name in ("bin", "conf"):
            _replace(folder / name, lambda target, name=name: shutil.copytree(built / name, target))  # type: ignore[misc]
        for name in ("lib", "providers"):
            _replace(folder / name, lambda target, name=name: target.symlink_to(built / name))  # type: ignore[misc]
        _replace(folder / "themes", lambda target: shutil.copytree(THEMES, target))
    except OSError as refused:
        raise SetupError(f"Keycloak's folder {folder} cannot be written ({refused}): free it or choose another.") from refused


def keycloak_environment(java_home: Path) -> dict[str, str]:
    """The environment of every Keycloak process: the caller's, without settings meant for another Keycloak or Java."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("KC_", "KEYCLOAK_", "JAVA_"))}
    return ours | {"JAVA_HOME": str(java_home)}


def last_error(log: str) -> str:
    """The most telling line of Keycloak's output."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    errors = [line for line in lines if "ERROR" in line or line.startswith("Error")]
    return (errors or lines or ["it said nothing"])[-1]


def _link_or_copy(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _replace(target: Path, make: Callable[[Path], object]) -> None:
    if target.is_symlink() or target.is_file():
        target.unlink()
    elif target.is_dir():
        shutil.rmtree(target)
    make(target)
