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
from broker.core.errors import BrokerError, InvalidGrant, InvalidToken, StoreUnavailable
from broker.core.grant import ACCESS_TOKEN_LIFETIME, CODE_LIFETIME, Grant, IssuedCode
from broker.core.ids import fingerprint, keyed_hash, new_id, new_secret, same
from broker.core.next_step import Issue
from broker.core.oauth_errors import UnprovenToken
from broker.core.ports import Clock
from broker.core.request import AuthorizationRequest
from broker.core.session import BrokerSession
from broker.flows.judging import Judging
from broker.flows.naming import new_pseudonym
from broker.flows.releasing import PSEUDONYM_CLAIMS
from broker.store.access_tokens import AccessTokens
from broker.store.codes import Codes
from broker.store.grants import Grants
from broker.store.sessions import Sessions
from broker.store.subjects import Subjects

_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")  # RFC 7636 4.1


Prove = Callable[[str, Client], None]
"""Raises InvalidToken unless the caller proves to hold what an access token is bound to: (confirmation, the token's client)."""


def unproven(confirmation: str, client: Client) -> None:
    """For callers without any proof: only tokens that are bound to nothing pass. Raises UnprovenToken."""
    if confirmation:
        raise UnprovenToken


@dataclass(frozen=True, slots=True)
class Redeemed:
    """What a code turned into. `id_token_values` are the claims that also go into the ID token (besides the protocol's own)."""

    grant: Grant
    issued: IssuedCode
    access_token: str
    session: BrokerSession
    id_token_values: dict[str, ClaimData]


@dataclass(frozen=True, slots=True)
class Issuing:
    """Codes, grants and access tokens. `sid_key` makes the name of a session at a tool, so that two tools cannot compare it."""

    judging: Judging
    codes: Codes
    grants: Grants
    access_tokens: AccessTokens
    sessions: Sessions
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
        consent = issue.standing.consent
        sub, pseudonym = self._known_as(client, session, issue)
        id_token_claims = self.judging.releasing.id_token_claims(client, request, issue.claims)
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
            consent_id=consent.id if consent and not client.first_party else None,
            nonce=request.nonce,
            code_challenge=request.code_challenge,
            pseudonym=None if PSEUDONYM_CLAIMS.isdisjoint(id_token_claims) else pseudonym,
            audience=request.resources,
            confirmation=request.confirmation,
        )

    def sid(self, session: BrokerSession, client_id: str) -> str:
        """What this tool calls the session: in its ID tokens, in logout tokens and, for some plugins, in authorization responses."""
        return keyed_hash(self.sid_key, session.id, client_id)

    def redeem(self, code: str, client_id: str, redirect_uri: str, code_verifier: str | None, confirmation: str) -> Redeemed:
        """Turn a code into a grant and its access token. The client is authenticated already, `confirmation` is the key it proved to hold.

        Raises InvalidGrant. Any code that is presented is used up by it, also by the wrong client or with a wrong verifier (CO-03);
        a second use revokes what the first one issued (A-05). After an outage of SQL the code can be presented again.
        """
        issued = self.codes.take(code)
        if issued is None:
            self.grants.revoke_by_code(fingerprint(code))
            raise InvalidGrant
        self._check(issued, client_id, redirect_uri, code_verifier)
        try:
            return self.settle(bound(issued, confirmation), fingerprint(code))
        except StoreUnavailable:
            with suppress(BrokerError):  # the outage is told in any case; the gate decides should the grant be there after all
                self.codes.add(code, issued, None)
            raise

    def settle(self, issued: IssuedCode, code_hash: str) -> Redeemed:
        """Write the grant of a code that is good and was taken: the gate (A-48). Its tokens are bound to `issued.confirmation`.

        Raises InvalidGrant, and StoreUnavailable when nobody knows what became of it: then the code has to be there for another try.
        """
        session = self._session_of(issued)
        access_token = new_secret()
        grant = self._grant(issued, session, code_hash, access_token)
        if not self.grants.add(grant):
            self.grants.revoke_by_code(code_hash)
            raise InvalidGrant
        return Redeemed(grant, issued, access_token, session, self._id_token_values(issued, session))

    def userinfo(self, access_token: str, prove: Prove = unproven) -> dict[str, ClaimData]:
        """`sub` and the claims that record and citizen still allow. Raises InvalidToken, also when the session has ended (CN-05)."""
        live = self.access_tokens.find(fingerprint(access_token))
        grant = live.grant if live else None
        client = self.judging.clients.find(grant.client_id) if grant else None
        session = self.sessions.find(grant.session_id) if grant else None
        if live is None or grant is None or client is None or session is None or not self._still_good(session, grant.subject_id):
            raise InvalidToken
        prove(live.token.confirmation, client)
        pseudonym = self._pseudonym(session, client, live.claims)
        return {"sub": grant.sub, **self.judging.releasing.values(client, live.claims, session, pseudonym)}

    def _check(self, issued: IssuedCode, client_id: str, redirect_uri: str, verifier: str | None) -> None:
        """Raises InvalidGrant unless everything the code is bound to fits (A-05)."""
        fits = (
            same(issued.client_id, client_id)
            and same(issued.redirect_uri, redirect_uri)
            and _proves(verifier, issued.code_challenge)
            and self.clock() < issued.created_at + CODE_LIFETIME
        )
        if not fits:
            raise InvalidGrant

    def _session_of(self, issued: IssuedCode) -> BrokerSession:
        session = self.sessions.find(issued.session_id)
        if session is None or not self._still_good(session, issued.subject_id):
            raise InvalidGrant
        return session

    def _still_good(self, session: BrokerSession, subject_id: str) -> bool:
        """Whether the session is that person's and its citizen ID has not been switched off (A-31)."""
        provider = self.judging.providers.find(session.provider_alias)
        return session.subject_id == subject_id and provider is not None and provider.enabled and session.live(self.clock())

    def _grant(self, issued: IssuedCode, session: BrokerSession, code_hash: str, access_token: str) -> Grant:
        now = self.clock()
        return Grant(
            id=new_id(),
            code_hash=code_hash,
            access_hash=fingerprint(access_token),
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
            access_expires_at=min(now + ACCESS_TOKEN_LIFETIME, session.expires_at),
            expires_at=session.expires_at,
            consent_id=issued.consent_id,
            confirmation=issued.confirmation,
        )

    def _id_token_values(self, issued: IssuedCode, session: BrokerSession) -> dict[str, ClaimData]:
        if not issued.id_token_claims:
            return {}
        client = self._client(issued.client_id)
        return self.judging.releasing.values(client, issued.id_token_claims, session, issued.pseudonym)

    def _pseudonym(self, session: BrokerSession, client: Client, claims: tuple[str, ...]) -> str | None:
        """Read from SQL only where a claim needs it."""
        if PSEUDONYM_CLAIMS.isdisjoint(claims):
            return None
        return self.judging.standings.find(session.subject_id, client).pseudonym

    def _known_as(self, client: Client, session: BrokerSession, issue: Issue) -> tuple[str, str | None]:
        """`sub` and pseudonym at this sector of tools; a first-party tool, which asks for no consent, may be the first of it."""
        if issue.standing.sub is not None:
            return issue.standing.sub, issue.standing.pseudonym
        made = self.subjects.tool_subject(session.subject_id, client.sector, new_pseudonym())
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
