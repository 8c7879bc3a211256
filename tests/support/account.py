"""A citizen at the account's own page of citizen IDs: signs in there, adds another, removes one."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import select

from broker.core.session import BrokerSession
from broker.core.subject import LinkedIdentity
from broker.flows.ending_at_hub import hub_logout_of
from broker.store.tables import linked_identities
from tests.support.app import PROVIDERS, Broker
from tests.support.browser import Browser, Stop, form_of

PAGE = "/account/links"
_OWNERS = select(linked_identities.c.subject_id).distinct()


def several_citizen_ids(broker: Broker) -> None:
    """BundID and BayernID."""
    bayernid = replace(PROVIDERS[0], alias="bayernid", names={"de": "BayernID"}, position=2)
    broker.parts.stores.providers.replace_all([*PROVIDERS, bayernid])


def signs_in(broker: Broker, browser: Browser, person: str = "erika", alias: str = "bundid") -> Stop:
    """At the account's page, also anew; where that leads."""
    broker.hub.person = person
    page = browser.opens(PAGE)
    button = "account-sign-in" if 'id="account-sign-in"' in page.text else "link-add"
    _, fields = form_of(page.text, button)
    return browser.signs_in(browser.posts(f"{PAGE}/sign-in", fields), alias)


def proposes(broker: Broker, browser: Browser, person: str, alias: str = "bayernid") -> Stop:
    """Signs in with a second citizen ID to add it; the page that asks whether to."""
    broker.clock.advance(seconds=20)
    start = browser.presses(browser.opens(PAGE), "link-add")
    broker.hub.person = person
    return browser.signs_in(start, alias)


def links(broker: Broker, browser: Browser, person: str, alias: str = "bayernid") -> Stop:
    """All the way."""
    return browser.presses(proposes(broker, browser, person, alias), "link-confirm")


def linked(broker: Broker, browser: Browser) -> list[LinkedIdentity]:
    """The links of the account that this browser is signed in to."""
    return sorted(broker.parts.stores.subjects.links(broker.session_of(browser).subject_id), key=lambda one: one.linked_at)


def accounts(broker: Broker) -> int:
    """How many accounts somebody can get into."""
    return len(broker.parts.stores.database.all(_OWNERS))


def let_go(session: BrokerSession) -> BrokerSession:
    """The session after it has let go of what it had open at the hub, and remembers only that."""
    open_there = hub_logout_of(session)
    assert open_there is not None
    return replace(session, upstream_sid=None, upstream_id_token=None, left_at_hub=(open_there.id,))
