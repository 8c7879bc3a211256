"""The tool's side of OpenID Connect: Authlib's Flask client, and by hand the checks it does not make."""

import hmac
import json
from collections.abc import Mapping
from typing import Any

from authlib.integrations.base_client import OAuthError
from authlib.integrations.flask_client import OAuth
from flask import Flask, redirect, session
from requests import RequestException
from werkzeug.wrappers import Response

from deploy.demo.tools.sessions import ToolSession
from deploy.demo.tools.settings import ToolSettings

ACR_HIGH = "http://eidas.europa.eu/LoA/high"
ASKED_LEVEL = "asked_level"


class SignInFailed(Exception):
    """A sign-in that ended without a session; `error` is the protocol's word for it, or one of ours."""

    def __init__(self, error: str, description: str = "") -> None:
        super().__init__(error)
        self.error = error
        self.description = description


class BrokerClient:
    """Begins and completes sign-ins at the broker, and ends them there."""

    def __init__(self, app: Flask, settings: ToolSettings) -> None:
        self._settings = settings
        self._remote = OAuth(app).register(  # type: ignore[no-untyped-call]  # Authlib ships no types for it
            "broker",
            client_id=settings.client_id,
            client_secret=settings.client_secret,
            server_metadata_url=f"{settings.issuer}/.well-known/openid-configuration",
            client_kwargs={"scope": settings.scope, "code_challenge_method": "S256", "default_timeout": 10},
        )

    def metadata(self) -> Mapping[str, Any]:
        """The broker's discovery document, fetched once. Raises SignInFailed if it cannot be had or is another's."""
        try:
            found: Mapping[str, Any] = self._remote.load_server_metadata()
        except (RequestException, ValueError) as away:
            raise SignInFailed("temporarily_unavailable") from away
        if found.get("issuer") != self._settings.issuer:  # OIDC Discovery 4.3
            raise SignInFailed("wrong_issuer")
        return found

    def begin(self, *, level: str, silent: bool) -> Response:
        """Sends the browser to the broker, asking for a level as essential if one is named."""
        self.metadata()
        parameters = {"prompt": "none"} if silent else {}
        if level == "high":
            parameters["acr_values"] = ACR_HIGH
            parameters["claims"] = json.dumps({"id_token": {"acr": {"essential": True, "value": ACR_HIGH}}})
        session[ASKED_LEVEL] = level
        answer: Response = self._remote.authorize_redirect(f"{self._settings.base_url}/callback", **parameters)
        return answer

    def complete(self, answer: Mapping[str, str]) -> ToolSession:
        """Turns the broker's answer into a session. Raises SignInFailed, also for an answer nobody asked for."""
        self._check_sender(answer)
        if "error" in answer:
            raise SignInFailed(answer["error"], answer.get("error_description", ""))
        try:
            token = self._remote.authorize_access_token()
            userinfo = self._remote.userinfo(token=token)
        except OAuthError as refused:
            raise SignInFailed(str(refused.error)) from refused
        except RequestException as away:
            raise SignInFailed("temporarily_unavailable") from away
        except Exception as wrong:  # a token that does not hold: Authlib and joserfc have no common error type
            raise SignInFailed("invalid_token") from wrong
        return self._checked(ToolSession(token["id_token"], dict(token["userinfo"]), dict(userinfo)))

    def sign_out(self, ended: ToolSession) -> Response:
        """Sends the browser to the broker's logout, and from there to our page that says so."""
        try:
            self.metadata()
        except SignInFailed:  # here it is over in any case
            return redirect(f"{self._settings.base_url}/signed-out", 303)
        answer: Response = self._remote.logout_redirect(
            post_logout_redirect_uri=f"{self._settings.base_url}/signed-out", id_token_hint=ended.id_token
        )
        return answer

    def _check_sender(self, answer: Mapping[str, str]) -> None:
        """RFC 9207 2.4 and the `state`, for errors as well: an answer must come from our broker and belong to this browser."""
        if not hmac.compare_digest(answer.get("iss", "").encode(), str(self.metadata()["issuer"]).encode()):
            raise SignInFailed("wrong_issuer")
        if f"_state_broker_{answer.get('state', '')}" not in session:
            raise SignInFailed("wrong_state")

    def _checked(self, received: ToolSession) -> ToolSession:
        if received.userinfo.get("sub") != received.claims["sub"]:  # OIDC Core 5.3.2
            raise SignInFailed("invalid_token")
        if session.pop(ASKED_LEVEL, "") == "high" and received.claims.get("acr") != ACR_HIGH:
            raise SignInFailed("unmet_authentication_requirements")
        return received
