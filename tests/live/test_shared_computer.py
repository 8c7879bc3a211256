"""Two people, one browser, a real Keycloak: the second is asked at every citizen ID, though the first never signed out (SE-03)."""

from __future__ import annotations

import base64
from urllib.parse import parse_qs, urlsplit

import pytest
from lxml import etree

from deploy.demo.citizen import Citizen
from tests.live.all_ids import ALIASES, AllIds
from tests.live.hub_visit import Hub

pytestmark = [pytest.mark.live, pytest.mark.timeout(900)]

PEOPLE = {
    "bundid": (("erika", "eid"), ("hanne", "eid")),
    "bayernid": (("babette", "eid"), ("ayse", "eid")),
    "sh": (("hanne", "plus"), ("jasper", "plus")),
    "muk": (("verein", "elster"), ("laden", "elster")),
    "oidc": (("jasper", "eid"), ("doris", "eid")),
}


@pytest.mark.parametrize("alias", ALIASES)
def test_se03_the_next_person_in_the_same_browser_is_asked_at_the_citizen_id(ids: AllIds, alias: str) -> None:
    (first, by), (second, second_by) = PEOPLE[alias]
    hub = Hub(ids.place, Citizen(), alias)
    sent: list[str] = []
    hub.citizen.browser._session.hooks["response"].append(lambda answer, **_: sent.append(f"{answer.request.url} {answer.request.body}"))
    before = hub.signs_in(first, by)
    assert "code" in hub.place.asks_silently(hub.citizen.browser), "at the hub the first one is still signed in"
    sent.clear()
    after = hub.signs_in(second, second_by)  # fails where the citizen ID does not ask by which means
    assert after.upstream_sub != before.upstream_sub
    assert after.authenticated_at >= before.authenticated_at
    assert [said for one in sent if (said := asks_anew(one)) is not None] == [True]
    hub.close()


def asks_anew(sent: str) -> bool | None:
    """Whether a request tells the citizen ID to ask whoever is signed in there: ForceAuthn (SAML 2.0), prompt=login (OIDC Core 3.1.2.1).

    None for what is no request to a citizen ID.
    """
    url, _, body = sent.partition(" ")
    if saml := parse_qs(body).get("SAMLRequest"):
        return etree.fromstring(base64.b64decode(saml[0])).get("ForceAuthn") == "true"
    asked = parse_qs(urlsplit(url).query)
    is_hub = "kc_idp_hint" in asked or "/protocol/openid-connect/" in url
    return None if is_hub or "code_challenge" not in asked else asked.get("prompt") == ["login"]
