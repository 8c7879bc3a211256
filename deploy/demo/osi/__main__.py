"""Command line: ``python -m deploy.demo.osi --state-dir DIR --sp-metadata ADDRESS-OR-FILE``."""

from __future__ import annotations

import argparse
import sys

from deploy.demo.osi.app import create_app
from deploy.demo.osi.simulator import ENTITY_ID, METADATA_PATH, Settings, Simulator
from deploy.demo.persons import load_persons
from deploy.demo.saml import command
from deploy.demo.saml.keys import load_or_make

PORT = 8084


def parse_arguments(arguments: list[str]) -> argparse.Namespace:
    return command.parser("deploy.demo.osi", __doc__, PORT).parse_args(arguments)


def main(arguments: list[str]) -> int:
    """Serves until SIGTERM or Ctrl-C."""
    options = parse_arguments(arguments)
    settings = Settings(
        base_url=command.base_url(options),
        entity_id=options.entity_id or ENTITY_ID,
        sp_metadata=tuple(options.sp_metadata),
        show_faults=options.faults,
        any_level=options.any_level,
        publish_next_key=options.two_certificates,
    )
    keys = load_or_make(options.state_dir, "Servicekonto-Simulation", command.now())
    simulator = Simulator(settings, keys, load_persons(), command.now)
    greeting = f"Servicekonto simulation: metadata at {settings.base_url}{METADATA_PATH}, sign-in at {settings.sso_url}"
    return command.run(create_app(simulator), options, greeting)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
