"""Starts the simulated hub: `python -m deploy.demo.hub --port 8080 --broker http://localhost:8000`."""

import argparse
import logging
import os

from deploy.demo.hub.settings import HubSettings
from deploy.demo.hub.site import create_hub
from deploy.demo.web_server import serve


def main() -> None:
    """Serves until the process is ended. The broker's client secret comes from the environment."""
    parser = argparse.ArgumentParser(prog="python -m deploy.demo.hub")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--broker", required=True, help="the broker's address")
    parser.add_argument("--any-level", action="store_true", help="offer means below the asked level")
    chosen = parser.parse_args()
    settings = HubSettings(
        base_url=f"http://localhost:{chosen.port}",
        client_secret=os.environ["HUB_CLIENT_SECRET"],
        redirect_uri=f"{chosen.broker}/callback",
        post_logout_redirect_uris=(f"{chosen.broker}/signed-out",),
        any_level=chosen.any_level,
    )
    logging.getLogger("signxml").setLevel(logging.WARNING)  # it is loaded with the simulator's parts and never used here
    serve(create_hub(settings), chosen.port)


if __name__ == "__main__":
    main()
