"""Starts one demo tool: `python -m deploy.demo.tools --tool karte --port 8091 --issuer http://localhost:8000`."""

import argparse
import os

from deploy.demo.tools.settings import CLIENT_IDS, SCOPES, ToolSettings
from deploy.demo.tools.site import create_tool
from deploy.demo.web_server import serve


def main() -> None:
    """Serves until the process is ended. The two secrets come from the environment, never from the command line."""
    parser = argparse.ArgumentParser(prog="python -m deploy.demo.tools")
    parser.add_argument("--tool", choices=sorted(CLIENT_IDS), required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--issuer", required=True, help="the broker's issuer")
    chosen = parser.parse_args()
    settings = ToolSettings(
        key=chosen.tool,
        client_id=CLIENT_IDS[chosen.tool],
        scope=SCOPES[chosen.tool],
        issuer=chosen.issuer,
        base_url=f"http://localhost:{chosen.port}",
        client_secret=os.environ["TOOL_CLIENT_SECRET"],
        session_secret=os.environ["TOOL_SESSION_SECRET"],
    )
    serve(create_tool(settings), chosen.port)


if __name__ == "__main__":
    main()
