"""Command line: ``python -m deploy.demo.oidc --port 8086 --realm http://localhost:8080/realms/citizens``."""

from __future__ import annotations

import argparse
import os

from deploy.demo.oidc.provider import Account
from deploy.demo.oidc.settings import RelyingParty, Settings
from deploy.demo.oidc.site import create_app
from deploy.demo.oidc.vocabulary import SHAPES
from deploy.demo.web_server import serve


def main() -> None:
    """Serves until the process is ended. The client's secret comes from the environment."""
    parser = argparse.ArgumentParser(prog="python -m deploy.demo.oidc", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=8086)
    parser.add_argument("--issuer", help="public address, default http://localhost:<port>")
    parser.add_argument("--realm", required=True, help="the realm that brokers this account, e.g. http://localhost:8080/realms/citizens")
    parser.add_argument("--alias", default="oidc", help="under which name it does")
    parser.add_argument("--client-id", default="keycloak")
    parser.add_argument("--shape", choices=sorted(SHAPES), default="keycloak")
    parser.add_argument("--faults", action="store_true", help="offer faulty answers on the page")
    parser.add_argument("--any-level", action="store_true", help="offer means below the asked level")
    chosen = parser.parse_args()
    client = RelyingParty.keycloak(chosen.realm, chosen.alias, chosen.client_id, os.environ["OIDC_CLIENT_SECRET"])
    issuer = (chosen.issuer or f"http://localhost:{chosen.port}").rstrip("/")
    settings = Settings(issuer, client, SHAPES[chosen.shape], chosen.any_level, chosen.faults)
    serve(create_app(Account(settings)), chosen.port, chosen.host)


if __name__ == "__main__":
    main()
