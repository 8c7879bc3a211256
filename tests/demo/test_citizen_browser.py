"""The browser without a screen does what browsers do by themselves, and says where it is when it is lost."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask, make_response, redirect, request

from deploy.demo.citizen_browser import CitizenBrowser, Lost
from tests.support.serving import serving

app = Flask(__name__)


@app.get("/cookies/set")
def set_cookies() -> object:
    answer = make_response(redirect("/cookies/show"))
    answer.set_cookie("hub", "1", secure=True, httponly=True, samesite="None", path="/cookies/")
    return answer


@app.get("/cookies/show")
def show_cookies() -> str:
    return f"<p id=cookies>{request.headers.get('Cookie', '')}</p>"


@app.get("/refresh")
def refresh() -> str:
    return '<html><head><meta http-equiv="Refresh" content="0; url=cookies/show"></head></html>'


@app.get("/saml")
def saml() -> str:
    return '<form method="post" action="/sent"><input type="hidden" name="SAMLResponse" value="x+y"><button>Weiter</button></form>'


@app.get("/form")
def form() -> str:
    return """<form id="f" method="post" action="/sent"><input name="t" value="ä"><input type="hidden" name="csrf" value="c">
      <input type="checkbox" name="on" value="1" checked><input type="checkbox" name="off" value="1">
      <input type="checkbox" name="on" value="2" checked>
      <select name="s"><option value="a">A<option value="b" selected>B</select><textarea name="long">text</textarea>
      <button id="yes" name="decision" value="allow">Ja</button>
      <button id="no" name="decision" value="deny" formaction="/sent?no">Nein</button></form>
      <a id="link" href="cookies/show">Link</a>
      <form method="post" action="/sent"><input type="hidden" name="csrf" value="d"><button id="only">x</button></form>"""


@app.post("/sent")
def sent() -> str:
    fields = " ".join(f"{name}={value}" for name, value in sorted(request.form.items(multi=True)))
    return f"<p id=sent>{request.query_string.decode()} {fields}</p>"


@app.get("/loop")
def loop() -> object:
    return redirect("/loop")


@app.get("/secret")
def secret() -> str:
    return "<title>Seite</title>"


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with serving(app) as port:
        yield f"http://localhost:{port}"


@pytest.fixture
def browser() -> CitizenBrowser:
    return CitizenBrowser()


def test_secure_cookies_go_back_to_localhost(browser: CitizenBrowser, site: str) -> None:
    browser.opens(f"{site}/cookies/set")
    assert browser.reads("cookies") == "hub=1"
    browser.forgets_everything()
    browser.opens(f"{site}/cookies/show")
    assert browser.reads("cookies") == ""


@pytest.mark.parametrize(("path", "shown"), [("/refresh", "cookies"), ("/saml", "sent")])
def test_pages_that_go_on_by_themselves_are_followed(browser: CitizenBrowser, site: str, path: str, shown: str) -> None:
    browser.opens(f"{site}{path}")
    assert browser.shows(shown)


def test_a_pressed_button_sends_the_form_as_a_browser_would(browser: CitizenBrowser, site: str) -> None:
    browser.opens(f"{site}/form")
    browser.submits("yes", {"t": "ö"})
    assert browser.reads("sent") == "csrf=c decision=allow long=text on=1 on=2 s=b t=ö"
    browser.opens(f"{site}/form")
    browser.submits("no")
    assert browser.reads("sent").startswith("no csrf=c decision=deny")


def test_a_form_to_decide_on_is_not_sent_by_itself(browser: CitizenBrowser, site: str) -> None:
    browser.opens(f"{site}/form")
    assert browser.shows("only")
    browser.follows("link")
    assert browser.shows("cookies")


def test_being_lost_names_the_page_without_its_query(browser: CitizenBrowser, site: str) -> None:
    browser.opens(f"{site}/secret?code=abc")
    with pytest.raises(Lost) as lost:
        browser.submits("nowhere")
    assert "nowhere" in str(lost.value)
    assert "/secret (200, Seite)" in str(lost.value)
    assert "abc" not in str(lost.value)


def test_endless_redirects_and_dead_servers_are_told(browser: CitizenBrowser, site: str) -> None:
    with pytest.raises(Lost, match="redirects"):
        browser.opens(f"{site}/loop")
    with pytest.raises(Lost, match="does not answer"):
        browser.opens("http://localhost:1/")
