"""The broker as a client of the hub, against a stub that lies (UP-02, UP-04, UP-08, UP-12; F-11 to F-13, F-16, F-17; A-21 to A-28)."""

from __future__ import annotations

import hmac
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives import serialization

from broker.claim_table import load_claim_table
from broker.config import ROOT
from broker.core.errors import BrokerError, UpstreamCancelled, UpstreamRefused, UpstreamUnavailable
from broker.core.ports import UpstreamProof, UpstreamRequest
from broker.core.subject import UpstreamIdentity
from broker.core.trust import TrustLevel
from broker.upstream.discovery import Discovery
from broker.upstream.hub_connection import HubConnection
from broker.upstream.id_token import IdTokenCheck
from broker.upstream.keycloak_login import HubClient, KeycloakLogin
from tests.support.clock import Clock
from tests.support.stub_hub import BPK2, PROVED_BY, QAA, Key, StubHub, attribute, erika, running_hub

TABLE = load_claim_table(ROOT / "realm-config" / "claim-table.yaml")
CLIENT = HubClient("broker", "hub secret:+%", "https://broker.test/callback")


@dataclass
class Scene:
    """A sign-in that was begun, and what the hub will say to it."""

    hub: StubHub
    clock: Clock
    deadline: float = 5.0

    def __post_init__(self) -> None:
        connection = HubConnection(self.deadline)
        discovery = Discovery(connection, self.hub.issuer)
        check = IdTokenCheck(discovery, self.hub.issuer, "broker", ("ES256",), self.clock)
        self.close = connection.close
        self.login = KeycloakLogin(CLIENT, connection, discovery, check, TABLE, self.clock)
        self.proof = UpstreamProof("bundid", "nonce", "v" * 43, self.clock())
        self.clock.advance(seconds=5)

    def claims(self, **changes: Any) -> dict[str, Any]:
        now = int(self.clock().timestamp())
        usual = {"iss": self.hub.issuer, "aud": "broker", "azp": "broker", "sub": "lightweight-1", "sid": "hub-session", "nonce": "nonce"}
        usual |= {"exp": now + 60, "iat": now, "auth_time": now, "up_idp": "bundid", "up_principal": "bpk2-of-erika", "upstream": erika()}
        return {name: value for name, value in (usual | changes).items() if value is not ...}

    def completes(self, **changes: Any) -> UpstreamIdentity:
        self.hub.signs(self.claims(**changes))
        return self.answered()

    def answered(self, **answer: str) -> UpstreamIdentity:
        return self.login.complete({"code": "code", "state": "state", "iss": self.hub.issuer} | answer, self.proof)


@pytest.fixture
def scene(clock: Clock) -> Iterator[Scene]:
    with running_hub() as hub:
        made = Scene(hub, clock)
        yield made
        made.close()


class TestBeginning:
    def test_the_browser_carries_a_reference_only(self, scene: Scene) -> None:
        redirect = scene.login.begin(UpstreamRequest("bundid", TrustLevel.HIGH, "de-leicht"))
        query = parse_qs(urlsplit(redirect.url).query)
        assert query == {"client_id": ["broker"], "request_uri": ["urn:stub:1"]}
        pushed = scene.hub.pushed
        assert pushed["state"] == redirect.state
        assert pushed["nonce"] == redirect.nonce
        assert pushed["prompt"] == "login"
        assert pushed["kc_idp_hint"] == "bundid"
        assert pushed["bp_level"] == "4"
        assert pushed["ui_locales"] == "de"
        assert pushed["code_challenge_method"] == "S256"
        assert redirect.code_verifier not in pushed.values()

    def test_without_par_the_same_goes_by_the_browser(self, scene: Scene) -> None:
        scene.hub.with_par = False
        redirect = scene.login.begin(UpstreamRequest("bundid", TrustLevel.BASIC, "en"))
        query = parse_qs(urlsplit(redirect.url).query)
        assert query["state"] == [redirect.state]
        assert query["bp_level"] == ["1"]

    def test_no_more_is_asked_for_than_the_claims_need(self, scene: Scene) -> None:
        scene.login.begin(UpstreamRequest("bundid", TrustLevel.BASIC, "de", claims=("bp_age_over",)))
        asked = scene.hub.pushed["bp_attrs"].split()
        assert BPK2.removeprefix("urn:oid:") in asked
        assert "1.2.40.0.10.2.1.1.55" in asked
        assert "2.5.4.4" not in asked

    def test_every_secret_is_new_each_time(self, scene: Scene) -> None:
        one, two = (scene.login.begin(UpstreamRequest("bundid", TrustLevel.BASIC, "de")) for _ in range(2))
        assert len({one.state, one.nonce, one.code_verifier, two.state, two.nonce, two.code_verifier}) == 6

    def test_a_request_the_hub_does_not_take_is_refused(self, scene: Scene) -> None:
        scene.hub.breaks("/par", 400, b'{"error": "invalid_request"}')
        with pytest.raises(UpstreamRefused, match="invalid_request"):
            scene.login.begin(UpstreamRequest("bundid", TrustLevel.BASIC, "de"))


def test_a_good_answer_becomes_one_identity(scene: Scene) -> None:
    identity = scene.completes()
    assert identity.upstream_sub == "bpk2-of-erika"
    assert identity.trust is TrustLevel.HIGH
    assert identity.amr == ("sc", "pin", "mfa")
    assert identity.upstream_sid == "hub-session"
    assert identity.authenticated_at == scene.clock().replace(microsecond=0)
    held = {name: claim.value for name, claim in identity.claims.items()}
    assert held == {
        "name": "ERIKA MUSTERMANN",
        "given_name": "ERIKA",
        "family_name": "MUSTERMANN",
        "email": "erika.mustermann@post.example",
        "bp_age_over": [12, 14, 16, 18, 21, 27, 60],
        "bp_resident_of": ["05315000"],
        "bp_residence_evidence": "eid_ags",
    }
    assert identity.claims["email"].trust is TrustLevel.LOW
    assert scene.hub.redeemed["code_verifier"] == scene.proof.code_verifier
    assert scene.hub.redeemed["redirect_uri"] == CLIENT.redirect_uri


class TestAnswersThatAreNotOurs:
    @pytest.mark.parametrize("issuer", ["", "https://evil.test", "{}/", "{}x"])
    def test_another_issuer_is_refused_before_any_call_up_02(self, scene: Scene, issuer: str) -> None:
        with pytest.raises(UpstreamRefused):
            scene.answered(iss=issuer.format(scene.hub.issuer))
        assert scene.hub.calls == []

    def test_an_answer_without_code_and_error_is_refused(self, scene: Scene) -> None:
        with pytest.raises(UpstreamRefused):
            scene.answered(code="")

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
    def test_errors_of_the_hub_say_what_they_mean(self, scene: Scene, word: str, error: type[BrokerError]) -> None:
        with pytest.raises(error) as caught:
            scene.answered(error=word, code="")
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
    def test_a_token_that_is_wrong_in_one_thing_is_refused_up_04(self, scene: Scene, changes: dict[str, Any]) -> None:
        with pytest.raises(UpstreamRefused):
            scene.completes(**changes)

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
    def test_times_have_ten_seconds_of_tolerance_a_24(self, scene: Scene, claim: str, seconds: int, fine: bool) -> None:
        moment = int((scene.clock() + timedelta(seconds=seconds)).timestamp())
        if fine:
            assert scene.completes(**{claim: moment})
        else:
            with pytest.raises(UpstreamRefused):
                scene.completes(**{claim: moment})

    def test_an_unsigned_token_is_refused_jt_01(self, scene: Scene) -> None:
        for word in ("none", "None", "nOnE"):
            scene.hub.id_token = jwt.encode(scene.claims(), None, algorithm="none", headers={"kid": "one"})
            scene.hub.id_token = _with_header(scene.hub.id_token, alg=word)
            with pytest.raises(UpstreamRefused):
                scene.answered()

    def test_our_public_key_is_no_secret_jt_02(self, scene: Scene) -> None:
        public = scene.hub.keys[0].private.public_key()
        for encoding in (serialization.Encoding.DER, serialization.Encoding.PEM):
            key = public.public_bytes(encoding, serialization.PublicFormat.SubjectPublicKeyInfo)
            scene.hub.id_token = _hmac_signed(scene.claims(), key)
            with pytest.raises(UpstreamRefused):
                scene.answered()

    @pytest.mark.parametrize("header", [{"kid": "../../dev/null"}, {"jku": "http://evil.test/jwks"}, {"jwk": {"kty": "oct", "k": "AA"}}])
    def test_keys_come_from_the_hub_alone_jt_03(self, scene: Scene, header: dict[str, Any]) -> None:
        scene.hub.signing_key = Key("stranger")
        scene.hub.signs(scene.claims(), **header)
        with pytest.raises(UpstreamRefused):
            scene.answered()

    @pytest.mark.parametrize("typ", ["at+jwt", "logout+jwt"])
    def test_another_kind_of_token_is_refused_jt_14(self, scene: Scene, typ: str) -> None:
        scene.hub.signs(scene.claims(), typ=typ)
        with pytest.raises(UpstreamRefused):
            scene.answered()

    @pytest.mark.parametrize("token", ["", "a.b", "a.b.c", "." * 10_000, "x" * 100_000])
    def test_garbage_is_refused_jt_06(self, scene: Scene, token: str) -> None:
        scene.hub.id_token = token or None
        with pytest.raises(UpstreamRefused):
            scene.answered()

    def test_an_unknown_critical_extension_is_refused_jt_05(self, scene: Scene) -> None:
        scene.hub.signs(scene.claims(), crit=["b64"], b64=False)
        with pytest.raises(UpstreamRefused):
            scene.answered()


class TestLevels:
    """The lowest counts, unknown is none, nothing is believed beyond what was said (UP-12)."""

    @pytest.mark.parametrize(
        ("context", "attributes", "level"),
        [
            ("STORK-QAA-Level-4", {}, TrustLevel.HIGH),
            ("stork-qaa-level-1", {}, TrustLevel.BASIC),
            ("http://eidas.europa.eu/LoA/substantial", {}, TrustLevel.SUBSTANTIAL),
            ("Substanziell", {}, TrustLevel.SUBSTANTIAL),
            ("STORK-QAA-Level-4", {QAA: attribute("STORK-QAA-Level-3")}, TrustLevel.SUBSTANTIAL),
            ("STORK-QAA-Level-1", {QAA: attribute("STORK-QAA-Level-4")}, TrustLevel.BASIC),
            ("STORK-QAA-Level-4", {QAA: {"v": ["STORK-QAA-Level-4", "STORK-QAA-Level-1"]}}, TrustLevel.BASIC),
        ],
    )
    def test_the_lowest_counts(self, scene: Scene, context: str, attributes: dict[str, Any], level: TrustLevel) -> None:
        note = {"authn_context": context, "attributes": {PROVED_BY: attribute("eID")} | attributes}
        assert scene.completes(upstream=note).trust is level

    @pytest.mark.parametrize(
        "note",
        [
            {"attributes": {}},
            {"authn_context": "STORK-QAA-Level-5", "attributes": {}},
            {"authn_context": None, "attributes": {QAA: attribute("STORK-QAA-Level-4")}},
            {"authn_context": "STORK-QAA-Level-4", "attributes": {QAA: attribute("very high")}},
        ],
    )
    def test_an_unknown_level_is_no_sign_in(self, scene: Scene, note: dict[str, Any]) -> None:
        with pytest.raises(UpstreamRefused):
            scene.completes(upstream=note)

    def test_no_attribute_counts_for_more_than_the_sign_in(self, scene: Scene) -> None:
        identity = scene.completes(upstream=erika() | {"authn_context": "STORK-QAA-Level-2"})
        assert {claim.trust for claim in identity.claims.values()} == {TrustLevel.LOW}

    @pytest.mark.parametrize(
        ("word", "trust"), [("UNTERGEORDNET", TrustLevel.BASIC), ("Sehr hoch", TrustLevel.NONE), (None, TrustLevel.NONE)]
    )
    def test_an_attribute_counts_for_what_was_said_of_it(self, scene: Scene, word: str | None, trust: TrustLevel) -> None:
        note = erika()
        note["attributes"]["urn:oid:2.5.4.4"] = attribute("MUSTERMANN", word)
        identity = scene.completes(upstream=note)
        assert identity.claims["family_name"].trust is trust
        assert identity.claims["name"].trust is trust

    @pytest.mark.parametrize(
        ("means", "mfa", "amr"),
        [
            ("Benutzername", None, ("pwd",)),
            ("Benutzername", "true", ("pwd", "mfa")),
            ("Elster", "false", ("swk", "pin", "mfa")),
            ("eID", None, ("sc", "pin", "mfa")),
            ("Handauflegen", None, ()),
        ],
    )
    def test_means_become_amr(self, scene: Scene, means: str, mfa: str | None, amr: tuple[str, ...]) -> None:
        note = erika()
        note["attributes"][PROVED_BY] = attribute(means)
        if mfa:
            note["attributes"]["urn:oid:1.3.6.1.4.1.25484.494450.7"] = attribute(mfa)
        assert scene.completes(upstream=note).amr == amr

    def test_spaces_in_attribute_names_do_no_harm(self, scene: Scene) -> None:
        note = erika()
        note["attributes"]["urn:oid: 2.5.4.42"] = note["attributes"].pop("urn:oid:2.5.4.42")
        assert scene.completes(upstream=note).claims["given_name"].value == "ERIKA"


class TestFaults:
    @pytest.mark.parametrize("path", ["/realms/citizens/.well-known/openid-configuration", "/token", "/jwks"])
    @pytest.mark.parametrize(("status", "body"), [(500, b"{}"), (502, b"<html>"), (503, b"")])
    def test_a_hub_in_trouble_is_an_outage_f_13(self, scene: Scene, path: str, status: int, body: bytes) -> None:
        scene.hub.breaks(path, status, body)
        with pytest.raises(UpstreamUnavailable):
            scene.completes()

    @pytest.mark.parametrize("body", [b"<html>login</html>", b'{"id_token": ', b"[]", b"null", b"\xff\xfe"])
    def test_garbage_instead_of_a_token_is_refused_f_13(self, scene: Scene, body: bytes) -> None:
        scene.hub.breaks("/token", 200, body)
        with pytest.raises(UpstreamRefused):
            scene.completes()

    def test_a_body_without_end_is_an_outage_up_08(self, scene: Scene) -> None:
        scene.hub.breaks("/token", 200, b'{"id_token": "' + b"x" * 2_000_000)
        with pytest.raises(UpstreamUnavailable):
            scene.completes()

    def test_a_slow_hub_is_given_up_at_the_deadline_f_12(self, clock: Clock) -> None:
        with running_hub() as hub:
            scene = Scene(hub, clock, deadline=0.3)
            scene.login.discovery.metadata()
            hub.breaks("/token", 200, b"{}", after=2.0)
            began = time.monotonic()
            with pytest.raises(UpstreamUnavailable):
                scene.completes()
            assert time.monotonic() - began < 1.5
            scene.close()

    def test_nobody_waits_for_a_hub_that_is_away_f_11(self, scene: Scene) -> None:
        scene.hub.breaks("/token", 503)
        for _ in range(3):
            with pytest.raises(UpstreamUnavailable):
                scene.completes()
        before = scene.hub.asked("/token")
        with pytest.raises(UpstreamUnavailable):
            scene.completes()
        assert scene.hub.asked("/token") == before

    def test_a_rotated_key_is_fetched_once_f_16(self, scene: Scene) -> None:
        assert scene.completes()
        scene.hub.keys = [Key("two")]
        assert scene.completes()
        assert scene.completes()
        assert scene.hub.asked("/jwks") == 2

    def test_an_unknown_key_is_looked_for_once_not_in_a_storm_jt_15(self, scene: Scene) -> None:
        scene.hub.signing_key = Key("stranger")
        with pytest.raises(UpstreamRefused):
            scene.completes()
        for _ in range(5):
            with pytest.raises(UpstreamUnavailable):
                scene.completes()
        assert scene.hub.asked("/jwks") == 1

    def test_known_keys_go_on_while_the_key_set_is_away_f_17(self, scene: Scene) -> None:
        assert scene.completes()
        scene.hub.breaks("/jwks", 500)
        scene.hub.signing_key = Key("two")
        with pytest.raises(UpstreamUnavailable):
            scene.completes()
        scene.hub.signing_key = None
        assert scene.completes()

    def test_a_broken_key_does_not_spoil_the_others_up_08(self, scene: Scene) -> None:
        good = scene.hub.keys[0].public()
        broken: list[object] = [{"kty": "EC", "kid": "bad", "crv": "P-256", "x": "!", "y": "!"}, 5, {"kty": "RSA"}, {"kid": 3}]
        scene.hub.breaks("/jwks", 200, _json({"keys": [*broken, good]}))
        assert scene.completes()

    def test_metadata_of_another_issuer_is_refused_up_08(self, scene: Scene) -> None:
        scene.hub.breaks("/realms/citizens/.well-known/openid-configuration", 200, _json({"issuer": "https://evil.test"}))
        with pytest.raises(UpstreamRefused):
            scene.login.begin(UpstreamRequest("bundid", TrustLevel.BASIC, "de"))


class TestEndingTheSession:
    def test_the_hub_is_told_with_its_own_token(self, scene: Scene) -> None:
        assert scene.login.end_session("the-id-token") is True
        assert scene.hub.logouts == [{"id_token_hint": "the-id-token", "client_id": "broker"}]

    def test_a_hub_that_is_away_stops_nothing(self, scene: Scene) -> None:
        scene.hub.breaks("/logout", 503)
        assert scene.login.end_session("the-id-token") is False


def _with_header(token: str, **changes: str) -> str:
    header = jwt.get_unverified_header(token) | changes
    return ".".join([jwt.utils.base64url_encode(_json(header)).decode(), *token.split(".")[1:]])


def _hmac_signed(claims: dict[str, Any], key: bytes) -> str:
    parts = b".".join(map(jwt.utils.base64url_encode, (_json({"alg": "HS256", "typ": "JWT", "kid": "one"}), _json(claims))))
    signature = jwt.utils.base64url_encode(hmac.digest(key, parts, "sha256"))
    return f"{parts.decode()}.{signature.decode()}"


def _json(value: object) -> bytes:
    return json.dumps(value).encode()
