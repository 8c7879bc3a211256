"""`broker doctor` on a new installation: one sentence per part and what to do, never a trace."""

from __future__ import annotations

from pathlib import Path

import pytest

from broker.app import build_examination, open_database
from broker.flows.examining import BROKEN, GOOD, WARNING
from broker.store.migrations import migrate
from broker.store.providers import Providers
from tests.support.app import PROVIDERS, settings
from tests.support.choice_pages import BAYERNID
from tests.support.library import LIST, listed
from tests.support.services import free_port


def _sentences(folder: Path, *, migrated: bool) -> dict[str, str]:
    """What is broken, by the name of the part."""
    chosen = settings(f"sqlite:///{folder / 'new.sqlite'}", "fake://", hub_issuer=f"http://localhost:{free_port()}/realms/citizens")
    if migrated:
        migrate(open_database(chosen))
    broken = [finding.sentence for finding in build_examination(chosen).findings() if finding.mark == BROKEN]
    return {sentence.partition(":")[0]: sentence for sentence in broken}


def test_an_empty_database_is_told_with_the_command_that_helps(tmp_path: Path) -> None:
    broken = _sentences(tmp_path, migrated=False)

    assert broken.keys() == {"Database", "Signing keys", "Citizen IDs", "Claim table", "Tools", "Hub", "Clock"}
    assert all("broker migrate" in broken[part] for part in ("Database", "Signing keys", "Citizen IDs", "Claim table", "Tools"))


def test_after_the_migration_each_part_names_its_own_command(tmp_path: Path) -> None:
    broken = _sentences(tmp_path, migrated=True)

    assert broken.keys() == {"Signing keys", "Citizen IDs", "Hub", "Clock"}
    assert "broker keys rotate" in broken["Signing keys"]
    assert "broker realm apply" in broken["Citizen IDs"]
    assert "is Keycloak running" in broken["Hub"]


def test_without_an_administrator_keycloaks_version_is_said_to_be_unseen(tmp_path: Path) -> None:
    chosen = settings(f"sqlite:///{tmp_path / 'new.sqlite'}", "fake://", hub_issuer=f"http://localhost:{free_port()}/realms/citizens")

    findings = build_examination(chosen).findings()

    assert any(finding.mark == WARNING and "version not looked at" in finding.sentence for finding in findings)


def test_keycloaks_version_is_judged_where_it_is_told(tmp_path: Path) -> None:
    chosen = settings(f"sqlite:///{tmp_path / 'new.sqlite'}", "fake://", hub_issuer=f"http://localhost:{free_port()}/realms/citizens")

    findings = build_examination(chosen, lambda: "26.7.3").findings()

    assert any(finding.mark == WARNING and "CVE-2026-18963" in finding.sentence for finding in findings)


@pytest.mark.parametrize(
    ("proxies", "text", "mark", "sentence"),
    [
        (0, "networks: {}", GOOD, "Networks: none listed."),
        (1, LIST, GOOD, "Networks: 2 listed."),
        (0, LIST, WARNING, "Networks: 2 listed, but BROKER_TRUSTED_PROXIES is 0: a proxy's own address would decide for all."),
        (1, "networks: []", BROKEN, "'networks' must be a mapping, found a list"),
    ],
)
def test_networks_without_a_trusted_proxy_are_worth_a_look(tmp_path: Path, proxies: int, text: str, mark: str, sentence: str) -> None:
    place = {
        "hub_issuer": f"http://localhost:{free_port()}/realms/citizens",
        "networks": listed(tmp_path, text),
        "trusted_proxies": proxies,
    }
    chosen = settings(f"sqlite:///{tmp_path / 'new.sqlite'}", "fake://", **place)

    (told,) = [finding for finding in build_examination(chosen).findings() if finding.sentence.startswith("Networks")]

    assert (told.mark, sentence in told.sentence) == (mark, True)


def test_a_31_a_citizen_id_switched_off_is_not_forgotten(tmp_path: Path) -> None:
    chosen = settings(f"sqlite:///{tmp_path / 'new.sqlite'}", "fake://", hub_issuer=f"http://localhost:{free_port()}/realms/citizens")
    database = open_database(chosen)
    migrate(database)
    providers = Providers(database)
    providers.replace_all([*PROVIDERS, BAYERNID])
    providers.switch("bayernid", off=True)

    told = [finding for finding in build_examination(chosen).findings() if finding.sentence.startswith("Citizen IDs")]

    assert [(finding.mark, finding.sentence) for finding in told] == [
        (WARNING, "Citizen IDs: bundid. Switched off: bayernid; back on by: broker providers enable")
    ]
