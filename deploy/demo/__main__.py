"""The demo's command line: `python -m deploy.demo up` and `python -m deploy.demo check`."""

import argparse
import os
import signal
import sys
from types import FrameType

from deploy.demo.demo_check import check
from deploy.demo.launcher import Demo
from deploy.demo.ports import Ports
from deploy.demo.setup_error import SetupError
from deploy.demo.stack import HubKind, Stack
from deploy.demo.state import DemoState, default_folder


def main() -> int:
    """Runs the chosen command; returns the exit status. Every expected failure is one sentence."""
    parser = argparse.ArgumentParser(prog="python -m deploy.demo")
    parser.add_argument("command", choices=["up", "check"])
    parser.add_argument("--hub", choices=["keycloak", "simulated"], default="keycloak")
    chosen = parser.parse_args()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        return up(chosen.hub) if chosen.command == "up" else check(chosen.hub, say)
    except SetupError as failure:
        print(f"\n{failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def up(hub: HubKind) -> int:
    """The demo on its usual ports, until it is interrupted."""
    ports = Ports.from_environment(os.environ)
    demo = Demo(Stack(ports, DemoState(default_folder()), hub, os.environ.get("REDIS_URL", "")), say)
    try:
        demo.start()
        say(demo.describe())
        demo.watch()
    except KeyboardInterrupt:
        say("\nStopping.")
    finally:
        ignore_interrupts()
        demo.stop()
    say("Everything has stopped.")
    return 0


def ignore_interrupts() -> None:
    """From here on everything is being stopped: a second Ctrl-C must not leave half of it running."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


def say(text: str) -> None:
    """Shows progress at once, also through a pipe."""
    print(text, flush=True)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
