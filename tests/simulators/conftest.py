"""Simulated citizen IDs, each with one registered service provider, and a citizen to use them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from deploy.demo.bundid.app import create_app
from deploy.demo.bundid.simulator import SSO_PATH, Settings, Simulator
from deploy.demo.osi import simulator as osi
from deploy.demo.osi.app import create_app as create_osi
from deploy.demo.persons import load_persons
from deploy.demo.saml.keys import Keys
from deploy.demo.saml.vocabulary import NAMEID_PERSISTENT
from tests.support.bundid_citizen import BundidCitizen, Posted
from tests.support.saml_sp import Asks, SamlSp, rsa_pair

BASE_URL = "http://localhost:8082"


class Visited:
    """The way of a citizen through a simulator."""

    sp: SamlSp
    now: dt.datetime
    app: Flask
    sso_path: str

    def citizen(self, saml_request: str | None = None, **asks: Any) -> BundidCitizen:
        """A citizen standing at the first page, sent there with a signed request."""
        citizen = BundidCitizen(self.app.test_client())
        citizen.arrives(self.sso_path, saml_request or self.sp.signed(self.sp.request(self.now, Asks(**asks))))
        return citizen

    def receives(self, saml_request: str) -> TestResponse:
        return BundidCitizen(self.app.test_client()).arrives(self.sso_path, saml_request)

    def answer(self, by: str, person: str, *faults: str, **asks: Any) -> Posted:
        """The whole way of a citizen who agrees."""
        citizen = self.citizen(**asks)
        citizen.chooses(by, person)
        return citizen.confirms(*faults)


@dataclass
class Bundid(Visited):
    """The simulator, its service provider and its clock, as the tests of this folder speak of them."""

    sp: SamlSp
    folder: Path
    settings: Settings
    now: dt.datetime = dt.datetime(2026, 11, 26, 10, 0, tzinfo=dt.UTC)
    keys: Keys = field(default_factory=lambda: Keys(rsa_pair("idp signing"), rsa_pair("idp next"), b"salt-of-the-tests"))

    def __post_init__(self) -> None:
        (self.folder / "sp.xml").write_text(self.sp.metadata())
        self.sso_path = SSO_PATH
        self.simulator = Simulator(self.settings, self.keys, load_persons(), lambda: self.now)
        self.app = create_app(self.simulator)


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


@dataclass
class Osi(Visited):
    """The simulated Servicekonto SH, its service provider and its clock."""

    sp: SamlSp
    folder: Path
    settings: osi.Settings
    now: dt.datetime = dt.datetime(2026, 11, 26, 10, 0, tzinfo=dt.UTC)
    keys: Keys = field(default_factory=lambda: Keys(rsa_pair("idp signing"), rsa_pair("idp next"), b"salt-of-the-tests"))

    def __post_init__(self) -> None:
        (self.folder / "sp.xml").write_text(self.sp.metadata())
        self.sso_path = osi.SSO_PATH
        self.simulator = osi.Simulator(self.settings, self.keys, load_persons(), lambda: self.now)
        self.app = create_osi(self.simulator)


OSI_URL = "http://localhost:8084"
PLAIN = {"extension": False, "level": None, "name_id_format": NAMEID_PERSISTENT}
"""What a request looks like to whom the akdb extension means nothing."""


@pytest.fixture
def make_osi(tmp_path: Path) -> Callable[..., Osi]:
    """Builds a simulator; keyword arguments change its settings, ``sp`` its service provider."""

    def make(sp: SamlSp | None = None, **settings: Any) -> Osi:
        usual = osi.Settings(OSI_URL, sp_metadata=(str(tmp_path / "sp.xml"),), show_faults=True)
        endpoint = "https://keycloak.luebeck.example/realms/citizens/broker/sh/endpoint"
        return Osi(sp or SamlSp(OSI_URL + osi.SSO_PATH, acs_url=endpoint), tmp_path, replace(usual, **settings))

    return make


@pytest.fixture
def servicekonto(make_osi: Callable[..., Osi]) -> Osi:
    return make_osi()
