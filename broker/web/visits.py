"""The browser at hand, as the flows see whoever signs in with it."""

from __future__ import annotations

from flask import request

from broker.core.network import Networks
from broker.core.session import Visit
from broker.web.cookies import Cookies
from broker.web.device_words import present_device
from broker.web.i18n import current_language
from broker.web.public_computer import network_at_hand


def this_visit(cookies: Cookies, networks: Networks) -> Visit:
    """Who signs in: browser, present session, address, language, device, and the network if it is a known one."""
    network = network_at_hand(networks)
    return Visit(
        cookies.known_browser_id() or "",
        cookies.session_id(),
        request.remote_addr or "",
        current_language().locale,
        present_device(),
        network=network.id if network else "",
        public_computer=network is not None and network.public_computer,
    )
