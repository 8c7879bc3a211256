"""The broker as an OpenID Connect client of the hub: begins a sign-in, checks the answer, ends the hub's session.

Works with any OpenID Provider that keeps the hub's contract (`tests/live/test_hub_contract.py`): an ID token with `up_idp`,
`up_principal` and `upstream`. Knows no tool: it gets a citizen ID, a level and the names of claims.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote, urlencode

from broker.core.claim import ClaimTable
from broker.core.errors import UpstreamCancelled, UpstreamRefused, UpstreamUnavailable
from broker.core.ids import new_secret, same
from broker.core.ports import Clock, UpstreamLogout, UpstreamProof, UpstreamRedirect, UpstreamRequest
from broker.core.subject import UpstreamIdentity
from broker.core.trust import TrustLevel
from broker.core.upstream_errors import AttributesMissing, CitizenIdUnavailable
from broker.upstream.assertion import ALWAYS_READ, Assertion, read_assertion
from broker.upstream.discovery import Discovery, Metadata
from broker.upstream.hub_connection import Answer, HubConnection
from broker.upstream.id_token import IdTokenCheck
from broker.upstream.logout_token import LogoutTokenCheck

END_SESSION_SECONDS = 2.0
LONGEST_KEY = 1024
_ATTRIBUTES_MISSING = "IDP_REQUIRED_ATTRIBUTES_MISSING"  # BundID SB, StatusDetail; our Keycloak provider puts the names behind it
_MOST_NAMES = 30
_LANGUAGES = {"de-leicht": "de"}


@dataclass(frozen=True, slots=True)
class HubClient:
    """Who we are at the hub."""

    client_id: str
    client_secret: str
    redirect_uri: str

    @property
    def credentials(self) -> tuple[str, str]:
        """Form-encoded for client_secret_basic (RFC 6749 2.3.1)."""
        return quote(self.client_id, safe=""), quote(self.client_secret, safe="")


@dataclass(frozen=True, slots=True)
class KeycloakLogin:
    """Implements `core.ports.Upstream`."""

    client: HubClient
    connection: HubConnection
    discovery: Discovery
    id_tokens: IdTokenCheck
    logout_tokens: LogoutTokenCheck
    claim_table: ClaimTable
    clock: Clock

    def begin(self, request: UpstreamRequest) -> UpstreamRedirect:
        """Push the request to the hub (RFC 9126), so that the browser carries a reference only; plainly where the hub knows no PAR."""
        metadata = self.discovery.metadata()
        state, nonce, verifier = new_secret(), new_secret(), new_secret()
        parameters = self._parameters(request, state, nonce, verifier)
        if metadata.pushed:
            parameters = self._pushed(metadata, parameters)
        return UpstreamRedirect(f"{metadata.authorization}?{urlencode(parameters)}", state, nonce, verifier)

    def complete(self, answer: Mapping[str, str], proof: UpstreamProof) -> UpstreamIdentity:
        """See `Upstream.complete`. No call goes out before the answer names the right issuer (RFC 9207, UP-02)."""
        if not same(answer.get("iss", ""), self.id_tokens.issuer):
            raise UpstreamRefused("The answer is from another issuer.")
        if answer.get("error"):
            raise self._missing(answer, proof) or _refusal(answer["error"])
        if not answer.get("code"):
            raise UpstreamRefused("The answer has neither code nor error.")
        token = self._redeemed(answer["code"], proof)
        return self._identity(self.id_tokens.verified(token, proof), proof, token)

    def end_session(self, id_token: str) -> bool:
        """Sign out at the hub from server to server (RP-Initiated Logout 1.0); the hub does it without a page when it gets our ID token."""
        try:
            address = self.discovery.metadata().end_session
            parameters = {"id_token_hint": id_token, "client_id": self.client.client_id}
            answer = self.connection.get(address, parameters, END_SESSION_SECONDS) if address else None
        except (UpstreamUnavailable, UpstreamRefused):
            return False
        return answer is not None and answer.status < 400

    def read_logout(self, token: str) -> UpstreamLogout:
        """See `Upstream.read_logout`."""
        return self.logout_tokens.verified(token)

    def reachable(self) -> bool:
        """Whether the hub answers right now."""
        return self.discovery.reachable()

    def _parameters(self, request: UpstreamRequest, state: str, nonce: str, verifier: str) -> dict[str, str]:
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        level, attributes = max(request.trust, TrustLevel.BASIC), self._attributes(request)
        return {
            "client_id": self.client.client_id,
            "redirect_uri": self.client.redirect_uri,
            "response_type": "code",
            "scope": "openid",
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
            "prompt": "login",  # the broker owns single sign-on; whoever is sent there shall really sign in
            "kc_idp_hint": request.provider_alias,
            # An OpenID Connect account reads the vocabulary it knows; SAML ones are asked by `bp_level`.
            "acr_values": f"{level.acr} STORK-QAA-Level-{int(level)}",
            "ui_locales": _LANGUAGES.get(request.locale, request.locale),
            "bp_level": str(int(level)),
            "bp_attrs": " ".join(attributes),
            **_claims_parameter(attributes),
            **({"login_hint": request.login_hint} if request.login_hint else {}),
        }

    def _attributes(self, request: UpstreamRequest) -> dict[str, None]:
        """Attributes to ask the citizen ID for, as plain OIDs: what identifies and rates the sign-in, what the claims are made of."""
        mappings = self.claim_table.mappings_of(request.provider_alias)
        wanted = request.claims
        used = (one for one in mappings if wanted is None or one.claim in wanted or one.claim in ALWAYS_READ)
        return dict.fromkeys(source.removeprefix("urn:oid:") for mapping in used for source in mapping.sources)

    def _missing(self, answer: Mapping[str, str], proof: UpstreamProof) -> AttributesMissing | None:
        """What the citizen ID could not give, as claims; the browser may have edited the words, so only known attributes count."""
        word, *names = answer.get("error_description", "").split(" ")
        if answer["error"] != "access_denied" or word != _ATTRIBUTES_MISSING:
            return None
        return AttributesMissing(self.claim_table.claims_from(proof.provider_alias, names[:_MOST_NAMES]))

    def _pushed(self, metadata: Metadata, parameters: dict[str, str]) -> dict[str, str]:
        answer = self.connection.post(metadata.pushed, parameters, self.client.credentials)
        reference = answer.body.get("request_uri") if answer.status == 201 and answer.body else None
        if not isinstance(reference, str):
            raise UpstreamRefused(f"The hub did not take our request: {_error_word(answer)}.")
        return {"client_id": self.client.client_id, "request_uri": reference}

    def _redeemed(self, code: str, proof: UpstreamProof) -> str:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.client.redirect_uri,
            "code_verifier": proof.code_verifier,
        }
        answer = self.connection.post(self.discovery.metadata().token, form, self.client.credentials)
        token = answer.body.get("id_token") if answer.status == 200 and answer.body else None
        if not isinstance(token, str):
            raise UpstreamRefused(f"The hub did not redeem the code: {_error_word(answer)}.")
        return token

    def _identity(self, claims: dict[str, object], proof: UpstreamProof, token: str) -> UpstreamIdentity:
        assertion = read_assertion(claims.get("upstream"), self.claim_table, proof.provider_alias)
        if assertion.trust is TrustLevel.NONE:
            raise UpstreamRefused("The citizen ID did not say how sure it is of the person, or in unknown words.")
        sid, now = claims.get("sid"), self.clock()
        return UpstreamIdentity(
            provider_alias=proof.provider_alias,
            upstream_sub=_key(assertion, claims),
            trust=assertion.trust,
            amr=assertion.amr,
            claims=assertion.claims(self.claim_table, now),
            authenticated_at=datetime.fromtimestamp(float(str(claims["auth_time"])), UTC),
            upstream_sid=sid if isinstance(sid, str) else None,
            id_token=token,
            subject_type=assertion.subject_type(self.claim_table, now),
            person=assertion.person(self.claim_table, now),
            is_test_account=assertion.is_test_account,
        )


def _key(assertion: Assertion, claims: dict[str, object]) -> str:
    principal = claims.get("up_principal")
    if not isinstance(principal, str) or not 0 < len(principal) <= LONGEST_KEY:
        raise UpstreamRefused("The citizen ID gave no key for the person; guests cannot sign in.")
    return assertion.key(principal)


def _claims_parameter(attributes: Iterable[str]) -> dict[str, str]:
    """The same attributes in the words of OpenID Connect (Core 5.5), which the hub passes on to an account that speaks it."""
    names = dict.fromkeys(name.partition("/")[0] for name in attributes if not name[:1].isdigit())  # no object identifiers
    return {"claims": json.dumps({"id_token": names})} if names else {}


def _refusal(error: str) -> UpstreamCancelled | UpstreamUnavailable | UpstreamRefused:
    if error == "access_denied":
        return UpstreamCancelled()
    if error == "temporarily_unavailable":
        return CitizenIdUnavailable("The hub says that the citizen ID is out of order.")
    if error == "server_error":
        return UpstreamUnavailable("The hub says that it is out of order.")
    return UpstreamRefused("The hub refused the sign-in.")


def _error_word(answer: Answer) -> str:
    """The protocol's error word, if it is one; nothing else of a foreign answer gets into a log."""
    word = answer.body.get("error") if answer.body else None
    return word if isinstance(word, str) and word.isascii() and word.replace("_", "").isalnum() and len(word) < 50 else str(answer.status)
