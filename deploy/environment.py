"""Makes or renews `.venv` from the hashed lock files: `python3 deploy/environment.py demo|dev`.

Runs under the system's Python with nothing installed, in words that an old Python understands too, so that it gets a
sentence instead of a syntax error. What is installed is remembered by the hash of the lock files: a second call needs
neither network nor time.
"""

import hashlib
import os
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(TOP, ".venv")
PYTHON = os.path.join(VENV, "bin", "python")
CONTAINED_IN = {"demo": ("demo", "dev"), "dev": ("dev",)}  # the dev lock holds all of the demo lock


class Missing(Exception):
    """What this machine lacks; the text says what to do."""


def main(wanted: str) -> int:
    """Leaves an environment with the wanted lock installed; returns the exit status."""
    try:
        check_python()
        if not any(is_current(lock) for lock in CONTAINED_IN[wanted]):
            install(wanted)
    except Missing as missing:
        print(missing, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped; the next call goes on where this one ended.", file=sys.stderr)
        return 130
    return 0


def check_python() -> None:
    """Raises Missing when the Python that runs this is too old for the project."""
    found = f"{sys.version_info[0]}.{sys.version_info[1]}"
    if tuple(sys.version_info) < (3, 11):
        raise Missing(
            f"Python 3.11 or newer is needed, and {sys.executable} is {found}: install a newer one, or name it with "
            "`make PYTHON=/path/to/python3 ...`."
        )


def install(lock: str) -> None:
    """Brings `.venv` to the state of the lock file. Raises Missing."""
    if not works(PYTHON):
        make_venv()
    say(f"Installing the Python packages of requirements/{lock}.txt (only when they changed; a few minutes on a slow line).")
    run([PYTHON, "-m", "pip", "install", "--quiet", "--require-hashes", "-r", lock_file("uv")])
    uv = os.path.join(VENV, "bin", "uv")
    run([uv, "pip", "install", "--python", PYTHON, "--require-hashes", "-r", lock_file(lock)])
    link_project()
    with open(stamp(lock), "w") as content:
        content.write(fingerprint(lock))


def lock_file(lock: str) -> str:
    """The lock file, as seen from the top of the checkout."""
    return os.path.join("requirements", f"{lock}.txt")


def stamp(lock: str) -> str:
    """The file that remembers which state of the lock is installed."""
    return os.path.join(VENV, f"installed-{lock}")


def fingerprint(lock: str) -> str:
    """One hash over everything that decides what is installed, and where."""
    digest = hashlib.sha256(TOP.encode())
    for name in ("uv", lock):
        with open(os.path.join(TOP, lock_file(name)), "rb") as content:
            digest.update(content.read())
    return digest.hexdigest()


def is_current(lock: str) -> bool:
    """Whether exactly this state of the lock file is installed here."""
    try:
        with open(stamp(lock)) as content:
            return content.read() == fingerprint(lock) and os.path.exists(PYTHON)
    except OSError:
        return False


def works(python: str) -> bool:
    """Whether this Python runs and can install."""
    try:
        return subprocess.call([python, "-c", "import pip"], stderr=subprocess.DEVNULL) == 0
    except OSError:
        return False


def make_venv() -> None:
    """Makes `.venv` anew. Raises Missing."""
    say(f"Making the virtual environment .venv with Python {sys.version_info[0]}.{sys.version_info[1]}.")
    try:
        import ensurepip  # noqa: F401  (Debian's python3 comes without it)
        import venv
    except ImportError:
        raise Missing("Python's venv module is missing: install it (on Debian: apt install python3-venv).") from None
    try:
        venv.create(VENV, clear=True, with_pip=True, symlinks=True)
    except (OSError, subprocess.CalledProcessError) as failure:
        raise Missing(f"The virtual environment .venv could not be made: {failure}.") from None


def run(command: "list[str]") -> None:
    """Runs an installer; what it prints is seen. Raises Missing when it fails."""
    environment = dict(os.environ, PIP_DISABLE_PIP_VERSION_CHECK="1")
    environment.pop("PYTHONPATH", None)
    if subprocess.call(command, cwd=TOP, env=environment) != 0:
        raise Missing(
            f"The packages of {command[-1]} could not be installed (the lines above say why): check the network, or the "
            "proxy in HTTPS_PROXY, and call make again."
        )


def link_project() -> None:
    """Makes the checkout importable and puts `broker` into the bin folder, without a build and without network."""
    question = "import sysconfig; print(sysconfig.get_path('purelib'))"
    site_packages = subprocess.check_output([PYTHON, "-c", question]).decode().strip()
    with open(os.path.join(site_packages, "participation-broker.pth"), "w") as link:
        link.write(f"{TOP}\n")
    command = os.path.join(VENV, "bin", "broker")
    with open(command, "w") as script:
        script.write(f"#!{PYTHON}\nimport sys\n\nfrom broker.cli import main\n\nsys.exit(main())\n")
    os.chmod(command, 0o755)  # noqa: S103  (a command everyone may run, like its neighbours)


def say(text: str) -> None:
    """Shows progress at once, also through a pipe."""
    print(text, flush=True)


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in CONTAINED_IN:
        sys.exit("usage: python3 deploy/environment.py demo|dev")
    sys.exit(main(sys.argv[1]))
