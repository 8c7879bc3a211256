"""The error family: static facts per class, so that the public catalogue (`web/ERRORS.md`) is generated from here.

`code` is what logs and pages show, `status` the HTTP status, `oauth_error` the protocol's word where one exists, `message_key` the
citizen's sentence in the message catalogues. The docstring is the operator's text. Instances carry only `detail`: an English ASCII
sentence for developers, never a secret or a citizen's datum.
"""

from __future__ import annotations

from typing import ClassVar


class BrokerError(Exception):
    """Something went wrong that nobody foresaw."""

    code: ClassVar[str] = "BP-500"
    status: ClassVar[int] = 500
    oauth_error: ClassVar[str | None] = "server_error"
    message_key: ClassVar[str] = "error.internal"

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail or (type(self).__doc__ or "").strip().splitlines()[0])
        self.detail = str(self)
        self.request_id: str | None = None  # the sign-in in progress, where one is known, so that a page can offer to try again


# --- outages: never reported as a refusal (A-47) -------------------------------------------------------------------------------------


class TemporarilyUnavailable(BrokerError):
    """A part the broker depends on does not answer. Nothing is lost; try again shortly."""

    code = "BP-503"
    status = 503
    oauth_error = "temporarily_unavailable"
    message_key = "error.unavailable"


class StoreUnavailable(TemporarilyUnavailable):
    """The SQL database or Redis does not answer."""

    code = "BP-503-STORE"


class UpstreamUnavailable(TemporarilyUnavailable):
    """Keycloak does not answer."""

    code = "BP-503-UPSTREAM"
    message_key = "error.upstream_unavailable"


# --- requests that cannot be trusted: shown on our own page, never redirected (A-02) --------------------------------------------------


class BadRequest(BrokerError):
    """A request to the broker is malformed."""

    code = "BP-400"
    status = 400
    oauth_error = "invalid_request"
    message_key = "error.bad_request"


class UnknownClient(BadRequest):
    """The client_id is missing, unknown or not live."""

    code = "BP-400-CLIENT"
    message_key = "error.unknown_client"


class ForeignRedirect(BadRequest):
    """The redirect URI is missing or not exactly one of the registered ones."""

    code = "BP-400-REDIRECT"
    message_key = "error.foreign_redirect"


class DoubledParameter(BadRequest):
    """A parameter was sent more than once (RFC 6749 3.1)."""

    code = "BP-400-DOUBLED"


class MethodNotAllowed(BadRequest):
    """This address does not take this HTTP method."""

    code = "BP-405"
    status = 405


class TooLarge(BadRequest):
    """A request is larger than anything the broker takes."""

    code = "BP-413"
    status = 413


class NotFound(BadRequest):
    """There is nothing at this address."""

    code = "BP-404"
    status = 404
    message_key = "error.not_found"


# --- a citizen's path that broke: shown on our own page --------------------------------------------------------------------------------


class Refusal(BrokerError):
    """The broker does not go on with this sign-in."""

    code = "BP-403"
    status = 403
    oauth_error = "access_denied"
    message_key = "error.denied"


class RequestExpired(Refusal):
    """The sign-in in progress is unknown or took longer than 15 minutes."""

    code = "BP-410-REQUEST"
    status = 410
    message_key = "error.request_expired"


class ForeignBrowser(Refusal):
    """The sign-in in progress was started in another browser (A-28, SE-02)."""

    code = "BP-403-BROWSER"
    message_key = "error.foreign_browser"


class FormExpired(Refusal):
    """A form was sent without a valid token against cross-site requests (SE-11)."""

    code = "BP-403-FORM"
    message_key = "error.form_expired"


class UpstreamRefused(BrokerError):
    """What came back from Keycloak cannot be trusted or used (signature, nonce, audience, provider, time)."""

    code = "BP-502-UPSTREAM"
    status = 502
    oauth_error = "server_error"
    message_key = "error.upstream_refused"


class UpstreamCancelled(Refusal):
    """The citizen, or the citizen ID, ended the sign-in there."""

    code = "BP-403-CANCELLED"
    message_key = "error.cancelled"


class AccountBlocked(Refusal):
    """The account was blocked or erased by an administrator."""

    code = "BP-403-BLOCKED"
    message_key = "error.blocked"


# --- refusals the judge pronounces; they reach the tool by redirect --------------------------------------------------------------------


class AccessDenied(Refusal):
    """The citizen said no."""

    code = "BP-403-DENIED"


class LoginRequired(Refusal):
    """prompt=none, and nobody suitable is signed in."""

    code = "BP-403-LOGIN"
    oauth_error = "login_required"
    message_key = "error.login_required"


class ConsentRequired(Refusal):
    """prompt=none, and the citizen has not agreed yet."""

    code = "BP-403-CONSENT"
    oauth_error = "consent_required"
    message_key = "error.consent_required"


class InteractionRequired(Refusal):
    """prompt=none, and a page would be needed."""

    code = "BP-403-INTERACTION"
    oauth_error = "interaction_required"
    message_key = "error.interaction_required"


class UnmetTrust(Refusal):
    """The level that the tool needs was not reached (OpenID Connect Core, Unmet Authentication Requirements)."""

    code = "BP-403-LEVEL"
    oauth_error = "unmet_authentication_requirements"
    message_key = "error.unmet_trust"


# --- authorization requests that are wrong although client and redirect URI are right: redirected --------------------------------------


class InvalidRequest(BrokerError):
    """A parameter of the authorization request is missing or malformed."""

    code = "BP-400-PARAM"
    status = 400
    oauth_error = "invalid_request"
    message_key = "error.bad_request"


class UnsupportedResponseType(InvalidRequest):
    """Only response_type=code exists (A-03)."""

    code = "BP-400-RESPONSE-TYPE"
    oauth_error = "unsupported_response_type"


class InvalidScope(InvalidRequest):
    """The scope is missing openid, absurdly long, or nothing of it is allowed to this client."""

    code = "BP-400-SCOPE"
    oauth_error = "invalid_scope"


class RequestNotSupported(InvalidRequest):
    """Request objects by value are not accepted from this client."""

    code = "BP-400-REQUEST"
    oauth_error = "request_not_supported"


class RequestUriNotSupported(InvalidRequest):
    """Request objects by reference are not accepted from this client."""

    code = "BP-400-REQUEST-URI"
    oauth_error = "request_uri_not_supported"


class RegistrationNotSupported(InvalidRequest):
    """Registration inside an authorization request is not accepted."""

    code = "BP-400-REGISTRATION"
    oauth_error = "registration_not_supported"


# --- token endpoint and userinfo: JSON -------------------------------------------------------------------------------------------------


class InvalidGrant(BadRequest):
    """The code is unknown, expired, used, another client's, or does not fit redirect URI or verifier."""

    code = "BP-400-GRANT"
    oauth_error = "invalid_grant"


class InvalidClient(BrokerError):
    """The client did not prove who it is: unknown, not live, wrong secret, or a method its record does not allow."""

    code = "BP-401-CLIENT"
    status = 401
    oauth_error = "invalid_client"
    message_key = "error.bad_request"


class UnsupportedGrantType(BadRequest):
    """The grant type is missing or none that this provider has."""

    code = "BP-400-GRANT-TYPE"
    oauth_error = "unsupported_grant_type"


class InvalidToken(BrokerError):
    """The access token is missing, unknown, expired or revoked (RFC 6750 3.1)."""

    code = "BP-401-TOKEN"
    status = 401
    oauth_error = "invalid_token"
    message_key = "error.bad_request"


# --- at rest, in files, by commands -----------------------------------------------------------------------------------------------------


class SealBroken(BrokerError):
    """A sealed value cannot be opened: it was changed, moved to another place, or sealed with another secret."""

    code = "BP-500-SEAL"


class ConfigurationError(BrokerError):
    """A setting or a file is wrong; the detail says which, where, and what would be right."""

    code = "BP-CONFIG"
    oauth_error = None
