"""Where tools are registered from files: a folder, what is on record, and the commands' words."""

from __future__ import annotations

from pathlib import Path

import pytest

from broker.claim_table import load_claim_table
from broker.config import ROOT
from broker.core.errors import ConfigurationError
from broker.core.trust import TrustLevel
from broker.flows.registering import Registering
from broker.store.clients import Clients
from broker.store.providers import Providers
from broker.store.sql import Database
from tests.support.makers import provider

TABLE = load_claim_table(ROOT / "realm-config" / "claim-table.yaml")
PRESETS = ROOT / "clients" / "presets"
PEPPER = bytes(32)
SECRET = "a-secret-of-the-town-hall-0123456789"

KARTE = """
client_id = "karte"
name = "Mitmachkarte"
base_url = "https://karte.example.org"
redirect_uris = ["https://karte.example.org/callback"]

[operator]
name = "Stadt Beispiel"
"""


class Office:
    """Where tools are registered: a folder of files, and what is on record."""

    def __init__(self, folder: Path, database: Database) -> None:
        self.folder = folder
        self.environ: dict[str, str] = {}
        self.clients = Clients(database, seconds=0)
        providers = Providers(database, seconds=0)
        providers.replace_all([provider("bundid"), provider("sh", trust_ceiling=TrustLevel.SUBSTANTIAL)])
        self.registering = Registering(self.clients, providers, TABLE, PEPPER, self.environ)

    def file(self, name: str, text: str) -> Path:
        path = self.folder / f"{name}.toml"
        path.write_text(text, encoding="utf-8")
        return path

    def plan(self) -> list[str]:
        return self.registering.plan(self.folder, PRESETS).lines()

    def apply(self) -> dict[str, str]:
        return dict(self.registering.apply(self.folder, PRESETS).secrets)

    def complains(self) -> list[str]:
        """What is wrong, as `line: key: sentence` per file."""
        with pytest.raises(ConfigurationError) as caught:
            self.plan()
        return [line.removeprefix(f"{self.folder}/") for line in caught.value.detail.splitlines()]


@pytest.fixture
def office(tmp_path: Path, quick_database: Database) -> Office:
    folder = tmp_path / "registered"
    folder.mkdir()
    return Office(folder, quick_database)
