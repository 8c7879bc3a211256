"""The hub's web side: `create_hub` makes the WSGI application; the pages carry the BundID simulator's ids."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flask import Flask, Response, abort, jsonify, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from deploy.demo.bundid.vocabulary import Means
from deploy.demo.hub.choices import logins_for, means_for, released
from deploy.demo.hub.provider import PROTOCOL, BadRequest, Hub, TokenError
from deploy.demo.hub.settings import HubSettings
from deploy.demo.hub.sign_ins import AuthenticationRequest, HubSession, SignIn
from deploy.demo.persons import Person, load_persons

COOKIE = "HUB_SESSION"
STATIC = Path(__file__).parents[1] / "saml" / "static"
# No form-action: Chromium applies it to the redirects that follow a form as well.
POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'"


def create_hub(settings: HubSettings, persons: tuple[Person, ...] | None = None) -> Flask:
    """The application of a hub with nothing in its memory."""
    app = Flask(__name__, static_folder=STATIC)
    app.config["MAX_CONTENT_LENGTH"] = 64 * 1024
    pages = HubPages(Hub(settings), load_persons() if persons is None else persons)
    realm = f"/realms/{settings.realm}"
    for path, view, methods in (
        (f"{realm}/.well-known/openid-configuration", pages.discovery, ["GET"]),
        (f"{realm}{PROTOCOL}/auth", pages.authorize, ["GET", "POST"]),
        (f"{realm}{PROTOCOL}/ext/par/request", pages.push, ["POST"]),
        (f"{realm}{PROTOCOL}/token", pages.token, ["POST"]),
        (f"{realm}{PROTOCOL}/certs", pages.certs, ["GET"]),
        (f"{realm}{PROTOCOL}/logout", pages.logout, ["GET", "POST"]),
        (f"{realm}/sign-in/<key>", pages.choose_means, ["GET"]),
        (f"{realm}/sign-in/<key>/<means>", pages.choose_person, ["GET", "POST"]),
        (f"{realm}/sign-in/<key>/review", pages.review, ["GET"]),
        (f"{realm}/sign-in/<key>/confirm", pages.confirm, ["POST"]),
        (f"{realm}/sign-in/<key>/cancel", pages.cancel, ["POST"]),
        ("/health/ready", pages.ready, ["GET"]),
    ):
        app.add_url_rule(path, view.__name__, view, methods=methods)
    app.register_error_handler(BadRequest, lambda error: (render_template("refused.html", reason=str(error)), 400))
    app.register_error_handler(TokenError, lambda error: (jsonify(error=error.error), error.status))
    app.after_request(_with_headers)
    return app


class HubPages:
    """The views."""

    def __init__(self, hub: Hub, persons: tuple[Person, ...]) -> None:
        self.hub = hub
        self.persons = persons

    def ready(self) -> Response:
        return jsonify(status="UP")

    def discovery(self) -> Response:
        return jsonify(self.hub.metadata())

    def certs(self) -> Response:
        return jsonify(self.hub.key.jwks())

    def authorize(self) -> AnyResponse:
        """Answers at once where there is nothing to ask, else begins a sign-in."""
        parameters = self.hub.unpushed(request.values)
        asked = self.hub.read_request(parameters)
        if error := self.hub.refusal(parameters):
            return redirect(self.hub.error_address(asked, error))
        prompts = parameters.get("prompt", "").split()
        session = self._session()
        if session and "login" not in prompts:
            return redirect(self.hub.code_address(asked, session))
        if "none" in prompts:
            return redirect(self.hub.error_address(asked, "login_required"))
        return self._begin(asked, parameters)

    def _begin(self, asked: AuthenticationRequest, parameters: Mapping[str, str]) -> AnyResponse:
        if parameters.get("kc_idp_hint") != self.hub.settings.provider_alias:
            return redirect(self.hub.error_address(asked, "access_denied", "unknown identity provider"))
        key = self.hub.sign_ins.add(SignIn(asked), self.hub.settings.now())
        return redirect(f"{self.hub.settings.issuer}/sign-in/{key}", 303)

    def push(self) -> Response:
        return _kept_nowhere(self.hub.push(request.form, request.authorization), 201)

    def token(self) -> Response:
        return _kept_nowhere(self.hub.redeem(request.form, request.authorization), 200)

    def logout(self) -> AnyResponse:
        """RP-initiated logout: with an ID token of ours the session ends at once, without it nothing does (Keycloak would ask)."""
        sid = self.hub.key.sid_of(request.values.get("id_token_hint", ""))
        if sid is None:
            return make_response(render_template("signed-out.html", ended=False), 200)
        self.hub.sessions.take(sid, self.hub.settings.now())
        target = request.values.get("post_logout_redirect_uri", "")
        if not target:
            answer = make_response(render_template("signed-out.html", ended=True))
        elif target not in self.hub.settings.post_logout_redirect_uris:
            raise BadRequest("post_logout_redirect_uri is not registered")
        else:
            state = request.values.get("state")
            answer = make_response(redirect(f"{target}?state={state}" if state else target))
        answer.delete_cookie(COOKIE, path=f"/realms/{self.hub.settings.realm}/")
        return answer

    def choose_means(self, key: str) -> str:
        pending = self._pending(key)
        return self._page("means.html", key, pending, offered=means_for(self._lowest(pending)))

    def choose_person(self, key: str, means: str) -> AnyResponse | str:
        pending = self._pending(key)
        chosen = Means(means) if means in set(Means) else abort(404)
        lowest = self._lowest(pending)
        logins = logins_for(lowest, chosen, self.persons) if chosen in means_for(lowest) else []
        if request.method == "GET":
            return self._page("person.html", key, pending, means=chosen, logins=logins)
        account = request.form.get("account", "")
        pending.chosen = next((login for login in logins if login.account.key == account), None) or abort(404)
        return redirect(f"{self.hub.settings.issuer}/sign-in/{key}/review", 303)

    def review(self, key: str) -> str:
        pending = self._pending(key)
        login = pending.chosen or abort(410)
        values = released(login, pending.request, self.hub.settings, self.hub.settings.now())
        return self._page("review.html", key, pending, login=login, values=values)

    def confirm(self, key: str) -> AnyResponse:
        pending = self.hub.sign_ins.take(key, self.hub.settings.now()) or abort(410)
        session = self.hub.begin_session(pending.chosen or abort(410))
        answer = redirect(self.hub.code_address(pending.request, session), 303)
        answer.set_cookie(COOKIE, session.sid, path=f"/realms/{self.hub.settings.realm}/", httponly=True, samesite="Lax")
        return answer

    def cancel(self, key: str) -> AnyResponse:
        pending = self.hub.sign_ins.take(key, self.hub.settings.now()) or abort(410)
        return redirect(self.hub.error_address(pending.request, "access_denied", "cancelled at the citizen ID"), 303)

    def _lowest(self, pending: SignIn) -> int:
        return 0 if self.hub.settings.any_level else pending.request.minimum_level

    def _session(self) -> HubSession | None:
        return self.hub.sessions.find(request.cookies.get(COOKIE), self.hub.settings.now())

    def _pending(self, key: str) -> SignIn:
        return self.hub.sign_ins.find(key, self.hub.settings.now()) or abort(410)

    def _page(self, template: str, key: str, pending: SignIn, **context: Any) -> str:
        return render_template(template, here=f"{self.hub.settings.issuer}/sign-in/{key}", pending=pending, **context)


def _kept_nowhere(body: Mapping[str, Any], status: int) -> Response:
    answer = make_response(jsonify(body), status)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _with_headers(response: Response) -> Response:
    if response.mimetype == "text/html":
        response.headers["Content-Security-Policy"] = POLICY
        response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
