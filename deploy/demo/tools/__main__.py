"""Starts one demo tool: `python -m deploy.demo.tools --tool karte --port 8091 --issuer http://localhost:8000`."""

import argparse
import os
import secrets
from pathlib import Path

from deploy.demo.tools.settings import CLIENT_IDS, SCOPES, ToolSettings
from deploy.demo.tools.site import create_tool
from deploy.demo.web_server import serve


def main() -> None:
    """Serves until the process is ended. The client secret comes from the environment, never from the command line."""
    parser = argparse.ArgumentParser(prog="python -m deploy.demo.tools")
    parser.add_argument("--tool", choices=sorted(CLIENT_IDS), required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--issuer", default=os.environ.get("BROKER_ISSUER", "http://localhost:8000"), help="the broker's issuer")
    chosen = parser.parse_args()
    settings = ToolSettings(
        key=chosen.tool,
        client_id=CLIENT_IDS[chosen.tool],
        scope=SCOPES[chosen.tool],
        issuer=chosen.issuer,
        base_url=f"http://localhost:{chosen.port}",
        client_secret=client_secret(),
        session_secret=secrets.token_urlsafe(32),  # sessions live in memory and end with the process
    )
    serve(create_tool(settings), chosen.port, chosen.host)


def client_secret() -> str:
    """What this tool shows to the broker: DEMO_CLIENT_SECRET, or the file that DEMO_CLIENT_SECRET_FILE names."""
    if file := os.environ.get("DEMO_CLIENT_SECRET_FILE"):
        return Path(file).read_text(encoding="utf-8").strip()
    return os.environ["DEMO_CLIENT_SECRET"]


if __name__ == "__main__":
    main()
