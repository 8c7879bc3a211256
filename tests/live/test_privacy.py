"""Nothing about a citizen is found anywhere after sign-out, and no secret of a sign-in in any log (A-42, A-44).

Searched: both databases (dumped, and the write-ahead log, so that not even a row that lived for a moment goes unseen), Redis (every value
as it stands, and the file it saves), and the logs of broker, worker and Keycloak, which would log its events if the realm let it.

Unavoidable, and so not searched: Keycloak's memory holds what a citizen ID that has a logout said, as notes of the session there, until
that ends with ours; the tools know what citizens agreed to give them; citizen IDs know their own people.
"""

from __future__ import annotations

import datetime as dt
import re
import subprocess
import zlib
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

import psycopg
import pytest
import redis as redis_py
from keycloak.exceptions import KeycloakPostError

from broker.config import Keys
from broker.core.errors import SealBroken
from broker.store.seal import Seal
from deploy.demo.bundid.identity import Login, bpk2
from deploy.demo.bundid.vocabulary import Means
from deploy.demo.citizen import Citizen
from deploy.demo.oidc.identity import subject_of
from deploy.demo.persons import find_account, load_persons
from deploy.demo.saml.keys import load_or_make
from deploy.demo.saml.name_id import persistent_name_id
from tests.support.observed_browser import ObservedBrowser
from tests.support.servers import until
from tests.support.stack import StartedStack, database_url
from tests.support.traces import Traces, traces_of

pytestmark = [pytest.mark.live, pytest.mark.timeout(900)]

KEYS = {
    "bundid": ("https://beteiligung.demo.example", bpk2),
    "bayernid": ("https://beteiligung.demo.example", bpk2),
    "sh": ("https://beteiligung.demo.example", persistent_name_id),
    "muk": ("https://organisationen.demo.example", persistent_name_id),
}
"""Our entityID at each SAML citizen ID, and how it makes its key for a person."""
CITIZENS = {
    "erika": ("bundid", "eid"),
    "hanne": ("bundid", "eid"),
    "ayse": ("bundid", "elster"),
    "doris-2": ("bundid", "password"),
    "theresia": ("bundid", "eidas"),
    "babette": ("bayernid", "eid"),
    "alois": ("bayernid", "authega"),
    "peer": ("sh", "plus"),
    "kulturhof": ("sh", "password"),
    "verein": ("muk", "elster"),
    "jasper": ("oidc", "eid"),
}
"""Accounts, and by which citizen ID and means they sign in."""
BROKER_LOGS = ("broker", "worker", "keycloak")
SECRET_PARAMETERS = {"code", "state", "nonce", "id_token_hint", "code_challenge", "request_uri", "logout_hint"}


@dataclass
class SignIns:
    """What these citizens did and left: at each place, what was there while they were signed in and what is there after."""

    stack: StartedStack
    citizens: dict[str, Citizen] = field(default_factory=lambda: {key: Citizen(ObservedBrowser()) for key in CITIZENS})
    redis_before: set[str] = field(default_factory=set)
    redis_meanwhile: dict[str, bytes] = field(default_factory=dict)
    opened_meanwhile: bytes = b""
    log_of_changes: tuple[str, int] = ("", 0)

    @property
    def browsers(self) -> list[ObservedBrowser]:
        return [citizen.browser for citizen in self.citizens.values() if isinstance(citizen.browser, ObservedBrowser)]

    def traces(self) -> dict[str, Traces]:
        return {key: traces_of(key, self._key(key, alias), alias) for key, (alias, _) in CITIZENS.items()}

    def _key(self, account_key: str, alias: str) -> str:
        """What the citizen ID calls this person towards us."""
        person, account = find_account(load_persons(), account_key, alias)
        if alias == "oidc":
            return subject_of(Login(person, account, Means.EID), "keycloak")
        salt = load_or_make(self.stack.parts.state.folder / alias, alias, dt.datetime.now(dt.UTC)).salt
        entity_id, made = KEYS[alias]
        return made(account, entity_id, salt)

    def found_in(self, content: bytes) -> list[str]:
        """What of all these citizens stands there."""
        return [label for traces in self.traces().values() for label in traces.found_in(content)]

    def opened(self) -> bytes:
        """What Redis has since these citizens came, as the broker itself would read it."""
        seal = Seal(Keys.derive(self.stack.parts.state.secret("broker_secret")).session)
        with redis_py.Redis.from_url(self.stack.redis.url) as client:
            added = [key for key in client.scan_iter() if key.decode() not in self.redis_before and client.type(key) == b"string"]
            return b"\n".join(_opened(seal, key.decode(), client.get(key) or b"") for key in added)

    def secrets_used(self) -> set[str]:
        """Every code, state, token and cookie that went through the browsers, and the secrets of the parts."""
        addresses = [address for browser in self.browsers for address in browser.visited]
        used = {value for address in addresses for name, value in parse_qsl(urlsplit(address).query) if name in SECRET_PARAMETERS}
        used |= {value for browser in self.browsers for value in browser.cookies_seen}
        used = {value for value in used if len(value) >= 16}
        state = self.stack.parts.state
        return used | {
            state.secret(name)
            for name in ("broker_secret", "hub_client_secret", "oidc_client_secret", "demo_client_secret", "keycloak_admin_password")
        }


@pytest.fixture(scope="module")
def sign_ins(stack: StartedStack) -> SignIns:
    """Everybody has signed in at both tools and signed out again."""
    done = SignIns(stack, redis_before=set(_redis_values(stack)), log_of_changes=_end_of_changes(stack))
    for key, (alias, means) in CITIZENS.items():
        _signs_in_at_both(done.citizens[key], stack, key, alias, means)
    done.redis_meanwhile = _redis_values(stack)
    done.opened_meanwhile = done.opened()
    for citizen in done.citizens.values():
        citizen.browser.opens(stack.tool_url("karte"))
        citizen.signs_out()
    for citizen in done.citizens.values():
        until(lambda citizen=citizen: _is_out(citizen, stack), 20, "the second tool to hear of a sign-out")  # type: ignore[misc]
    return done


def test_while_signed_in_redis_holds_them_encrypted_only(sign_ins: SignIns) -> None:
    known = {label.partition(":")[0] for label in sign_ins.found_in(sign_ins.opened_meanwhile)}
    assert known == set(CITIZENS), "the sessions, opened with the broker's secret, name everybody; else this test would prove nothing"
    assert sign_ins.found_in(b"\n".join(sign_ins.redis_meanwhile.values())) == []
    assert sign_ins.found_in("\n".join(sign_ins.redis_meanwhile).encode()) == []


def test_after_sign_out_redis_has_nothing_even_for_who_has_the_key(sign_ins: SignIns) -> None:
    values = _redis_values(sign_ins.stack)
    assert sign_ins.found_in(b"\n".join(values.values())) == []
    assert sign_ins.found_in(sign_ins.opened()) == []
    assert sign_ins.found_in(_saved(sign_ins.stack)) == []


@pytest.mark.parametrize("name", ["keycloak", "participation"])
def test_after_sign_out_the_database_has_nothing(sign_ins: SignIns, name: str) -> None:
    dump = _dump(sign_ins.stack, name)
    assert dump.count(b"COPY public.") > 5
    assert sign_ins.found_in(dump) == []


def test_not_even_for_a_moment_was_anything_written_to_a_database(sign_ins: SignIns) -> None:
    content = _changes_since(sign_ins.stack, sign_ins.log_of_changes)
    assert content.count(b"mitmachkarte") >= len(CITIZENS), "what the broker did write is seen"
    assert sign_ins.found_in(content) == []


@pytest.mark.parametrize("name", BROKER_LOGS)
def test_a44_no_log_names_a_citizen(sign_ins: SignIns, name: str) -> None:
    content = sign_ins.stack.logs()[name].encode()
    assert content.strip() or name == "worker", "an empty log proves nothing; the worker has little to say"
    assert sign_ins.found_in(content) == []


def test_a44_no_log_holds_a_secret_of_a_sign_in(sign_ins: SignIns) -> None:
    used = sign_ins.secrets_used()
    assert len(used) > 5 * len(CITIZENS)
    for name, content in sign_ins.stack.logs().items():
        assert not [True for secret in used if secret in content], f"the log of {name} holds a secret"
        assert not re.search(r"eyJ[\w-]{8,}\.", content), f"the log of {name} holds a token"
        queries = [line[:160] for line in content.splitlines() if re.search(r"[?&](code|state|nonce|SAMLResponse|id_token_hint)=", line)]
        assert not queries, f"the log of {name} holds a query"


def test_keycloak_logs_no_event_of_citizens_though_it_logs_those_of_its_administrators(sign_ins: SignIns) -> None:
    _administrator_mistypes(sign_ins.stack)
    until(lambda: _events(sign_ins.stack), 10, "Keycloak to log the administrator's failed sign-in; else this test would prove nothing")
    assert all('realmName="master"' in line for line in _events(sign_ins.stack))


def _events(stack: StartedStack) -> list[str]:
    return [line for line in stack.logs()["keycloak"].splitlines() if "org.keycloak.events" in line]


def _administrator_mistypes(stack: StartedStack) -> None:
    with pytest.raises(KeycloakPostError):
        stack.hub_admin("mistyped").get_realms()


def _signs_in_at_both(citizen: Citizen, stack: StartedStack, person: str, alias: str, means: str) -> None:
    citizen.wants_to_sign_in(stack.tool_url("karte"), provider=alias)
    citizen.identifies(means, person)
    if citizen.browser.shows("consent-allow"):
        citizen.agrees()
    citizen.received()
    citizen.wants_to_sign_in(stack.tool_url("haushalt"), provider=alias)
    if citizen.browser.shows(f"means-{means}"):  # this tool may be told more than was asked for before
        citizen.identifies(means, person)
    if citizen.browser.shows("consent-allow"):
        citizen.agrees()
    citizen.received()


def _is_out(citizen: Citizen, stack: StartedStack) -> bool:
    citizen.browser.opens(stack.tool_url("haushalt"))
    return citizen.browser.shows("login")


def _redis_values(stack: StartedStack) -> dict[str, bytes]:
    """Every key and what stands under it, whatever its kind."""
    with redis_py.Redis.from_url(stack.redis.url) as client:
        client.config_set("rdbcompression", "no")
        return {key.decode(): client.dump(key) or b"" for key in client.scan_iter()}


def _saved(stack: StartedStack) -> bytes:
    """The file that Redis would leave on a disk."""
    with redis_py.Redis.from_url(stack.redis.url) as client:
        client.save()
    return (stack.redis.folder / "dump.rdb").read_bytes()


def _opened(seal: Seal, key: str, value: bytes) -> bytes:
    try:
        packed = seal.open(value, key)
    except SealBroken:  # no value of the kind that the broker seals
        return value
    return zlib.decompress(packed[1:]) if packed[:1] == b"\x01" else packed[1:]


def _dump(stack: StartedStack, name: str) -> bytes:
    # The claim table is a file of the project, with its examples and the names of places, which are some citizens' too.
    files = "--exclude-table-data=applied_claim_table"
    command = [str(stack.postgresql.program("pg_dump")), files, database_url(stack.postgresql, name)]
    return subprocess.run(command, check=True, capture_output=True, timeout=120).stdout


def _end_of_changes(stack: StartedStack) -> tuple[str, int]:
    """Up to where PostgreSQL's write-ahead log has been written: file and place in it."""
    with psycopg.connect(stack.postgresql.url, autocommit=True) as connection:
        found = connection.execute("SELECT file_name, file_offset FROM pg_walfile_name_offset(pg_current_wal_flush_lsn())").fetchone()
    assert found is not None
    return found[0], found[1]


def _changes_since(stack: StartedStack, begin: tuple[str, int]) -> bytes:
    """Everything written to any database since then, also what was deleted again."""
    end = _end_of_changes(stack)
    files = sorted(file for file in (stack.postgresql.folder / "data" / "pg_wal").glob("0*") if begin[0] <= file.name <= end[0])
    parts = [file.read_bytes()[begin[1] if file.name == begin[0] else 0 : end[1] if file.name == end[0] else None] for file in files]
    return b"".join(parts)
