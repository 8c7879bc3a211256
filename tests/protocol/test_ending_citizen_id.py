"""A citizen ID that will be switched off: its citizens are told the day, and add another one before (citizen IDs 3, migration rule)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from broker.core.errors import ConfigurationError
from broker.upstream.realm_files import load_identity_providers
from tests.support.account import linked, links, several_citizen_ids, signs_in
from tests.support.app import Broker
from tests.support.browser import Browser
from tests.support.realm_config import BentConfig
from tests.support.tool import Tool

DAY = "30. Juni 2027"


@pytest.fixture
def config(tmp_path: Path) -> BentConfig:
    return BentConfig(tmp_path / "realm-config")


@pytest.fixture
def ending(broker: Broker) -> None:
    """BundID has announced its last day."""
    several_citizen_ids(broker)
    stores = broker.parts.stores
    stores.providers.replace_all([replace(one, ending_on="2027-06-30" if one.alias == "bundid" else "") for one in stores.providers.list()])


@pytest.mark.usefixtures("ending")
def test_choice_and_account_page_name_the_day(broker: Broker, browser: Browser, tool: Tool) -> None:
    assert DAY in browser.opens(tool.url()).text
    page = signs_in(broker, browser)
    assert DAY in page.text
    assert "BundID wird abgeschaltet" in page.text


@pytest.mark.usefixtures("ending")
def test_with_another_one_the_account_outlives_it(broker: Broker, browser: Browser, tool: Tool) -> None:
    signs_in(broker, browser)
    page = links(broker, browser, "erika-bavarian")
    assert "BundID wird abgeschaltet" not in page.text
    account = broker.session_of(browser).subject_id
    stores = broker.parts.stores
    stores.providers.replace_all([replace(one, enabled=one.alias != "bundid") for one in stores.providers.list()])
    later = broker.browser()
    assert 'id="provider-bundid"' not in later.opens(tool.url()).text
    signs_in(broker, later, "erika-bavarian", "bayernid")
    assert broker.session_of(later).subject_id == account
    assert len(linked(broker, later)) == 2


def test_one_without_a_last_day_names_none(broker: Broker, browser: Browser, tool: Tool) -> None:
    assert "abgeschaltet" not in browser.opens(tool.url()).text
    assert "abgeschaltet am" not in signs_in(broker, browser).text


def test_the_file_says_the_day(config: BentConfig) -> None:
    config.replace("identity-providers/bundid.yaml", "  position: 10\n", '  position: 10\n  ending_on: "2027-06-30"\n')
    (bundid, *_) = load_identity_providers(config.folder, "local", {})
    assert bundid.ending_on == "2027-06-30"
    assert bundid.ends is not None


@pytest.mark.parametrize("written", ['"30.06.2027"', '"2027-02-30"', '"soon"'])
def test_a_day_that_is_none_is_refused_with_its_line(config: BentConfig, written: str) -> None:
    config.replace("identity-providers/bundid.yaml", "  position: 10\n", f"  position: 10\n  ending_on: {written}\n")
    with pytest.raises(ConfigurationError, match=r"bundid\.yaml:\d+: .*last day"):
        load_identity_providers(config.folder, "local", {})
