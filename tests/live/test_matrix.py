"""Every citizen ID with every test person at a real Keycloak: claims, level and errors equal the golden files.

`golden/<citizen ID>.yaml` is meant to be read by people. `UPDATE_GOLDEN=1` writes them anew; read the difference before it is committed.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import yaml

from broker.core.errors import BrokerError
from broker.core.subject import UpstreamIdentity
from broker.core.trust import TrustLevel
from deploy.demo.citizen import Citizen
from deploy.demo.citizen_browser import Lost
from deploy.demo.persons import load_persons
from tests.live.all_ids import ALIASES, AllIds
from tests.live.hub_visit import Hub

pytestmark = [pytest.mark.live, pytest.mark.timeout(900)]

GOLDEN = Path(__file__).parent / "golden"
Entry = dict[str, object]


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
    claims = {name: f"{_shown(held.value)} {held.trust.word}" for name, held in sorted(identity.claims.items())}
    entry: Entry = {"level": identity.trust.word, "methods": " ".join(identity.amr), "subject": identity.subject_type}
    if identity.is_test_account:
        entry["for trying out"] = "turned away where real accounts are expected"
    if identity.person:
        entry["one voice by"] = "name and birth date"
    return {**entry, "claims": claims}


def _shown(value: object) -> str:
    """As JSON. Of ages only the lower ones: the test persons grow older, and reach 60 or 65 one day."""
    ages = value if isinstance(value, list) and all(isinstance(one, int) for one in value) else None
    return json.dumps([age for age in ages if age <= 27] if ages else value, ensure_ascii=False)


def test_up_12_no_golden_claim_is_vouched_for_beyond_its_sign_in() -> None:
    for alias in ALIASES:
        for entry in yaml.safe_load((GOLDEN / f"{alias}.yaml").read_text(encoding="utf-8")).values():
            levels = [TrustLevel.from_word(claim.rpartition(" ")[2]) for claim in entry.get("claims", {}).values()]
            assert all(level <= TrustLevel.from_word(entry["level"]) for level in levels)
