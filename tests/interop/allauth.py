"""The Django site of `allauth_site` as a process of its own, with its database in a folder that goes with it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

from tests.support.servers import until

TOP = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class AllauthSite:
    """One site: a client of the broker."""

    client_id: str
    port: int

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def login(self) -> str:
        return f"{self.url}/accounts/oidc/stadt/login/"

    def client_file(self) -> str:
        """What the operator of such a site hands in: the preset knows the rest."""
        return f"""
client_id = "{self.client_id}"
name = "Beteiligung (adhocracy+)"
preset = "adhocracyplus"
base_url = "{self.url}"
slug = "stadt"
sector = "{self.client_id}.example"
secret = {{ env = "ALLAUTH_CLIENT_SECRET" }}

[operator]
name = "Stadt Beispielhausen"
contact = "adhocracy@beispielhausen.example"
privacy_url = "{self.url}/privacy"

[[claims]]
name = "preferred_username"
required = true
purpose = {{ de = "Steht neben Ihren Beiträgen.", en = "Is shown beside your contributions." }}
"""

    @contextmanager
    def served(self, folder: Path, issuer: str, secret: str) -> Iterator[None]:
        """The site runs for a block."""
        settings = {
            "DJANGO_SETTINGS_MODULE": "tests.interop.allauth_site.settings",
            "OIDC_CLIENT_ID": self.client_id,
            "OIDC_CLIENT_SECRET": secret,
            "OIDC_ISSUER": issuer,
            "SITE_DATABASE": str(folder / "site.sqlite"),
        }
        django = [sys.executable, "-m", "django"]
        subprocess.run([*django, "migrate", "--verbosity", "0"], cwd=TOP, env=os.environ | settings, check=True, timeout=120)
        with (folder / "site.log").open("w") as log:
            command = [*django, "runserver", "--noreload", "--verbosity", "0", f"127.0.0.1:{self.port}"]
            process = subprocess.Popen(command, cwd=TOP, env=os.environ | settings, stdout=log, stderr=subprocess.STDOUT)
            try:
                until(lambda: process.poll() is not None or self._answers(), 60, "the Django site to start")
                assert process.poll() is None, (folder / "site.log").read_text()[-2000:]
                yield
            finally:
                process.terminate()
                process.wait(20)

    def _answers(self) -> bool:
        try:
            return requests.get(self.url, timeout=2).status_code == 200
        except requests.ConnectionError:
            return False
