"""A tool built with npm's openid-client: what it wants of the broker, and one run of its script per step."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.servers import missing

SCRIPT = Path(__file__).parent / "node" / "relying_party.mjs"
LIBRARY = Path(__file__).parents[1] / "node" / "node_modules" / "openid-client"
ADDRESS = "http://localhost:9"  # nobody listens there: the browser is stopped before it goes back to the tool


def run_node(script: Path, request: dict[str, Any]) -> dict[str, Any]:
    """What a script answers to a request; skips (in CI fails) where Node or the library is not there."""
    node = shutil.which("node") or missing("node is not installed")
    if not LIBRARY.exists():
        missing("openid-client is not installed (make node)")
    done = subprocess.run([node, script], input=json.dumps(request), capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@dataclass
class NodeTool:
    """One client of the broker. `asked` is what it remembers between begin and complete."""

    issuer: str
    client_id: str
    method: str
    id_token_alg: str
    secret: str = field(repr=False)
    algorithm: str = "oidc"
    asked: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def redirect_uri(self) -> str:
        return f"{ADDRESS}/{self.client_id}/callback"

    @property
    def after_sign_out(self) -> str:
        return f"{ADDRESS}/{self.client_id}/out"

    def begins(self, **more: str) -> str:
        """The address of the authorization request."""
        self.asked = self._runs({"do": "begin", "more": more})
        return str(self.asked["url"])

    def completes(self, answer: str, **changes: str) -> dict[str, Any]:
        """What the library makes of the broker's answer; `changes` are things it remembers wrongly."""
        return self._runs({"do": "complete", "answer": answer, **self.asked, **changes})

    def _runs(self, request: dict[str, Any]) -> dict[str, Any]:
        known = {
            "issuer": self.issuer,
            "clientId": self.client_id,
            "method": self.method,
            "secret": self.secret,
            "idTokenAlg": self.id_token_alg,
            "algorithm": self.algorithm,
            "redirectUri": self.redirect_uri,
            "afterSignOut": self.after_sign_out,
            "scope": "openid profile",
        }
        return run_node(SCRIPT, known | request)

    def client_file(self) -> str:
        """What the operator of such a tool hands in."""
        secret = "" if self.method == "none" else 'secret = { env = "NODE_CLIENT_SECRET" }'
        return f"""
client_id = "{self.client_id}"
name = "openid-client ({self.method})"
preset = "generic"
base_url = "{ADDRESS}"
redirect_uris = ["{self.redirect_uri}"]
post_logout_redirect_uris = ["{self.after_sign_out}"]
scopes = ["openid", "profile"]
sector = "{self.client_id}.example"
auth_method = "{self.method}"
id_token_alg = "{self.id_token_alg}"
{secret}

[operator]
name = "Stadt Beispielhausen"
contact = "node@beispielhausen.example"
privacy_url = "{ADDRESS}/privacy"

[[claims]]
name = "preferred_username"
required = true
purpose = {{ de = "Steht neben Ihren Beiträgen.", en = "Is shown beside your contributions." }}
"""
