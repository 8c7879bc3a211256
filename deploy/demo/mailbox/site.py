"""The mailbox's pages: a list, and one page for each mail with its link to click."""

from flask import Flask, abort, render_template
from werkzeug.wrappers import Response

from deploy.demo.mailbox.received import Mailbox

POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def create_site(mailbox: Mailbox) -> Flask:
    """The pages around one mailbox."""
    site = Flask(__name__)

    @site.get("/")
    def mails() -> str:
        return render_template("mails.html", mails=mailbox.all())

    @site.get("/mails/<int:number>")
    def mail(number: int) -> str:
        found = mailbox.find(number)
        if found is None:
            abort(404)
        before, link, after = found.text.partition(found.link) if found.link else (found.text, "", "")
        return render_template("mail.html", mail=found, before=before, link=link, after=after)

    @site.get("/healthz")
    def healthz() -> str:
        return "ok"

    @site.after_request
    def guard(answer: Response) -> Response:
        answer.headers |= {"Content-Security-Policy": POLICY, "Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}
        return answer

    return site
