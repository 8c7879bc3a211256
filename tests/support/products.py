"""The products that tools are made with: what the table of products says about each, and what it sends beyond the usual."""

from __future__ import annotations

from dataclasses import dataclass, field

BASE = "https://tool.test"
BYE = (f"{BASE}/", BASE)


@dataclass(frozen=True)
class Row:
    """What the table of products says about one of them; addresses for `BASE`, slug `stadt` and realm `nachbar`."""

    redirects: tuple[str, ...]
    auth: str
    pkce: str
    username: str
    post_logout: tuple[str, ...] = ()
    backchannel: str = ""
    frontchannel: str = ""
    state_ttl: int = 0
    scopes: frozenset[str] = frozenset({"openid", "email", "profile"})


def row(redirect: str, auth: str, pkce: str, username: str, *post_logout: str, **more: object) -> Row:
    """A row of the table, addresses without `BASE`."""
    redirects = tuple(f"{BASE}{path}" for path in redirect.split(" "))
    return Row(redirects, f"client_secret_{auth}", pkce, username, post_logout, **more)  # type: ignore[arg-type]


ALLAUTH = "/accounts/oidc/stadt/login/callback/"
KEYCLOAK = "/realms/nachbar/broker/stadt/endpoint"
WORDPRESS = (*BYE, f"{BASE}/wp-login.php?loggedout=true", f"{BASE}/wp-login.php?loggedout=true&wp_lang=de_DE")
OPENID = frozenset({"openid"})
NAME, NICK, SUB = "preferred_username", "nickname", "sub"
TABLE = {
    "decidim": row("/users/auth/openid_connect/callback", "basic", "supported", NICK, *BYE),
    "consul": row("/users/auth/oidc/callback", "basic", "none", NICK, *BYE),
    "govocal": row("/auth/keycloak/callback", "basic", "none", SUB, *BYE, scopes=OPENID),
    "adhocracyplus": row(ALLAUTH, "post", "supported", NAME),
    "meinberlin": row(ALLAUTH, "post", "supported", NAME),
    "wechange": row("/oidc/stadt/login/callback/", "post", "supported", NAME),
    "drupal": row("/openid-connect/stadt", "post", "none", NAME, *BYE),
    "dipas": row("/openid-connect/stadt", "post", "none", NAME, *BYE),
    "discourse": row("/auth/oidc/callback", "basic", "supported", NAME, *BYE),
    "nextcloud": row(
        "/apps/user_oidc/code /index.php/apps/user_oidc/code", "post", "supported", SUB, *BYE,
        backchannel=f"{BASE}/index.php/apps/user_oidc/backchannel-logout/stadt", state_ttl=300,
    ),
    "openproject": row("/auth/oidc-stadt/callback", "basic", "none", NAME, *BYE, backchannel=f"{BASE}/auth/oidc-stadt/backchannel-logout"),
    "wordpress": row(
        "/wp-admin/admin-ajax.php?action=openid-connect-authorize /openid-connect-authorize", "post", "none", NAME, *WORDPRESS,
        state_ttl=180,
    ),
    "typo3": row("/callback", "post", "supported", SUB),
    "moodle-core": row("/admin/oauth2callback.php", "basic", "none", NAME),
    "moodle-auth_oidc": row(
        "/auth/oidc/", "post", "none", NAME, *reversed(BYE), frontchannel=f"{BASE}/auth/oidc/logout.php", state_ttl=300
    ),
    "synapse": row(
        "/_synapse/client/oidc/callback", "basic", "supported", NAME, backchannel=f"{BASE}/_synapse/client/oidc/backchannel_logout"
    ),
    "greenlight": row("/auth/openid_connect/callback", "basic", "none", NAME, f"{BASE}/?success=LogoutSuccessful", *BYE),
    "yourpriorities": row("/api/users/auth/audkenni/callback", "post", "none", SUB, scopes=OPENID),
    "fixmystreet": row("/auth/OIDC", "basic", "none", SUB, f"{BASE}/auth/sign_out"),
    "limesurvey-admin": row("/index.php/admin/authentication/sa/login", "basic", "none", NAME, scopes=OPENID),
    "mobilizon": row("/auth/keycloak/callback", "post", "none", NAME),
    "humhub": row("/user/auth/external?authclient=oidc", "post", "none", NAME),
    "hedgedoc": row("/auth/oauth2/callback", "post", "none", NAME),
    "reverse-proxy": row(
        "/oidc/redirect /oauth2/callback", "basic", "required", SUB, *BYE,
        backchannel=f"{BASE}/oidc/redirect?logout=backchannel", state_ttl=300,
    ),
    "keycloak-realm": row(
        KEYCLOAK, "post", "required", SUB, f"{BASE}{KEYCLOAK}/logout_response",
        backchannel=f"{BASE}/realms/nachbar/protocol/openid-connect/logout/backchannel-logout",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Oddity:
    """What a product sends beyond the usual, and by which address."""

    asks: dict[str, str] = field(default_factory=dict)
    redeems: dict[str, str] = field(default_factory=dict)
    path: str = "/authorize"


CLAIMS = '{"id_token":{"email":null,"name":null,"quota":null,"groups":null},"userinfo":{"email":null,"name":null}}'
ESSENTIAL_ACR = '{"id_token":{"acr":{"essential":true}}}'
ODD = {
    "moodle-auth_oidc": Oddity({"response_mode": "form_post", "resource": "https://graph.microsoft.com", "prompt": "login"}),
    "fixmystreet": Oddity({"response_mode": "form_post", "state": "login"}),
    "nextcloud": Oddity({"claims": CLAIMS}),
    "openproject": Oddity({"claims": ESSENTIAL_ACR}),
    "wordpress": Oddity(redeems={"scope": "openid email profile"}),
    "discourse": Oddity(redeems={"scope": "openid email profile"}),
    "decidim": Oddity({"scope": "openid openid email profile"}, {"scope": "openid email profile"}),
    "govocal": Oddity(path="/protocol/openid-connect/auth"),
    "adhocracyplus": Oddity({"access_type": "online", "approval_prompt": "auto"}),
}
