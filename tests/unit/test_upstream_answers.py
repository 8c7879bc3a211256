"""Answers of the hub that are wrong in one thing (UP-02, UP-04, JT-01 to JT-06, JT-14; A-21 to A-28)."""

from __future__ import annotations

import hmac
import json
from datetime import timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization

from broker.core.errors import BrokerError, UpstreamCancelled, UpstreamRefused, UpstreamUnavailable
from tests.support.hub_scene import HubScene
from tests.support.stub_hub import Key


class TestAnswersThatAreNotOurs:
    @pytest.mark.parametrize("issuer", ["", "https://evil.test", "{}/", "{}x"])
    def test_another_issuer_is_refused_before_any_call_up_02(self, hub_scene: HubScene, issuer: str) -> None:
        with pytest.raises(UpstreamRefused):
            hub_scene.answered(iss=issuer.format(hub_scene.hub.issuer))
        assert hub_scene.hub.calls == []

    def test_an_answer_without_code_and_error_is_refused(self, hub_scene: HubScene) -> None:
        with pytest.raises(UpstreamRefused):
            hub_scene.answered(code="")

    @pytest.mark.parametrize(
        ("word", "error"),
        [
            ("access_denied", UpstreamCancelled),
            ("temporarily_unavailable", UpstreamUnavailable),
            ("server_error", UpstreamUnavailable),
            ("login_required", UpstreamRefused),
            ("<script>", UpstreamRefused),
        ],
    )
    def test_errors_of_the_hub_say_what_they_mean(self, hub_scene: HubScene, word: str, error: type[BrokerError]) -> None:
        with pytest.raises(error) as caught:
            hub_scene.answered(error=word, code="")
        assert word not in caught.value.detail or word.isidentifier()

    @pytest.mark.parametrize(
        "changes",
        [
            {"iss": "https://evil.test"},
            {"aud": "somebody"},
            {"aud": ["broker", "somebody"]},
            {"aud": None},
            {"azp": "somebody"},
            {"nonce": "old"},
            {"nonce": ...},
            {"nonce": 5},
            {"sub": ...},
            {"exp": ...},
            {"iat": ...},
            {"auth_time": ...},
            {"up_idp": "evil"},
            {"up_idp": ...},
            {"up_principal": ...},
            {"up_principal": ""},
            {"up_principal": 7},
            {"upstream": ...},
            {"upstream": "text"},
            {"upstream": {"attributes": {"a": "b"}}},
            {"exp": "tomorrow"},
            {"exp": 1e20},
            {"iat": True},
        ],
    )
    def test_a_token_that_is_wrong_in_one_thing_is_refused_up_04(self, hub_scene: HubScene, changes: dict[str, Any]) -> None:
        with pytest.raises(UpstreamRefused):
            hub_scene.completes(**changes)

    @pytest.mark.parametrize(
        ("claim", "seconds", "fine"),
        [
            ("exp", -5, True),
            ("exp", -11, False),
            ("iat", 5, True),
            ("iat", 61, False),
            ("nbf", 61, False),
            ("auth_time", -14, True),  # began 5 s ago, 10 s of tolerance
            ("auth_time", -17, False),
            ("auth_time", 61, False),
        ],
    )
    def test_times_have_ten_seconds_of_tolerance_a_24(self, hub_scene: HubScene, claim: str, seconds: int, fine: bool) -> None:
        moment = int((hub_scene.clock() + timedelta(seconds=seconds)).timestamp())
        if fine:
            assert hub_scene.completes(**{claim: moment})
        else:
            with pytest.raises(UpstreamRefused):
                hub_scene.completes(**{claim: moment})

    def test_an_unsigned_token_is_refused_jt_01(self, hub_scene: HubScene) -> None:
        for word in ("none", "None", "nOnE"):
            hub_scene.hub.id_token = jwt.encode(hub_scene.claims(), None, algorithm="none", headers={"kid": "one"})
            hub_scene.hub.id_token = _with_header(hub_scene.hub.id_token, alg=word)
            with pytest.raises(UpstreamRefused):
                hub_scene.answered()

    def test_our_public_key_is_no_secret_jt_02(self, hub_scene: HubScene) -> None:
        public = hub_scene.hub.keys[0].private.public_key()
        for encoding in (serialization.Encoding.DER, serialization.Encoding.PEM):
            key = public.public_bytes(encoding, serialization.PublicFormat.SubjectPublicKeyInfo)
            hub_scene.hub.id_token = _hmac_signed(hub_scene.claims(), key)
            with pytest.raises(UpstreamRefused):
                hub_scene.answered()

    @pytest.mark.parametrize("header", [{"kid": "../../dev/null"}, {"jku": "http://evil.test/jwks"}, {"jwk": {"kty": "oct", "k": "AA"}}])
    def test_keys_come_from_the_hub_alone_jt_03(self, hub_scene: HubScene, header: dict[str, Any]) -> None:
        hub_scene.hub.signing_key = Key("stranger")
        hub_scene.hub.signs(hub_scene.claims(), **header)
        with pytest.raises(UpstreamRefused):
            hub_scene.answered()

    @pytest.mark.parametrize("typ", ["at+jwt", "logout+jwt"])
    def test_another_kind_of_token_is_refused_jt_14(self, hub_scene: HubScene, typ: str) -> None:
        hub_scene.hub.signs(hub_scene.claims(), typ=typ)
        with pytest.raises(UpstreamRefused):
            hub_scene.answered()

    @pytest.mark.parametrize("token", ["", "a.b", "a.b.c", "." * 10_000, "x" * 100_000])
    def test_garbage_is_refused_jt_06(self, hub_scene: HubScene, token: str) -> None:
        hub_scene.hub.id_token = token or None
        with pytest.raises(UpstreamRefused):
            hub_scene.answered()

    def test_an_unknown_critical_extension_is_refused_jt_05(self, hub_scene: HubScene) -> None:
        hub_scene.hub.signs(hub_scene.claims(), crit=["b64"], b64=False)
        with pytest.raises(UpstreamRefused):
            hub_scene.answered()


def _with_header(token: str, **changes: str) -> str:
    header = jwt.get_unverified_header(token) | changes
    return ".".join([jwt.utils.base64url_encode(_json(header)).decode(), *token.split(".")[1:]])


def _hmac_signed(claims: dict[str, Any], key: bytes) -> str:
    parts = b".".join(map(jwt.utils.base64url_encode, (_json({"alg": "HS256", "typ": "JWT", "kid": "one"}), _json(claims))))
    signature = jwt.utils.base64url_encode(hmac.digest(key, parts, "sha256"))
    return f"{parts.decode()}.{signature.decode()}"


def _json(value: object) -> bytes:
    return json.dumps(value).encode()
