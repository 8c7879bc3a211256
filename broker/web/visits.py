"""The browser at hand, as the flows see whoever signs in with it."""

from __future__ import annotations

from flask import request

from broker.core.session import Visit
from broker.web.cookies import Cookies
from broker.web.device_words import present_device
from broker.web.i18n import current_language


def this_visit(cookies: Cookies) -> Visit:
    """Who signs in: browser, present session, address, language and device."""
    address, locale = request.remote_addr or "", current_language().locale
    return Visit(cookies.known_browser_id() or "", cookies.session_id(), address, locale, present_device())
