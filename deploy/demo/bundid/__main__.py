"""Command line: ``python -m deploy.demo.bundid --state-dir DIR --sp-metadata ADDRESS-OR-FILE``."""

from __future__ import annotations

import argparse
import sys

from deploy.demo.bundid.app import create_app
from deploy.demo.bundid.product import VARIANTS, CitizenId
from deploy.demo.bundid.simulator import CancelStatus, Settings, Simulator
from deploy.demo.persons import load_persons
from deploy.demo.saml import command
from deploy.demo.saml.keys import load_or_make


def parse_arguments(arguments: list[str]) -> argparse.Namespace:
    parser = command.parser("deploy.demo.bundid", __doc__, VARIANTS[CitizenId.BUNDID].port)
    parser.add_argument("--as", dest="citizen_id", type=CitizenId, default=CitizenId.BUNDID, choices=list(CitizenId))
    parser.add_argument("--cancel-status", type=CancelStatus, default=CancelStatus.AUTHN_FAILED, choices=list(CancelStatus))
    parser.add_argument("--without-berca", action="store_true", help="refuse requests for the eID")
    return parser.parse_args(arguments)


def make_settings(options: argparse.Namespace) -> Settings:
    base_url = command.base_url(options)
    return Settings(
        entity_id=options.entity_id or f"{base_url}/idp",
        base_url=base_url,
        sp_metadata=tuple(options.sp_metadata),
        cancel_status=options.cancel_status,
        show_faults=options.faults,
        any_level=options.any_level,
        has_berca=not options.without_berca,
        publish_next_key=options.two_certificates,
        citizen_id=options.citizen_id,
    )


def main(arguments: list[str]) -> int:
    """Serves until SIGTERM or Ctrl-C."""
    options = parse_arguments(arguments)
    settings = make_settings(options)
    title = VARIANTS[settings.citizen_id].title
    keys = load_or_make(options.state_dir, f"{title}-Simulation", command.now())
    simulator = Simulator(settings, keys, load_persons(), command.now)
    greeting = f"{title} simulation: metadata at {settings.base_url}/idp, sign-in at {settings.sso_url}"
    return command.run(create_app(simulator), options, greeting)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
