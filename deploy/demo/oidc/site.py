"""The account's web side: ``create_app`` makes the WSGI application; its pages carry the BundID simulator's ids."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flask import Flask, Response, abort, jsonify, make_response, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from deploy.demo.bundid.vocabulary import MEANS, Means
from deploy.demo.oidc.authorization_request import BadRequest, RequestError, read_request
from deploy.demo.oidc.backchannel import tell_client
from deploy.demo.oidc.faults import FAULTS
from deploy.demo.oidc.identity import known_claims, logins
from deploy.demo.oidc.provider import Account, TokenError
from deploy.demo.oidc.sign_ins import Session, SignIn
from deploy.demo.oidc.vocabulary import OFFERED
from deploy.demo.persons import Person, load_persons

COOKIE = "OIDC_SIMULATION_SESSION"
STATIC = Path(__file__).parents[1] / "saml" / "static"
# No form-action: Chromium applies it to the redirects that follow a form as well.
POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'"


def create_app(account: Account, persons: tuple[Person, ...] | None = None) -> Flask:
    """The application of an account service."""
    app = Flask(__name__, static_folder=STATIC)
    app.config["MAX_CONTENT_LENGTH"] = 64 * 1024
    protocol, pages = Endpoints(account), Pages(account, load_persons() if persons is None else persons)
    for path, view, methods in (
        ("/.well-known/openid-configuration", protocol.discovery, ["GET"]),
        ("/jwks", protocol.jwks, ["GET"]),
        ("/token", protocol.token, ["POST"]),
        ("/userinfo", protocol.userinfo, ["GET", "POST"]),
        ("/healthz", protocol.healthz, ["GET"]),
        ("/", pages.home, ["GET"]),
        ("/end-session", pages.end_session, ["POST"]),
        ("/authorize", pages.authorize, ["GET", "POST"]),
        ("/logout", pages.logout, ["GET", "POST"]),
        ("/sign-in/<key>", pages.choose_means, ["GET"]),
        ("/sign-in/<key>/<means>", pages.choose_person, ["GET", "POST"]),
        ("/sign-in/<key>/review", pages.review, ["GET"]),
        ("/sign-in/<key>/confirm", pages.confirm, ["POST"]),
        ("/sign-in/<key>/cancel", pages.cancel, ["POST"]),
    ):
        app.add_url_rule(path, view.__name__, view, methods=methods)
    app.register_error_handler(BadRequest, lambda error: (render_template("refused.html", reason=str(error)), 400))
    app.register_error_handler(RequestError, lambda error: redirect(account.error_address(error.request, error.error, error.description)))
    app.register_error_handler(TokenError, lambda error: (jsonify(error=error.error), error.status))
    app.register_error_handler(410, lambda _: (render_template("expired.html"), 410))
    app.after_request(_with_headers)
    return app


class Endpoints:
    """What programs call."""

    def __init__(self, account: Account) -> None:
        self.account = account

    def healthz(self) -> Response:
        return Response("ok\n", mimetype="text/plain")

    def discovery(self) -> Response:
        return jsonify(self.account.metadata())

    def jwks(self) -> Response:
        return jsonify(self.account.key.jwks())

    def token(self) -> Response:
        return _kept_nowhere(self.account.redeem(request.form, request.authorization))

    def userinfo(self) -> Response:
        """Bearer tokens in the header only (RFC 6750 2.1)."""
        authorization = request.authorization
        bearer = authorization.token if authorization and authorization.type == "bearer" else None
        found = self.account.userinfo(bearer or "")
        if found is None:
            return Response(status=401, headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})
        return _kept_nowhere(found)


class Pages:
    """What citizens see."""

    def __init__(self, account: Account, persons: tuple[Person, ...]) -> None:
        self.account, self.persons = account, persons

    def home(self) -> str:
        return render_template("home.html", issuer=self.account.settings.issuer, session=self._session(), persons=self.persons)

    def end_session(self) -> AnyResponse:
        """The citizen signs out here: the session ends, and the client is told behind the citizen's back."""
        session = self.account.end(request.cookies.get(COOKIE)) or abort(410)
        told = tell_client(self.account, session)
        return _without_cookie(make_response(render_template("signed-out.html", ended=True, told=told)))

    def authorize(self) -> AnyResponse:
        """Answers at once where there is nothing to ask, else begins a sign-in."""
        doubled = any(len(values) > 1 for values in request.values.to_dict(flat=False).values())
        asked = read_request(request.values, doubled, self.account.settings.client, self.account.settings.shape)
        if session := self.account.session_for(asked, self._session()):
            return redirect(self.account.code_address(asked, session))
        if "none" in asked.prompts:
            return redirect(self.account.error_address(asked, "login_required"))
        return redirect(f"/sign-in/{self.account.sign_ins.add(SignIn(asked), self.account.settings.clock())}", 303)

    def logout(self) -> AnyResponse:
        """RP-Initiated Logout: with an ID token of ours the session ends at once, without it the citizen is asked first."""
        sid = self.account.hinted_sid(request.values.get("id_token_hint", ""), request.values.get("client_id"))
        if sid is None:
            return make_response(render_template("home.html", issuer=self.account.settings.issuer, session=self._session(), asks=True))
        self.account.end(sid)
        target = request.values.get("post_logout_redirect_uri")
        if target is None:
            return _without_cookie(make_response(render_template("signed-out.html", ended=True)))
        if target not in self.account.settings.client.post_logout_redirect_uris:
            raise BadRequest("post_logout_redirect_uri is not registered")
        state = request.values.get("state")
        return _without_cookie(make_response(redirect(f"{target}?state={state}" if state else target)))

    def choose_means(self, key: str) -> str:
        pending = self._pending(key)
        lowest = self._lowest(pending)
        return self._page("means.html", key, pending, offered=[means for means in OFFERED if MEANS[means].ceiling >= lowest])

    def choose_person(self, key: str, means: str) -> AnyResponse | str:
        pending = self._pending(key)
        chosen = Means(means) if means in set(OFFERED) else abort(404)
        offered = logins(self.persons, chosen, self._lowest(pending))
        if request.method == "GET":
            hint = pending.request.login_hint
            hinted = [login for login in offered if hint and hint in (login.account.key, login.account.contact.get("mail"))]
            return self._page("person.html", key, pending, means=chosen, logins=hinted or offered)
        account = request.form.get("account", "")
        pending.chosen = next((login for login in offered if login.account.key == account), None) or abort(404)
        return redirect(f"/sign-in/{key}/review", 303)

    def review(self, key: str) -> str:
        pending = self._pending(key)
        login = pending.chosen or abort(410)
        known = known_claims(login, self.account.settings.shape, self.account.settings.clock())
        faults = list(FAULTS) if self.account.settings.show_faults else []
        return self._page("review.html", key, pending, login=login, known=known, faults=faults)

    def confirm(self, key: str) -> AnyResponse:
        pending = self.account.sign_ins.take(key, self.account.settings.clock()) or abort(410)
        chosen = request.form.getlist("fault") if self.account.settings.show_faults else []
        session = self.account.begin_session(pending.chosen or abort(410))
        faults = tuple(name for name in chosen if name in FAULTS)
        answer = redirect(self.account.code_address(pending.request, session, faults), 303)
        answer.set_cookie(COOKIE, session.sid, httponly=True, samesite="Lax")
        return answer

    def cancel(self, key: str) -> AnyResponse:
        pending = self.account.sign_ins.take(key, self.account.settings.clock()) or abort(410)
        return redirect(self.account.error_address(pending.request, "access_denied", "cancelled by the citizen"), 303)

    def _lowest(self, pending: SignIn) -> int:
        return 0 if self.account.settings.any_level else pending.request.minimum_level

    def _session(self) -> Session | None:
        return self.account.sessions.find(request.cookies.get(COOKIE), self.account.settings.clock())

    def _pending(self, key: str) -> SignIn:
        return self.account.sign_ins.find(key, self.account.settings.clock()) or abort(410)

    def _page(self, template: str, key: str, pending: SignIn, **context: Any) -> str:
        asked = pending.request
        organisation = self.account.settings.client.name
        return render_template(template, here=f"/sign-in/{key}", asked=asked, lang=asked.language, organisation=organisation, **context)


def _kept_nowhere(body: Mapping[str, Any]) -> Response:
    answer = jsonify(dict(body))
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _without_cookie(answer: AnyResponse) -> AnyResponse:
    answer.delete_cookie(COOKIE)
    return answer


def _with_headers(response: Response) -> Response:
    if response.mimetype == "text/html":
        response.headers["Content-Security-Policy"] = POLICY
        response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
