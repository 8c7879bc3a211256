"""The rest of the error family: what the protocol's extensions add (request objects, APIs, DPoP, devices, registration)."""

from __future__ import annotations

from broker.core.errors import BadRequest, BrokerError, InvalidGrant, InvalidRequest, InvalidToken, Refusal


class InvalidRequestObject(InvalidRequest):
    """The request object is unsigned, wrongly signed, not for us, expired, or says something else than it may (RFC 9101 6)."""

    code = "BP-400-REQUEST-OBJECT"
    oauth_error = "invalid_request_object"


class InvalidRequestUri(InvalidRequest):
    """The request_uri is unknown, expired, used, another client's, or names nothing that can be fetched (RFC 9101 6.2, RFC 9126 2.2)."""

    code = "BP-400-REQUEST-REFERENCE"
    oauth_error = "invalid_request_uri"


class InvalidTarget(InvalidRequest):
    """The resource is not an API that this client may ask tokens for (RFC 8707 2)."""

    code = "BP-400-TARGET"
    oauth_error = "invalid_target"


class MisusedGrant(InvalidGrant):
    """An alarm: a code or refresh token came a second time, or from a client it was not made for. All that it gave was revoked."""

    code = "BP-400-MISUSE"


class UnauthorizedClient(BadRequest):
    """The client may not use this grant, or may not use this endpoint (RFC 6749 5.2)."""

    code = "BP-400-UNAUTHORIZED-CLIENT"
    oauth_error = "unauthorized_client"


class InvalidDpopProof(BadRequest):
    """The DPoP proof is missing, malformed, old, used, or does not fit this request (RFC 9449 4.3)."""

    code = "BP-400-DPOP"
    oauth_error = "invalid_dpop_proof"


class UseDpopNonce(BadRequest):
    """The DPoP proof has to carry the nonce of this answer (RFC 9449 8)."""

    code = "BP-400-DPOP-NONCE"
    oauth_error = "use_dpop_nonce"


class UnprovenToken(InvalidToken):
    """The access token is bound to a key, and the request does not prove that it holds this key (RFC 9449 7.1)."""

    code = "BP-401-UNPROVEN"


class InvalidProofForToken(UnprovenToken):
    """The DPoP proof that came with an access token is malformed, old, used, or does not fit this request (RFC 9449 7.1)."""

    code = "BP-401-DPOP"
    oauth_error = "invalid_dpop_proof"


class UseDpopNonceForToken(UnprovenToken):
    """The DPoP proof that came with an access token has to carry the nonce of this answer (RFC 9449 9)."""

    code = "BP-401-DPOP-NONCE"
    oauth_error = "use_dpop_nonce"


class AuthorizationPending(BadRequest):
    """The citizen has not decided yet on the other device (RFC 8628 3.5)."""

    code = "BP-400-PENDING"
    oauth_error = "authorization_pending"


class SlowDown(BadRequest):
    """The device asks more often than it was told to (RFC 8628 3.5)."""

    code = "BP-400-SLOW-DOWN"
    oauth_error = "slow_down"


class ExpiredToken(BadRequest):
    """The device code is too old (RFC 8628 3.5)."""

    code = "BP-400-DEVICE-EXPIRED"
    oauth_error = "expired_token"


class DeviceRefused(BadRequest):
    """The citizen said no on the other device, or the sign-in there did not reach what is needed (RFC 8628 3.5)."""

    code = "BP-400-DEVICE-REFUSED"
    oauth_error = "access_denied"


class TooManyGuesses(Refusal):
    """Too many wrong user codes were typed from one address (RFC 8628 5.1)."""

    code = "BP-429-GUESSES"
    status = 429
    message_key = "error.too_many_guesses"


class TooManyCodes(Refusal):
    """Too many vouchers that are not good were typed in one browser or from one address. A good one is taken all the same."""

    code = "BP-429-VOUCHER"
    status = 429
    message_key = "error.too_many_codes"


class InvalidRedirectUri(BadRequest):
    """A redirect URI of a registration is not acceptable (RFC 7591 3.2.2)."""

    code = "BP-400-REGISTERED-REDIRECT"
    oauth_error = "invalid_redirect_uri"


class InvalidClientMetadata(BadRequest):
    """A registration asks for something that does not exist, does not fit together, or needs an administrator (RFC 7591 3.2.2)."""

    code = "BP-400-METADATA"
    oauth_error = "invalid_client_metadata"


class InvalidSoftwareStatement(BadRequest):
    """The software statement is not signed by somebody we trust, or contradicts itself (RFC 7591 3.2.2)."""

    code = "BP-400-STATEMENT"
    oauth_error = "invalid_software_statement"


class UnapprovedSoftwareStatement(BadRequest):
    """The software statement was made by somebody whom this provider does not take statements from (RFC 7591 3.2.2)."""

    code = "BP-400-STATEMENT-ISSUER"
    oauth_error = "unapproved_software_statement"


class TooManyAttempts(BrokerError):
    """Too many failed attempts came from one address; wait a minute. Whoever has the right credentials is served all the same."""

    code = "BP-429"
    status = 429
    oauth_error = "invalid_client"
    message_key = "error.bad_request"


class TooManyRegistrations(BrokerError):
    """Too many clients registered themselves from one address; wait an hour. Whoever has an invitation is served all the same."""

    code = "BP-429-REGISTRATION"
    status = 429
    oauth_error = "slow_down"
    message_key = "error.bad_request"
