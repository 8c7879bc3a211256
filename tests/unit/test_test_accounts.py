"""An account that a citizen ID marks as one for trying out signs in only where the file of the citizen ID expects such accounts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from broker.core.errors import UpstreamRefused
from broker.core.ports import UpstreamProof
from broker.core.subject import UpstreamIdentity
from broker.upstream.assertion import read_assertion
from tests.support.app import Hub
from tests.support.flow_scene import Scene
from tests.support.makers import provider
from tests.unit.test_vouching import TABLE


@pytest.fixture
def marked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever comes from the hub comes from a test account."""
    complete = Hub.complete

    def with_mark(self: Hub, answer: dict[str, str], proof: UpstreamProof) -> UpstreamIdentity:
        return replace(complete(self, answer, proof), is_test_account=True)

    monkeypatch.setattr(Hub, "complete", with_mark)


@pytest.mark.usefixtures("marked")
def test_where_real_accounts_are_expected_nobody_signs_in(scene: Scene) -> None:
    with pytest.raises(UpstreamRefused) as refused:
        scene.comes_back(scene.is_sent(scene.begins()))
    assert refused.value.request_id, "the citizen can try again with another account"


@pytest.mark.usefixtures("marked")
def test_where_it_is_expected_it_signs_in(scene: Scene) -> None:
    scene.providers.replace_all([provider("bundid", sandbox=True)])
    assert scene.comes_back(scene.is_sent(scene.begins())).session is not None


@pytest.mark.parametrize(
    ("said", "is_marked"),
    [(["true"], True), (["false"], False), ([" False "], False), ([], False), (["ja"], True), (["false", "true"], True)],
)
def test_any_word_but_a_plain_no_marks_the_account(said: list[str], is_marked: bool) -> None:
    note: dict[str, Any] = {"attributes": {"IstTestkonto": {"v": said}}}
    assert read_assertion(note, TABLE, "muk").is_test_account is is_marked


def test_a_citizen_id_without_such_a_mark_has_no_test_accounts() -> None:
    assert not read_assertion({"attributes": {"IstTestkonto": {"v": ["true"]}}}, TABLE, "bundid").is_test_account
