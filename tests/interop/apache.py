"""Debian's Apache with mod_auth_openidc as a process of its own: configuration, log and pages in a folder that goes with it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from tests.support.servers import missing, until

APACHE = Path("/usr/sbin/apache2")
MODULES = Path("/usr/lib/apache2/modules")
NEEDED = ("mpm_event", "authn_core", "authz_core", "authz_user", "auth_openidc", "dir", "mime", "include")

_SERVER = """
ServerRoot "{folder}"
ServerName localhost
PidFile "{folder}/apache.pid"
DefaultRuntimeDir "{folder}"
Mutex pthread default
ErrorLog "{folder}/error.log"
LogLevel warn
StartServers 1
MinSpareThreads 1
ThreadsPerChild 4
MaxRequestWorkers 4
TypesConfig /dev/null
AddType text/html .html .shtml
AddOutputFilter INCLUDES .shtml
DirectoryIndex index.shtml
OIDCCacheType shm
OIDCCryptoPassphrase "${{OIDC_PASSPHRASE}}"
"""

_SITE = """
Listen 127.0.0.1:{port}
<VirtualHost *:{port}>
  DocumentRoot "{folder}/site"
  OIDCProviderMetadataURL {issuer}/.well-known/openid-configuration
  OIDCClientID {client_id}
  OIDCClientSecret "${{OIDC_CLIENT_SECRET}}"
  OIDCRedirectURI {url}/protected/answer
  OIDCProviderTokenEndpointAuth {auth_method}
  OIDCResponseMode {response_mode}
  OIDCPKCEMethod S256
  OIDCScope "openid profile"
  OIDCSessionType server-cache
  OIDCCookie {client_id}
  OIDCRemoteUserClaim sub
  OIDCPassClaimsAs environment
  <Directory "{folder}/site">
    Options +Includes
    Require all granted
  </Directory>
  <Location /protected>
    AuthType openid-connect
    Require valid-user
  </Location>
</VirtualHost>
"""

_PAGE = """<!doctype html><title>Protected</title>
<p id="remote-user"><!--#echo var="REMOTE_USER" --></p>
<p id="sub"><!--#echo var="OIDC_CLAIM_sub" --></p>
<p id="acr"><!--#echo var="OIDC_CLAIM_acr" --></p>
<p id="name"><!--#echo var="OIDC_CLAIM_name" --></p>
<p id="access_token"><!--#echo var="OIDC_access_token" --></p>
<p id="preferred_username"><!--#echo var="OIDC_CLAIM_preferred_username" --></p>
"""


@dataclass(frozen=True, slots=True)
class Site:
    """One protected site: a client of the broker."""

    client_id: str
    port: int
    auth_method: str
    response_mode: str

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def protected(self) -> str:
        return f"{self.url}/protected/"

    def sign_out_address(self) -> str:
        """Where a link on the site would lead whoever wants to sign out."""
        return f"{self.url}/protected/answer?logout={self.url}/signed-out.html"

    def refresh_address(self, access_token: str) -> str:
        """Where a page of the site would lead to have its tokens refreshed, and back."""
        return f"{self.url}/protected/answer?{urlencode({'refresh': self.protected, 'access_token': access_token})}"

    def client_file(self) -> str:
        """What the operator of such a site hands in."""
        return f"""
client_id = "{self.client_id}"
name = "Apache ({self.response_mode})"
preset = "generic"
base_url = "{self.url}"
redirect_uris = ["{self.url}/protected/answer"]
post_logout_redirect_uris = ["{self.url}/signed-out.html"]
backchannel_logout_uri = "{self.url}/protected/answer?logout=backchannel"
scopes = ["openid", "profile"]
sector = "{self.client_id}.example"
auth_method = "{self.auth_method}"
secret = {{ env = "APACHE_CLIENT_SECRET" }}

[operator]
name = "Stadt Beispielhausen"
contact = "apache@beispielhausen.example"
privacy_url = "{self.url}/privacy"

[tokens]
grant_types = ["authorization_code", "refresh_token"]
refresh_with_session = true

[[claims]]
name = "preferred_username"
required = true
purpose = {{ de = "Steht neben Ihren Beiträgen.", en = "Is shown beside your contributions." }}

[[claims]]
name = "name"
required = false
purpose = {{ de = "Für Rückfragen.", en = "For questions." }}
"""


@contextmanager
def apache(folder: Path, issuer: str, sites: tuple[Site, ...], secret: str) -> Iterator[None]:
    """The server runs for a block. `folder` must be one that Apache's user may enter."""
    if not APACHE.exists() or not (MODULES / "mod_auth_openidc.so").exists():
        missing("Apache with mod_auth_openidc is not installed (Debian: apt install apache2 libapache2-mod-auth-openidc)")
    _write_site(folder, issuer, sites)
    environment = {"PATH": os.defpath, "OIDC_CLIENT_SECRET": secret, "OIDC_PASSPHRASE": secret[::-1]}
    command = [str(APACHE), "-d", str(folder), "-f", str(folder / "apache.conf"), "-D", "FOREGROUND"]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until(lambda: process.poll() is not None or (folder / "apache.pid").exists(), 30, "Apache to start")
        assert process.poll() is None, f"Apache did not start: {(folder / 'error.log').read_text()[-800:]}"
        yield
    finally:
        process.terminate()
        process.wait(20)


def _write_site(folder: Path, issuer: str, sites: tuple[Site, ...]) -> None:
    modules = [f"LoadModule {name}_module {MODULES}/mod_{name}.so" for name in NEEDED]
    people = ["User www-data", "Group www-data"] if os.geteuid() == 0 else []
    parts = [
        _SITE.format(
            folder=folder,
            issuer=issuer,
            url=site.url,
            port=site.port,
            client_id=site.client_id,
            auth_method=site.auth_method,
            response_mode=site.response_mode,
        )
        for site in sites
    ]
    (folder / "apache.conf").write_text("\n".join([*modules, *people, _SERVER.format(folder=folder), *parts]))
    (folder / "site" / "protected").mkdir(parents=True)
    (folder / "site" / "protected" / "index.shtml").write_text(_PAGE)
    (folder / "site" / "signed-out.html").write_text('<!doctype html><title>Out</title><p id="signed-out">Signed out</p>')
    if os.geteuid() == 0:
        shutil.chown(folder, "www-data", "www-data")
