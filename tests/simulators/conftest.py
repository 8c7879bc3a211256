"""A simulated BundID with one registered service provider, and a citizen to use it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import TestResponse

from deploy.demo.bundid.app import create_app
from deploy.demo.bundid.simulator import SSO_PATH, Settings, Simulator
from deploy.demo.persons import load_persons
from deploy.demo.saml.keys import Keys
from tests.support.bundid_citizen import BundidCitizen, Posted
from tests.support.saml_sp import Asks, SamlSp, rsa_pair

BASE_URL = "http://localhost:8082"


@dataclass
class Bundid:
    """The simulator, its service provider and its clock, as the tests of this folder speak of them."""

    sp: SamlSp
    folder: Path
    settings: Settings
    now: dt.datetime = dt.datetime(2026, 11, 26, 10, 0, tzinfo=dt.UTC)
    keys: Keys = field(default_factory=lambda: Keys(rsa_pair("idp signing"), rsa_pair("idp next"), b"salt-of-the-tests"))

    def __post_init__(self) -> None:
        (self.folder / "sp.xml").write_text(self.sp.metadata())
        self.simulator = Simulator(self.settings, self.keys, load_persons(), lambda: self.now)
        self.app = create_app(self.simulator)

    def citizen(self, saml_request: str | None = None, **asks: Any) -> BundidCitizen:
        """A citizen standing at the first page, sent there with a signed request."""
        citizen = BundidCitizen(self.app.test_client())
        citizen.arrives(SSO_PATH, saml_request or self.sp.signed(self.sp.request(self.now, Asks(**asks))))
        return citizen

    def receives(self, saml_request: str) -> TestResponse:
        return BundidCitizen(self.app.test_client()).arrives(SSO_PATH, saml_request)

    def answer(self, by: str, person: str, *faults: str, **asks: Any) -> Posted:
        """The whole way of a citizen who agrees."""
        citizen = self.citizen(**asks)
        citizen.chooses(by, person)
        return citizen.confirms(*faults)


@pytest.fixture
def make_bundid(tmp_path: Path) -> Callable[..., Bundid]:
    """Builds a simulator; keyword arguments change its settings, ``sp`` its service provider."""

    def make(sp: SamlSp | None = None, **settings: Any) -> Bundid:
        usual = Settings(
            entity_id=f"{BASE_URL}/idp",
            base_url=BASE_URL,
            sp_metadata=(str(tmp_path / "sp.xml"),),
            show_faults=True,
        )
        return Bundid(sp or SamlSp(BASE_URL + SSO_PATH), tmp_path, replace(usual, **settings))

    return make


@pytest.fixture
def bundid(make_bundid: Callable[..., Bundid]) -> Bundid:
    return make_bundid()
