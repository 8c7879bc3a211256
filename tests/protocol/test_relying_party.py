"""Another library as relying party: Authlib's client signs in knowing nothing but the issuer, id and secret."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.jwk import KeySet
from requests import PreparedRequest, Response
from requests.adapters import BaseAdapter
from werkzeug.test import Client as WsgiClient

from tests.support.app import ISSUER, Broker
from tests.support.browser import Browser


class WsgiAdapter(BaseAdapter):
    """Lets `requests` talk to an application in this process."""

    def __init__(self, app: Any) -> None:
        super().__init__()
        self._client = WsgiClient(app, use_cookies=False)

    def send(self, request: PreparedRequest, *_: Any, **__: Any) -> Response:
        parts = urlsplit(request.url or "")
        answer = self._client.open(
            parts.path,
            query_string=parts.query,
            base_url=ISSUER,
            method=request.method or "GET",
            headers=dict(request.headers),
            data=request.body,
        )
        response = Response()
        response.status_code, response._content = answer.status_code, answer.get_data()
        response.headers.update(answer.headers)
        response.url, response.request = request.url or "", request
        return response

    def close(self) -> None:
        """Nothing is open."""


def test_authlibs_client_signs_in_and_reads_userinfo(broker: Broker, browser: Browser) -> None:
    tool = broker.tool()
    for method in ("client_secret_basic", "client_secret_post"):
        session = OAuth2Session(
            tool.client.client_id,
            tool.secret,
            token_endpoint_auth_method=method,
            scope="openid profile",
            redirect_uri=tool.client.redirect_uris[0],
            code_challenge_method="S256",
        )
        session.mount(ISSUER, WsgiAdapter(broker.app))
        metadata = session.get(f"{ISSUER}/.well-known/openid-configuration", withhold_token=True).json()
        url, state = session.create_authorization_url(metadata["authorization_endpoint"], nonce="n-1", code_verifier=tool.verifier)

        stop = browser.arrives_at(url)
        token = session.fetch_token(
            metadata["token_endpoint"], authorization_response=stop.location, state=state, code_verifier=tool.verifier
        )

        keys = KeySet.import_key_set(session.get(metadata["jwks_uri"], withhold_token=True).json())
        claims = jwt.decode(token["id_token"], keys, algorithms=["RS256"]).claims
        assert claims["nonce"] == "n-1"
        assert session.get(metadata["userinfo_endpoint"]).json()["sub"] == claims["sub"]
        session.close()
