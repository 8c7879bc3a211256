"""What a client says about itself when it registers, as JSON of the right shape and nothing more (RFC 7591 2, OIDC Registration 2).

Only the shape is judged here; what the values may be is judged by `client_metadata.py` on the resulting object. Members that nobody here
knows are ignored, so our own words for a client (status, first_party, sector ...) can never come in this way (OP-06).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, NoReturn

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from broker.core.errors import BrokerError
from broker.core.oauth_errors import InvalidClientMetadata, InvalidRedirectUri
from broker.flows.client_tables import ContentEncryption, EncryptionAlgorithm, SigningAlgorithm

LARGEST_BODY = 32 * 1024
_DEEPEST = 8  # {"jwks": {"keys": [{"x5c": ["..."]}]}} has five
_STRINGS = re.compile(r'"(?:[^"\\]|\\.)*"')

Address = Annotated[str, Field(max_length=2000)]
Word = Annotated[str, Field(min_length=1, max_length=200)]
Addresses = Annotated[list[Address], Field(max_length=20)]
Words = Annotated[list[Word], Field(max_length=10)]


class ClientDocument(BaseModel):
    """The members we know, each of its type. Null counts as left out (RFC 7592 2.2)."""

    model_config = ConfigDict(extra="ignore", strict=True, frozen=True, hide_input_in_errors=True)

    redirect_uris: Annotated[list[Address], Field(min_length=1, max_length=20)]
    client_name: Annotated[str, Field(max_length=80)] | None = None
    client_uri: Address | None = None
    logo_uri: Address | None = None
    policy_uri: Address | None = None
    tos_uri: Address | None = None
    contacts: Words | None = None
    application_type: Literal["web", "native"] = "web"
    scope: Annotated[str, Field(max_length=1000)] | None = None
    grant_types: Words | None = None
    response_types: Words | None = None
    token_endpoint_auth_method: Word = "client_secret_basic"
    token_endpoint_auth_signing_alg: SigningAlgorithm | None = None
    jwks: dict[str, Any] | None = None
    jwks_uri: Address | None = None
    tls_client_auth_subject_dn: Word | None = None
    tls_client_auth_san_dns: Word | None = None
    tls_client_auth_san_uri: Word | None = None
    tls_client_auth_san_ip: Word | None = None
    tls_client_auth_san_email: Word | None = None
    subject_type: Literal["pairwise", "public"] | None = None
    sector_identifier_uri: Address | None = None
    id_token_signed_response_alg: SigningAlgorithm = "RS256"
    id_token_encrypted_response_alg: EncryptionAlgorithm | None = None
    id_token_encrypted_response_enc: ContentEncryption | None = None
    userinfo_signed_response_alg: SigningAlgorithm | None = None
    userinfo_encrypted_response_alg: Word | None = None
    userinfo_encrypted_response_enc: Word | None = None
    request_object_signing_alg: SigningAlgorithm | None = None
    request_object_encryption_alg: Word | None = None
    request_object_encryption_enc: Word | None = None
    request_uris: Addresses | None = None
    require_signed_request_object: bool = False
    require_pushed_authorization_requests: bool = False
    authorization_signed_response_alg: SigningAlgorithm | None = None
    authorization_encrypted_response_alg: Word | None = None
    authorization_encrypted_response_enc: Word | None = None
    dpop_bound_access_tokens: bool = False
    tls_client_certificate_bound_access_tokens: bool = False
    default_max_age: Annotated[int, Field(ge=0, le=10**9)] | None = None
    require_auth_time: bool = False
    default_acr_values: Words | None = None
    initiate_login_uri: Address | None = None
    post_logout_redirect_uris: Addresses | None = None
    backchannel_logout_uri: Address | None = None
    backchannel_logout_session_required: bool = False
    frontchannel_logout_uri: Address | None = None
    frontchannel_logout_session_required: bool = False
    software_id: Word | None = None
    software_version: Word | None = None
    software_statement: Annotated[str, Field(max_length=8192)] | None = None


def read_object(raw: bytes) -> dict[str, object]:
    """A JSON object out of a body. Raises InvalidClientMetadata for anything else: doubled members and absurd depth are no JSON of ours."""
    if len(raw) > LARGEST_BODY:
        raise InvalidClientMetadata(f"the body is larger than {LARGEST_BODY} bytes")
    try:
        text = raw.decode()
        if _depth(text) > _DEEPEST:
            raise InvalidClientMetadata("the JSON is nested too deeply")
        found: object = json.loads(text, object_pairs_hook=_members, parse_constant=_refuse)
    except ValueError:
        raise InvalidClientMetadata("the body is not a JSON object in UTF-8") from None
    if not isinstance(found, dict):
        raise InvalidClientMetadata("the body is not a JSON object in UTF-8")
    return found


def read_document(members: Mapping[str, object]) -> ClientDocument:
    """The known members. Raises InvalidRedirectUri or InvalidClientMetadata, naming the member and never its value."""
    try:
        return ClientDocument.model_validate({name: value for name, value in members.items() if value is not None})
    except ValidationError as error:
        problem = error.errors()[0]
        raise _fault(str(problem["loc"][0]), "is missing" if problem["type"] == "missing" else str(problem["msg"])) from None


def _fault(name: str, what: str) -> BrokerError:
    kind = InvalidRedirectUri if name == "redirect_uris" else InvalidClientMetadata
    return kind(f"{name}: {what}")


def _members(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise InvalidClientMetadata("a member of the JSON stands there twice")
    return members


def _refuse(_: str) -> NoReturn:
    raise ValueError("NaN and Infinity are no JSON")


def _depth(text: str) -> int:
    """How deep the brackets go, counted without parsing: the parser itself would fall over its own stack."""
    depth = deepest = 0
    for mark in _STRINGS.sub("", text):
        if mark in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif mark in "]}":
            depth -= 1
    return deepest
