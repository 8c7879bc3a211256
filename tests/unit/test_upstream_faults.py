"""A hub that is away, slow, garbled or has new keys (UP-08; F-11 to F-13, F-15 to F-17; JT-15)."""

from __future__ import annotations

import json
import time

import pytest

from broker.core.errors import UpstreamRefused, UpstreamUnavailable
from broker.core.ports import UpstreamRequest
from broker.core.trust import TrustLevel
from broker.upstream import keycloak_login
from tests.support.clock import Clock
from tests.support.hub_scene import HubScene
from tests.support.stub_hub import Key, running_hub


class TestFaults:
    @pytest.mark.parametrize("path", ["/realms/citizens/.well-known/openid-configuration", "/token", "/jwks"])
    @pytest.mark.parametrize(("status", "body"), [(500, b"{}"), (502, b"<html>"), (503, b"")])
    def test_a_hub_in_trouble_is_an_outage_f_13(self, hub_scene: HubScene, path: str, status: int, body: bytes) -> None:
        hub_scene.hub.breaks(path, status, body)
        with pytest.raises(UpstreamUnavailable):
            hub_scene.completes()

    @pytest.mark.parametrize("body", [b"<html>login</html>", b'{"id_token": ', b"[]", b"null", b"\xff\xfe"])
    def test_garbage_instead_of_a_token_is_refused_f_13(self, hub_scene: HubScene, body: bytes) -> None:
        hub_scene.hub.breaks("/token", 200, body)
        with pytest.raises(UpstreamRefused):
            hub_scene.completes()

    def test_a_body_without_end_is_an_outage_up_08(self, hub_scene: HubScene) -> None:
        hub_scene.hub.breaks("/token", 200, b'{"id_token": "' + b"x" * 2_000_000)
        with pytest.raises(UpstreamUnavailable):
            hub_scene.completes()

    def test_a_slow_hub_is_given_up_at_the_deadline_f_12(self, clock: Clock) -> None:
        with running_hub() as hub:
            hub_scene = HubScene(hub, clock, deadline=0.3)
            hub_scene.login.discovery.metadata()
            hub.breaks("/token", 200, b"{}", after=2.0)
            began = time.monotonic()
            with pytest.raises(UpstreamUnavailable):
                hub_scene.completes()
            assert time.monotonic() - began < 1.5
            hub_scene.close()

    def test_a_sign_out_is_not_kept_waiting_by_a_late_answer_f_15(self, hub_scene: HubScene, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(keycloak_login, "END_SESSION_SECONDS", 0.3)
        hub_scene.login.discovery.metadata()
        hub_scene.hub.breaks("/logout", 200, after=2.0)
        began = time.monotonic()
        assert hub_scene.login.end_session("the-id-token") is False
        assert time.monotonic() - began < 1.5

    def test_nobody_waits_for_a_hub_that_is_away_f_11(self, hub_scene: HubScene) -> None:
        hub_scene.hub.breaks("/token", 503)
        for _ in range(3):
            with pytest.raises(UpstreamUnavailable):
                hub_scene.completes()
        before = hub_scene.hub.asked("/token")
        with pytest.raises(UpstreamUnavailable):
            hub_scene.completes()
        assert hub_scene.hub.asked("/token") == before

    def test_a_rotated_key_is_fetched_once_f_16(self, hub_scene: HubScene) -> None:
        assert hub_scene.completes()
        hub_scene.hub.keys = [Key("two")]
        assert hub_scene.completes()
        assert hub_scene.completes()
        assert hub_scene.hub.asked("/jwks") == 2

    def test_an_unknown_key_is_looked_for_once_not_in_a_storm_jt_15(self, hub_scene: HubScene) -> None:
        hub_scene.hub.signing_key = Key("stranger")
        with pytest.raises(UpstreamRefused):
            hub_scene.completes()
        for _ in range(5):
            with pytest.raises(UpstreamUnavailable):
                hub_scene.completes()
        assert hub_scene.hub.asked("/jwks") == 1

    def test_known_keys_go_on_while_the_key_set_is_away_f_17(self, hub_scene: HubScene) -> None:
        assert hub_scene.completes()
        hub_scene.hub.breaks("/jwks", 500)
        hub_scene.hub.signing_key = Key("two")
        with pytest.raises(UpstreamUnavailable):
            hub_scene.completes()
        hub_scene.hub.signing_key = None
        assert hub_scene.completes()

    def test_a_broken_key_does_not_spoil_the_others_up_08(self, hub_scene: HubScene) -> None:
        good = hub_scene.hub.keys[0].public()
        broken: list[object] = [{"kty": "EC", "kid": "bad", "crv": "P-256", "x": "!", "y": "!"}, 5, {"kty": "RSA"}, {"kid": 3}]
        hub_scene.hub.breaks("/jwks", 200, _json({"keys": [*broken, good]}))
        assert hub_scene.completes()

    def test_metadata_of_another_issuer_is_refused_up_08(self, hub_scene: HubScene) -> None:
        hub_scene.hub.breaks("/realms/citizens/.well-known/openid-configuration", 200, _json({"issuer": "https://evil.test"}))
        with pytest.raises(UpstreamRefused):
            hub_scene.login.begin(UpstreamRequest("bundid", TrustLevel.BASIC, "de"))


def _json(value: object) -> bytes:
    return json.dumps(value).encode()
