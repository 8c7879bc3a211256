"""Command line: ``python -m deploy.demo.muk --state-dir DIR --sp-metadata ADDRESS-OR-FILE``."""

from __future__ import annotations

import sys

from deploy.demo.muk.app import create_app
from deploy.demo.muk.simulator import METADATA_PATH, Settings, Simulator
from deploy.demo.persons import load_persons
from deploy.demo.saml import command
from deploy.demo.saml.keys import load_or_make

PORT = 8085


def main(arguments: list[str]) -> int:
    """Serves until SIGTERM or Ctrl-C. There is one level only, so ``--any-level`` changes nothing."""
    options = command.parser("deploy.demo.muk", __doc__, PORT).parse_args(arguments)
    base_url = command.base_url(options)
    settings = Settings(
        entity_id=options.entity_id or base_url + METADATA_PATH,
        base_url=base_url,
        sp_metadata=tuple(options.sp_metadata),
        show_faults=options.faults,
        publish_next_key=options.two_certificates,
    )
    keys = load_or_make(options.state_dir, "Unternehmenskonto-Simulation", command.now())
    simulator = Simulator(settings, keys, load_persons(), command.now)
    greeting = f"Unternehmenskonto simulation: metadata at {base_url}{METADATA_PATH}, sign-in at {settings.sso_url}"
    return command.run(create_app(simulator), options, greeting)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
