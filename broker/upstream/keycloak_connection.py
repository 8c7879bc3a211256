"""The one place that builds python-keycloak objects and turns what goes wrong between us and Keycloak into the broker's errors."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from keycloak import KeycloakAdmin, KeycloakOpenIDConnection
from keycloak.exceptions import KeycloakConnectionError, KeycloakError

from broker.core.errors import ConfigurationError, UpstreamRefused, UpstreamUnavailable

TIMEOUT_SECONDS = 10
PATIENT_TIMEOUT_SECONDS = 120
_LONGEST_REASON = 200


@dataclass(frozen=True, slots=True)
class KeycloakAccess:
    """Who the broker is towards Keycloak's admin interface: a user with a password, or a client with a secret (then `username` is empty).

    `admin_realm` is where that account lives.
    """

    url: str
    username: str = ""
    password: str = field(default="", repr=False)
    client_id: str = "admin-cli"
    client_secret: str = field(default="", repr=False)
    admin_realm: str = "master"


class KeycloakConnection:
    """A signed-in connection to the admin interface of one realm.

    Errors: UpstreamUnavailable when Keycloak does not answer, is starting or is in trouble; UpstreamRefused when it answers no. Both are
    sentences for an administrator, without secrets.
    """

    def __init__(self, access: KeycloakAccess, realm: str) -> None:
        if not access.url.startswith(("http://", "https://")):
            raise ConfigurationError(f"The address of Keycloak must begin with http:// or https://, not {access.url!r}")
        if not (access.username and access.password) and not access.client_secret:
            raise ConfigurationError("Keycloak's administrator is not named: give user name and password, or client id and secret")
        self.url, self.realm, self._access = access.url.rstrip("/"), realm, access
        with self.speaking("signing in as its administrator"):
            self.admin = self._signed_in()

    def _signed_in(self) -> KeycloakAdmin:
        access = self._access
        connection = KeycloakOpenIDConnection(
            server_url=f"{self.url}/",  # python-keycloak joins addresses and would lose a last part without slash
            username=access.username or None,
            password=access.password or None,
            client_id=access.client_id,
            client_secret_key=access.client_secret or None,
            realm_name=self.realm,
            user_realm_name=access.admin_realm,
            timeout=TIMEOUT_SECONDS,
            max_retries=0,  # python-keycloak would repeat a POST that was only slow, and the second one finds the first one's work
        )
        connection.get_token()
        return KeycloakAdmin(connection=connection)

    @contextmanager
    def patient(self) -> Iterator[None]:
        """Waits longer for what happens inside: where Keycloak makes RSA keys it may take long on a busy machine."""
        connection = self.admin.connection
        usual, connection.timeout = connection.timeout, PATIENT_TIMEOUT_SECONDS
        try:
            yield
        finally:
            connection.timeout = usual

    @contextmanager
    def speaking(self, doing: str) -> Iterator[None]:
        """Turns whatever python-keycloak raises inside into UpstreamUnavailable or UpstreamRefused; `doing` says what was tried."""
        try:
            yield
        except KeycloakConnectionError:
            raise UpstreamUnavailable(
                f"Keycloak at {self.url} does not answer ({doing}): is it running, and is the address right?"
            ) from None
        except KeycloakError as error:
            raise self._translated(error, doing) from None
        except (AttributeError, KeyError, TypeError, ValueError):
            # python-keycloak takes any answer for Keycloak's and stumbles later, e.g. over a web page.
            raise UpstreamRefused(
                f"What answers at {self.url} is not Keycloak's admin interface ({doing}): is the address right?"
            ) from None

    def _translated(self, error: KeycloakError, doing: str) -> UpstreamUnavailable | UpstreamRefused:
        status, reason = error.response_code or 0, _reason(error)
        if status == 500:  # Keycloak says this also of bodies it cannot take, so trying again may not help
            return UpstreamUnavailable(f"Keycloak at {self.url} failed at {doing} (HTTP 500{reason}): its log says why.")
        if status > 500 or status == 429:
            return UpstreamUnavailable(f"Keycloak at {self.url} cannot answer now ({doing}, HTTP {status}{reason}): try again shortly.")
        if status == 401 or (status == 400 and b"invalid_grant" in (error.response_body or b"")):
            return UpstreamRefused(f"Keycloak at {self.url} does not accept the administrator's name or password ({doing}).")
        if status == 403:
            return UpstreamRefused(f"Keycloak at {self.url} does not allow this administrator to do that ({doing}{reason}).")
        if status == 404 and "signing in" in doing:
            return UpstreamRefused(f"There is no realm {self._access.admin_realm!r} at {self.url}: is the address complete and right?")
        return UpstreamRefused(f"Keycloak at {self.url} refused {doing} (HTTP {status}{reason}).")


def _reason(error: KeycloakError) -> str:
    """Keycloak's own words about the refusal, if it gave any, in one short line."""
    words = _words(error.response_body or b"")
    return f": {' '.join(words.split())[:_LONGEST_REASON]}" if words else ""


def _words(body: bytes) -> str:
    try:
        said = json.loads(body)
    except ValueError:
        return ""  # a web page, or nothing
    if not isinstance(said, dict):
        return ""
    return next((str(said[key]) for key in ("errorMessage", "error_description", "message", "error") if said.get(key)), "")
