"""Every citizen ID with every test person at a real Keycloak: claims, level and errors equal the golden files.

`golden/<citizen ID>.yaml` is meant to be read by people. `UPDATE_GOLDEN=1` writes them anew; read the difference before it is committed.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from broker.core.errors import BrokerError
from broker.core.subject import UpstreamIdentity
from broker.core.trust import TrustLevel
from deploy.demo.citizen import Citizen
from deploy.demo.citizen_browser import Lost
from deploy.demo.keycloak_server import KeycloakServer
from deploy.demo.persons import load_persons
from tests.live.all_ids import AllIds, all_ids
from tests.live.hub_visit import Hub

pytestmark = [pytest.mark.live, pytest.mark.timeout(900)]

GOLDEN = Path(__file__).parent / "golden"
ALIASES = ("bundid", "bayernid", "sh", "muk", "oidc")
Entry = dict[str, object]


@pytest.fixture(scope="module")
def ids(keycloak: KeycloakServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AllIds]:
    with all_ids(keycloak, tmp_path_factory.mktemp("matrix")) as found:
        yield found


@pytest.mark.parametrize("alias", ALIASES)
def test_every_person_at_every_citizen_id_means_what_the_golden_file_says(ids: AllIds, alias: str) -> None:
    found = {f"{account} by {means}": _signs_in(ids, alias, account, means) for account, means in _accounts(alias)}
    path = GOLDEN / f"{alias}.yaml"
    if os.environ.get("UPDATE_GOLDEN") == "1":
        path.parent.mkdir(exist_ok=True)
        path.write_text(yaml.safe_dump(found, allow_unicode=True, sort_keys=False, width=140), encoding="utf-8")
    assert found == yaml.safe_load(path.read_text(encoding="utf-8"))
    assert len(found) >= 3


def test_every_account_of_the_test_persons_is_in_a_golden_file() -> None:
    for alias in ALIASES:
        golden = yaml.safe_load((GOLDEN / f"{alias}.yaml").read_text(encoding="utf-8"))
        assert golden.keys() == {f"{account} by {means}" for account, means in _accounts(alias)}


def _accounts(alias: str) -> list[tuple[str, str]]:
    return [(account.key, means) for person in load_persons() for account in person.accounts_at(alias) for means in account.means]


def _signs_in(ids: AllIds, alias: str, account: str, means: str) -> Entry:
    """What the broker makes of it, or the sentence that says why it makes nothing."""
    hub = Hub(ids.place, Citizen(), alias)
    try:
        return _read(hub.signs_in(account, means))
    except BrokerError as refusal:
        return {"refused": f"{type(refusal).__name__}: {refusal.detail}"}
    except Lost:
        return {"refused": "the hub shows its own page"}
    finally:
        hub.close()


def _read(identity: UpstreamIdentity) -> Entry:
    claims = {name: f"{json.dumps(held.value, ensure_ascii=False)} {held.trust.word}" for name, held in sorted(identity.claims.items())}
    entry: Entry = {"level": identity.trust.word, "methods": " ".join(identity.amr), "subject": identity.subject_type}
    if identity.person:
        entry["one voice by"] = "name and birth date"
    return {**entry, "claims": claims}


def test_up_12_no_golden_claim_is_vouched_for_beyond_its_sign_in() -> None:
    for alias in ALIASES:
        for entry in yaml.safe_load((GOLDEN / f"{alias}.yaml").read_text(encoding="utf-8")).values():
            levels = [TrustLevel.from_word(claim.rpartition(" ")[2]) for claim in entry.get("claims", {}).values()]
            assert all(level <= TrustLevel.from_word(entry["level"]) for level in levels)
