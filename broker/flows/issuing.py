"""Issuing: codes for tools, their redemption (once, decided in SQL), and what an access token still shows."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

from broker.core.claim import ClaimData
from broker.core.client import Client
from broker.core.client_policy import GrantType
from broker.core.errors import BrokerError, InvalidGrant, InvalidToken, StoreUnavailable
from broker.core.grant import (
    ACCESS_TOKEN_LIFETIME,
    CODE_LIFETIME,
    OFFLINE_ACCESS,
    OFFLINE_LIFETIME,
    OPENID,
    AccessToken,
    Grant,
    IssuedCode,
    access_hash,
    narrowed,
)
from broker.core.ids import fingerprint, keyed_hash, new_id, new_secret, same
from broker.core.next_step import Issue
from broker.core.oauth_errors import InvalidTarget, MisusedGrant, UnprovenToken
from broker.core.ports import Clock
from broker.core.request import AuthorizationRequest
from broker.core.session import BrokerSession
from broker.flows.judging import Judging
from broker.flows.naming import new_pseudonym
from broker.flows.recognising import Recognising
from broker.flows.refreshing import Refreshing
from broker.flows.releasing import PSEUDONYM_CLAIMS
from broker.store.codes import Codes
from broker.store.grants import Grants
from broker.store.subjects import Subjects

_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")  # RFC 7636 4.1


Prove = Callable[[str, Client], None]
"""Raises InvalidToken unless the caller proves to hold what an access token is bound to: (confirmation, the token's client)."""


def unproven(confirmation: str, client: Client) -> None:
    """For callers without any proof: only tokens that are bound to nothing pass. Raises UnprovenToken."""
    if confirmation:
        raise UnprovenToken


@dataclass(frozen=True, slots=True)
class CodeCall:
    """What a tool sends to redeem a code. `resources` empty: all APIs that were asked for; `confirmation`: the key it proved to hold."""

    code: str
    redirect_uri: str
    code_verifier: str | None
    resources: tuple[str, ...] = ()
    confirmation: str = ""


@dataclass(frozen=True, slots=True)
class Redeemed:
    """What a code turned into. `access_token` is the secret of the access token `token`; `refresh_token` is None where there is none.

    `id_token_values` are the claims that also go into the ID token (besides the protocol's own).
    """

    grant: Grant
    issued: IssuedCode
    token: AccessToken
    access_token: str
    refresh_token: str | None
    session: BrokerSession
    id_token_values: dict[str, ClaimData]

    @property
    def nonce(self) -> str | None:
        """What the tool sent along, for the ID token."""
        return self.issued.nonce


@dataclass(frozen=True, slots=True)
class Issuing:
    """Codes, grants and access tokens. `sid_key` makes the name of a session at a tool, so that two tools cannot compare it."""

    judging: Judging
    codes: Codes
    grants: Grants
    recognising: Recognising
    refreshing: Refreshing
    subjects: Subjects
    sid_key: bytes
    clock: Clock

    def code(self, request: AuthorizationRequest, session: BrokerSession, issue: Issue) -> str:
        """A new code for the tool; also counts as a sign of life of the session. One round trip to Redis."""
        issued, code = self.issued(request, session, issue), new_secret()
        self.codes.add(code, issued, session.touched(issued.created_at) if session.needs_touch(issued.created_at) else None)
        return code

    def issued(self, request: AuthorizationRequest, session: BrokerSession, issue: Issue) -> IssuedCode:
        """What a code made now stands for, whichever way it reaches the tool."""
        client = self._client(request.client_id)
        consent, offline = issue.standing.consent, OFFLINE_ACCESS in issue.scopes
        sub, pseudonym = self._known_as(client, session, issue)
        id_token_claims = self.judging.releasing.id_token_claims(client, request, issue.claims)
        self.recognising.voting.enter(issue.claims, issue.scopes, session)
        return IssuedCode(
            client_id=client.client_id,
            redirect_uri=request.redirect_uri,
            subject_id=session.subject_id,
            session_id=session.id,
            sub=sub,
            scopes=issue.scopes,
            claims=issue.claims,
            id_token_claims=id_token_claims,
            trust=issue.trust,
            amr=session.amr,
            auth_time=session.authenticated_at,
            created_at=self.clock(),
            consent_id=consent.id if consent and (offline or not client.first_party) else None,
            nonce=request.nonce,
            code_challenge=request.code_challenge,
            pseudonym=None if PSEUDONYM_CLAIMS.isdisjoint(id_token_claims) else pseudonym,
            audience=request.resources,
            confirmation=request.confirmation,
            offline=offline,
            refreshable=client.may_use(GrantType.REFRESH_TOKEN) and (offline or client.tokens.refresh_with_session),
        )

    def sid(self, session: BrokerSession, client_id: str) -> str:
        """What this tool calls the session: in its ID tokens, in logout tokens and, for some plugins, in authorization responses."""
        return keyed_hash(self.sid_key, session.id, client_id)

    def redeem(self, client_id: str, call: CodeCall) -> Redeemed:
        """Turn a code into a grant and its tokens. The client is authenticated already.

        Raises InvalidGrant and InvalidTarget. Any code that is presented is used up by it, also by the wrong client or with a wrong
        verifier (CO-03); a second use revokes what the first one issued (A-05). After an outage of SQL the code can be presented again.
        """
        issued = self.codes.take(call.code)
        if issued is None:
            raise self._refusal(fingerprint(call.code))
        self._check(issued, client_id, call)
        try:
            return self.settle(bound(issued, call.confirmation), fingerprint(call.code), call.resources)
        except StoreUnavailable:
            with suppress(BrokerError):  # the outage is told in any case; the gate decides should the grant be there after all
                self.codes.add(call.code, issued, None)
            raise

    def settle(self, issued: IssuedCode, code_hash: str, resources: tuple[str, ...] = ()) -> Redeemed:
        """Write the grant of a code that is good and was taken: the gate (A-48). Its tokens are bound to `issued.confirmation`; the
        access token is for `resources`, if those are not all that the code stands for (RFC 8707 2.2).

        Raises InvalidGrant, and StoreUnavailable when nobody knows what became of it: then the code has to be there for another try.
        """
        session, client, secret = self._session_of(issued), self._client(issued.client_id), new_secret()
        hashed, audience = access_hash(secret, client.tokens.access_token_jwt), narrowed(issued.audience, resources)
        for_all = audience == issued.audience
        grant = self._grant(issued, session, code_hash, hashed if for_all else fingerprint(new_secret()))
        if not self.grants.add(grant):
            raise self._refusal(code_hash)
        token = grant.first_token
        if not for_all:  # the grant's own token, which nobody gets, would be for all of them (RFC 8707 2.2)
            token = replace(token, access_hash=hashed, audience=audience)
            self.recognising.access_tokens.add(token)
        refresh_token = self.refreshing.first(grant) if issued.refreshable else None
        return Redeemed(grant, issued, token, secret, refresh_token, session, self._id_token_values(issued, session))

    def userinfo(self, access_token: str, prove: Prove = unproven) -> tuple[Client, dict[str, ClaimData]]:
        """The token's client; `sub` and the claims that record and citizen still allow. Raises InvalidToken, also when the session has
        ended (CN-05).

        A token for an API, or one whose scope has lost openid, is none for us (RFC 8707 3, A-09).
        """
        known = self.recognising.find(access_token)
        grant = known.live.grant if known else None
        if known is None or grant is None or known.live.token.audience or OPENID not in known.live.token.scopes:
            raise InvalidToken
        prove(known.live.token.confirmation, known.client)
        claims = self.recognising.claims(known.live, known.client)
        return known.client, {**self.recognising.values(known.client, grant, claims, known.session), "sub": grant.sub}

    def _refusal(self, code_hash: str) -> InvalidGrant:
        """Why a code gets nothing; what a first use of it got is revoked (RFC 6749 4.1.2)."""
        if self.grants.revoke_by_code(code_hash):
            return MisusedGrant("the code was used before; what it gave was revoked")
        return InvalidGrant()

    def _check(self, issued: IssuedCode, client_id: str, call: CodeCall) -> None:
        """Raises InvalidGrant unless everything the code is bound to fits (A-05), InvalidTarget for an API it is not for."""
        if not same(issued.client_id, client_id):
            raise MisusedGrant("the code belongs to another client; it is used up")
        fits = (
            same(issued.redirect_uri, call.redirect_uri)
            and _proves(call.code_verifier, issued.code_challenge)
            and self.clock() < issued.created_at + CODE_LIFETIME
        )
        if not fits:
            raise InvalidGrant
        if not set(call.resources) <= set(issued.audience):
            raise InvalidTarget

    def _session_of(self, issued: IssuedCode) -> BrokerSession:
        """The session, still that person's, with a citizen ID that the tool may still take (A-31). Raises InvalidGrant."""
        session = self.recognising.session(issued.session_id, issued.subject_id, issued.client_id)
        if session is None or not self.recognising.usable(session.provider_alias, issued.client_id):
            raise InvalidGrant
        return session

    def _grant(self, issued: IssuedCode, session: BrokerSession, code_hash: str, access_hash: str) -> Grant:
        now = self.clock()
        ends_at = now + OFFLINE_LIFETIME if issued.offline else session.expires_at
        return Grant(
            id=new_id(),
            code_hash=code_hash,
            access_hash=access_hash,
            client_id=issued.client_id,
            subject_id=issued.subject_id,
            session_id=session.id,
            sub=issued.sub,
            sid=self.sid(session, issued.client_id),
            scopes=issued.scopes,
            claims=issued.claims,
            trust=issued.trust,
            amr=issued.amr,
            auth_time=issued.auth_time,
            created_at=now,
            access_expires_at=min(now + ACCESS_TOKEN_LIFETIME, ends_at),
            expires_at=ends_at,
            consent_id=issued.consent_id,
            audience=issued.audience,
            confirmation=issued.confirmation,
            offline=issued.offline,
            provider_alias=session.provider_alias,
            upstream_hash=session.upstream_hash,
        )

    def _id_token_values(self, issued: IssuedCode, session: BrokerSession) -> dict[str, ClaimData]:
        if not issued.id_token_claims:
            return {}
        client = self._client(issued.client_id)
        return self.recognising.values_in_session(client, issued.id_token_claims, issued.scopes, session, issued.pseudonym)

    def _known_as(self, client: Client, session: BrokerSession, issue: Issue) -> tuple[str, str | None]:
        """`sub` and pseudonym at this sector of tools; a first-party tool, which asks for no consent, may be the first of it."""
        if issue.standing.sub is not None:
            return issue.standing.sub, issue.standing.pseudonym
        made = self.subjects.tool_subject(session.subject_id, client.subject_sector, new_pseudonym())
        return made.sub, made.pseudonym

    def _client(self, client_id: str) -> Client:
        client = self.judging.clients.find(client_id)
        if client is None:
            raise InvalidGrant("The tool is not registered any more.")
        return client


def bound(issued: IssuedCode, confirmation: str) -> IssuedCode:
    """The code with the key that whoever redeems it proved to hold. Raises InvalidGrant if another was announced (RFC 9449 10)."""
    if issued.confirmation == confirmation:
        return issued
    if issued.confirmation:
        raise InvalidGrant("the code is bound to another key")
    return replace(issued, confirmation=confirmation)


def _proves(verifier: str | None, challenge: str | None) -> bool:
    """S256 only; a verifier without a challenge is a downgrade, a challenge without a verifier is theft (A-04, RFC 7636 4.6)."""
    if challenge is None or verifier is None:
        return challenge is None and verifier is None
    if not _VERIFIER.fullmatch(verifier):
        return False
    digest = hashlib.sha256(verifier.encode()).digest()
    return same(base64.urlsafe_b64encode(digest).rstrip(b"=").decode(), challenge)
