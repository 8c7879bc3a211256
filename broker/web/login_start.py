"""Starting again at the tool: what a citizen sees who took longer to sign in than the tool remembers that the sign-in began."""

from __future__ import annotations

from flask import Response, g, make_response, render_template

from broker.core.client import Client
from broker.core.request import AuthorizationRequest, Prompt
from broker.core.session import BrokerSession
from broker.oidc.responses import with_query
from broker.web.observability import count_answer
from broker.web.presentation import WayBack


def where_to_start(client: Client) -> str:
    """The address where a sign-in begins at the tool, else its home; empty where neither is known."""
    return client.login_start.url or client.base_url


def way_in(issuer: str, client: Client) -> WayBack:
    """The tool, and the address where a sign-in at it begins. Only for clients that have one, see `where_to_start`."""
    return WayBack(client.name, _address(issuer, client))


def start_again(issuer: str, client: Client, asked: AuthorizationRequest, session: BrokerSession) -> Response:
    """The page that leads to the tool's start instead of bringing it a code it would refuse. The session is there for the new sign-in."""
    count_answer("start_again")
    g.shown_once = True
    page = render_template(
        "citizen/start_again.html",
        tool=way_in(issuer, client),
        by_button=_by_button(client),
        asks_again=Prompt.LOGIN in asked.prompts or asked.max_age == 0 or bool(client.only_for),
        public_until=session.public_until,
    )
    return make_response(page)


def _address(issuer: str, client: Client) -> str:
    """OIDC Core 4: whoever starts a sign-in from outside names the issuer."""
    url = where_to_start(client)
    return url if _by_button(client) or "#" in url else with_query(url, {"iss": issuer})


def _by_button(client: Client) -> bool:
    """Whether only a button of the tool's own page can begin the sign-in."""
    return client.login_start.method == "POST" or not client.login_start.url
