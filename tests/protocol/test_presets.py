"""Every product's preset: a valid tool, and the product signs in with it as it really does, oddities included (participation tools, 3)."""

from __future__ import annotations

from pathlib import Path

import pytest

from broker.config import ROOT
from broker.core.claim import HeldClaim
from broker.core.client import Client
from broker.core.trust import TrustLevel
from broker.flows.reading_clients import PresetFile, read_presets
from broker.flows.registering import Registering
from tests.support.app import Broker
from tests.support.browser import Browser, Stop, form_of
from tests.support.products import BASE, ODD, TABLE, Oddity
from tests.support.tool import Tool, answer_in

FOLDER = ROOT / "clients" / "presets"
PRESETS = {name: file.content for name, file in read_presets(FOLDER).items()}
FILE = """
client_id = "{id}"
name = "{id}"
preset = "{id}"
base_url = "https://tool.test/"
slug = "stadt"
realm = "nachbar"
{own}
[operator]
name = "Stadt Musterstadt"
"""
CLAIM = """
[[claims]]
name = "{name}"
purpose = {{ de = "Zweck", en = "Purpose" }}
"""


@pytest.fixture
def registered(broker: Broker, tmp_path: Path, request: pytest.FixtureRequest) -> Tool:
    """A tool with the preset of the test's parameter, registered from a file as an administrator would."""
    preset: PresetFile = PRESETS[request.param]
    own = f'redirect_uris = ["{BASE}/callback"]' if not preset.redirect_uris else ""
    claims = "".join(CLAIM.format(name=name) for name in dict.fromkeys(["given_name", *preset.release_without_scope]))
    (tmp_path / "tool.toml").write_text(FILE.format(id=preset.id, own=own) + claims, encoding="utf-8")
    stores = broker.parts.stores
    registering = Registering(stores.clients, stores.providers, broker.parts.claim_table, broker.pepper, {})
    secrets = registering.apply(tmp_path, FOLDER).secrets
    broker.hub.claims = {name: HeldClaim("Erika", TrustLevel.HIGH) for name in ("given_name", "family_name", "name")}
    return Tool(broker.app, broker.issuer, stores.clients.get(preset.id), secrets[preset.id])


every_product = pytest.mark.parametrize("registered", [name for name in PRESETS if name != "generic"], indirect=True)


def asks(tool: Tool, preset: PresetFile, browser: Browser) -> Stop:
    """The product's authorization request, through all pages, to the answer."""
    odd = ODD.get(preset.id, Oddity())
    left_out = {} if preset.pkce != "none" else {"code_challenge": None, "code_challenge_method": None}
    parameters = {"scope": " ".join(preset.scopes), **({} if preset.nonce else {"nonce": None}), **left_out, **odd.asks}
    return browser.arrives_at(tool.url(**parameters).replace("/authorize", odd.path))


def answer_of(stop: Stop) -> dict[str, str]:
    """What the product gets, by query or by form."""
    return stop.answer if stop.location else form_of(stop.text, "form-post-continue")[1]


def redeems(tool: Tool, preset: PresetFile, code: str) -> dict[str, str]:
    """The product's token request."""
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": tool.client.redirect_uris[0]}
    form |= ODD.get(preset.id, Oddity()).redeems
    if preset.pkce != "none":
        form["code_verifier"] = tool.verifier
    by_post = preset.auth == "client_secret_post"
    if by_post:
        form |= {"client_id": tool.client.client_id, "client_secret": tool.secret}
    response = tool.calls_token(form, {} if by_post else tool.basic())
    assert response.status_code == 200, response.get_data(as_text=True)
    answer: dict[str, str] = response.get_json()
    return answer


def asks_to_sign_out(tool: Tool, preset: PresetFile, browser: Browser, id_token: str, uri: str) -> Stop:
    """The product's sign-out, through the question if there is one."""
    names = {"hint": {"id_token_hint": id_token}, "client_id": {"client_id": tool.client.client_id}}.get(preset.sign_out, {})
    stop = browser.opens("/logout", query_string={"post_logout_redirect_uri": uri, **names})
    return browser.presses(stop, "logout-confirm") if 'id="logout-confirm"' in stop.text else stop


def test_every_product_of_the_table_has_its_preset_and_none_is_unknown_here() -> None:
    assert set(TABLE) == set(PRESETS) - {"generic"}
    assert set(ODD) <= set(TABLE)


@every_product
def test_the_record_is_as_the_table_says(registered: Tool) -> None:
    client: Client = registered.client
    said, preset = TABLE[client.client_id], PRESETS[client.client_id]
    assert client.redirect_uris == said.redirects
    assert client.post_logout_redirect_uris == said.post_logout
    assert (client.backchannel_logout_uri, client.logout.frontchannel_uri) == (said.backchannel, said.frontchannel)
    assert (preset.auth, preset.pkce, preset.username_claim) == (said.auth, said.pkce, said.username)
    assert client.login_start.state_ttl == said.state_ttl
    assert client.needs_pkce == (said.pkce != "none")
    assert set(client.scopes) == said.scopes
    assert client.claims_in_id_token == (client.client_id != "typo3")
    assert (client.id_token_alg, client.email_verified_only, client.has_secret) == ("RS256", True, True)
    assert client.login_start.url or not client.login_start.state_ttl


@every_product
def test_the_product_signs_in_and_out(registered: Tool, browser: Browser) -> None:
    tool, preset = registered, PRESETS[registered.client.client_id]
    answer = answer_of(asks(tool, preset, browser))
    assert answer["state"] == ("login" if preset.id == "fixmystreet" else tool.state)
    tokens = redeems(tool, preset, answer["code"])

    said, told = tool.verifies(tokens["id_token"]), tool.asks_userinfo(tokens["access_token"]).get_json()
    assert said["aud"] == tool.client.client_id
    assert said["sub"] == told["sub"]
    assert said.get("nonce") == (tool.nonce if preset.nonce else None)
    assert (said if tool.client.claims_in_id_token else told)[preset.username_claim]
    assert ("given_name" in said) == (tool.client.claims_in_id_token and "given_name" in told)
    assert "email" not in told, "nobody confirmed it"
    for uri in tool.client.post_logout_redirect_uris:
        stop = asks_to_sign_out(tool, preset, browser, tokens["id_token"], uri)
        assert stop.location == uri or f'href="{uri}"' in stop.text
        assert not browser.cookies().get("__Host-bp-session")


@pytest.mark.parametrize("registered", ["moodle-auth_oidc"], indirect=True)
def test_moodle_finds_its_session_in_session_state_and_hears_of_its_end(registered: Tool, browser: Browser) -> None:
    preset = PRESETS["moodle-auth_oidc"]
    answer = answer_of(asks(registered, preset, browser))
    sid = registered.verifies(redeems(registered, preset, answer["code"])["id_token"])["sid"]
    assert answer["session_state"] == sid

    page = asks_to_sign_out(registered, preset, browser, "", BASE)

    assert f"{BASE}/auth/oidc/logout.php?" in page.text
    assert f"sid={sid}" in page.text


@pytest.mark.parametrize("registered", ["govocal", "yourpriorities", "limesurvey-admin"], indirect=True)
def test_products_that_ask_for_openid_alone_get_what_they_need(registered: Tool, browser: Browser) -> None:
    preset = PRESETS[registered.client.client_id]
    stop = asks(registered, preset, browser)

    told = registered.asks_userinfo(redeems(registered, preset, answer_of(stop)["code"])["access_token"]).get_json()

    wanted = set(preset.release_without_scope) - {"email", "email_verified"}
    assert wanted
    assert wanted <= told.keys()


@pytest.mark.parametrize("registered", ["wordpress"], indirect=True)
def test_wordpress_takes_too_long_and_starts_again(broker: Broker, registered: Tool, browser: Browser) -> None:
    hub = browser.sets_out(registered.url(nonce=None, code_challenge=None, code_challenge_method=None, ui_locales="en"))
    broker.clock.advance(seconds=200)

    page = browser.presses(browser.comes_back(hub), "consent-allow")

    assert f'href="{BASE}/wp-login.php"' in page.text
    assert "press the sign-in button there" in page.text


@pytest.mark.parametrize("registered", ["wordpress"], indirect=True)
def test_lo_03_wordpress_refreshes_until_the_sign_out(registered: Tool, browser: Browser) -> None:
    preset = PRESETS["wordpress"]
    tokens = redeems(registered, preset, answer_of(asks(registered, preset, browser))["code"])
    refreshed = registered.refreshes(tokens["refresh_token"]).get_json()
    assert registered.verifies(refreshed["id_token"])["sub"] == registered.verifies(tokens["id_token"])["sub"]

    asks_to_sign_out(registered, preset, browser, tokens["id_token"], f"{BASE}/")

    assert registered.refreshes(refreshed["refresh_token"]).get_json()["error"] == "invalid_grant"


@pytest.mark.parametrize("registered", ["greenlight"], indirect=True)
def test_greenlights_sign_out_address_is_made_from_the_issuer(registered: Tool, browser: Browser) -> None:
    preset = PRESETS["greenlight"]
    tokens = redeems(registered, preset, answer_of(asks(registered, preset, browser))["code"])

    stop = asks_to_sign_out(registered, preset, browser, tokens["id_token"], f"{BASE}/?success=LogoutSuccessful")

    assert stop.location is not None
    assert answer_in(stop.location) == {"success": "LogoutSuccessful"}


@pytest.mark.parametrize("name", [name for name, preset in PRESETS.items() if preset.pkce == "supported"])
def test_where_the_product_can_use_pkce_its_settings_switch_it_on_or_it_finds_out_by_itself(name: str) -> None:
    by_itself = {"nextcloud", "synapse"}  # they look for S256 in the metadata
    assert name in by_itself or "pkce" in PRESETS[name].admin_snippet.lower() or "enableCodeVerifier" in PRESETS[name].admin_snippet


@pytest.mark.parametrize("name", sorted(set(PRESETS) - {"generic"}))
def test_settings_are_there_to_be_copied(name: str) -> None:
    snippet = PRESETS[name].admin_snippet
    assert "<client_id>" in snippet
    assert "<secret>" in snippet
    assert "<issuer>" in snippet


@pytest.mark.parametrize("name", sorted(set(PRESETS) - {"generic"}))
def test_the_guides_row_says_what_the_preset_does(name: str) -> None:
    said, preset = TABLE[name], PRESETS[name]
    told = "by the server" if said.backchannel else "by the browser" if said.frontchannel else "no"
    secret, waits = said.auth.removeprefix("client_secret_"), f"{said.state_ttl} s" if said.state_ttl else "–"
    templates = " ".join(preset.redirect_uris)
    needs = " ".join(f"`{part}`" for part in ("slug", "realm") if f"{{{part}}}" in templates) or "–"
    cells = [f"`{name}`", preset.name, needs if templates else "`redirect_uris`", said.pkce, secret, f"`{said.username}`", told, waits]
    assert f"| {' | '.join(cells)} |" in (ROOT / "clients" / "README.md").read_text(encoding="utf-8").splitlines()
