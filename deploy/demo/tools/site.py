"""The Flask application of a demo tool: its pages, the way to the broker and back, and the back-channel logout."""

import json
from collections.abc import Callable
from typing import Any

import jwt
from flask import Flask, Response, jsonify, make_response, redirect, render_template, request, session
from werkzeug.wrappers import Response as AnyResponse

from deploy.demo.tools.backchannel import LogoutTokens, RefusedLogoutToken
from deploy.demo.tools.broker_client import BrokerClient, SignInFailed
from deploy.demo.tools.sessions import ToolSession, ToolSessions
from deploy.demo.tools.settings import ToolSettings

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self' {broker}"
)
SESSION = "session"


def create_tool(settings: ToolSettings) -> Flask:
    """The application of one tool."""
    app = Flask(__name__)
    app.config.update(
        SECRET_KEY=settings.session_secret,
        SESSION_COOKIE_NAME=f"{settings.client_id}_session",  # all demo sites share the host localhost
        SESSION_COOKIE_SAMESITE="Lax",
    )
    tool = Tool(settings, BrokerClient(app, settings), ToolSessions())
    for path, view, methods in tool.routes():
        app.add_url_rule(path, view.__name__, view, methods=methods)
    app.register_error_handler(SignInFailed, tool.show_failure)
    app.context_processor(tool.what_every_page_shows)
    app.add_template_filter(_pretty, "pretty")
    app.after_request(_with_headers(CONTENT_SECURITY_POLICY.format(broker=settings.issuer)))
    return app


class Tool:
    """The views of one tool."""

    def __init__(self, settings: ToolSettings, broker: BrokerClient, sessions: ToolSessions) -> None:
        self.settings = settings
        self.broker = broker
        self.sessions = sessions
        self._logout_tokens: LogoutTokens | None = None

    def routes(self) -> list[tuple[str, Callable[..., Any], list[str]]]:
        """Path, view and methods of everything this tool answers."""
        return [
            ("/", self.home, ["GET"]),
            ("/login", self.login, ["GET"]),
            ("/callback", self.callback, ["GET"]),
            ("/received", self.received, ["GET"]),
            ("/logout", self.logout, ["POST"]),
            ("/signed-out", self.signed_out, ["GET"]),
            ("/backchannel-logout", self.backchannel_logout, ["POST"]),
            ("/healthz", self.healthz, ["GET"]),
        ]

    def home(self) -> str:
        return render_template(f"{self.settings.key}.html")

    def login(self) -> AnyResponse:
        """Begins a sign-in; `level=high` asks for the highest level, `silent=1` for an answer without any page."""
        return self.broker.begin(level=request.args.get("level", ""), silent="silent" in request.args)

    def callback(self) -> AnyResponse:
        received = self.broker.complete(request.args)
        self.sessions.end(session.get(SESSION))
        session.clear()
        session[SESSION] = self.sessions.add(received)
        return redirect("/received", 303)

    def received(self) -> AnyResponse | str:
        return render_template("received.html") if self.current() else redirect("/", 303)

    def logout(self) -> AnyResponse:
        """Ends the session here, then at the broker."""
        ended = self.sessions.end(session.get(SESSION))
        session.clear()
        return self.broker.sign_out(ended) if ended else redirect("/signed-out", 303)

    def signed_out(self) -> str:
        return render_template("signed-out.html")

    def backchannel_logout(self) -> Response:
        """The broker says, from server to server, that a citizen's session has ended."""
        try:
            logout = self._tokens().read(request.form.get("logout_token", ""))
        except RefusedLogoutToken as refused:
            return _plain(400, {"error": "invalid_request", "error_description": str(refused)})
        except (jwt.PyJWKClientConnectionError, SignInFailed):
            return _plain(503, {"error": "temporarily_unavailable"})
        if not self.sessions.is_first_use(logout.jti):
            return _plain(400, {"error": "invalid_request", "error_description": "jti was used before"})
        self.sessions.end_all_of(logout.sid, logout.sub)
        return _plain(200, {})

    def healthz(self) -> Response:
        return jsonify(status="ok")

    def show_failure(self, failure: SignInFailed) -> tuple[str, int]:
        """A page that says in plain words why nobody is signed in, and what to do."""
        return render_template("failed.html", error=failure.error, description=failure.description), 400

    def current(self) -> ToolSession | None:
        return self.sessions.find(session.get(SESSION))

    def what_every_page_shows(self) -> dict[str, object]:
        return {"tool": self.settings, "citizen": self.current()}

    def _tokens(self) -> LogoutTokens:
        if self._logout_tokens is None:
            keys = self.broker.metadata()["jwks_uri"]
            self._logout_tokens = LogoutTokens(self.settings.issuer, self.settings.client_id, keys)
        return self._logout_tokens


def _plain(status: int, body: dict[str, str]) -> Response:
    return make_response(jsonify(body), status)


def _pretty(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True)


def _with_headers(policy: str) -> Callable[[Response], Response]:
    def add(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = policy
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        if request.endpoint != "static":
            response.headers["Cache-Control"] = "no-store"
        return response

    return add
