"""Settings: wrong ones are refused by name, never by value; secrets may stand in files; each purpose has its own key (A-26)."""

from __future__ import annotations

from pathlib import Path

import pytest

from broker.config import Keys, load_settings
from broker.core.errors import ConfigurationError

SECRET = "k3Jw9-qPz7XvB2nRt5LmYc8HdFg4Ss6A"
GOOD = {
    "BROKER_ISSUER": "https://sso.stadt.example",
    "BROKER_SECRET": SECRET,
    "BROKER_HUB_ISSUER": "https://anmeldung.stadt.example/realms/citizens",
    "BROKER_HUB_CLIENT_SECRET": "hub-secret-of-the-test",
}


@pytest.fixture
def environ(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def test_good_settings_are_taken(environ: pytest.MonkeyPatch) -> None:
    environ.setenv("BROKER_OUTBOUND_PRIVATE_HOSTS", "karte.intern, 10.1.2.3")

    settings = load_settings()

    assert settings.issuer == "https://sso.stadt.example"
    assert settings.secure_cookies
    assert settings.outbound_private_hosts == ("karte.intern", "10.1.2.3")


@pytest.mark.parametrize("name", sorted(GOOD))
def test_a_missing_setting_is_named(environ: pytest.MonkeyPatch, name: str) -> None:
    environ.delenv(name)

    with pytest.raises(ConfigurationError, match=f"{name} is not set"):
        load_settings()


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("BROKER_ISSUER", "https://sso.stadt.example/", "must not end with a slash"),
        ("BROKER_ISSUER", "http://sso.stadt.example", "must be https"),
        ("BROKER_ISSUER", "http://localhost.evil.example", "must be https"),
        ("BROKER_ISSUER", "sso.stadt.example", "absolute"),
        ("BROKER_ISSUER", "https://sso.stadt.example?a=b", "without query"),
        ("BROKER_HUB_ISSUER", "https://sso.stadt.example", "must not be the broker itself"),
        ("BROKER_SECRET", "too-short-8f", "at least 32"),
        ("BROKER_SECRET", "a" * 64, "at least 32 random"),
        ("BROKER_SECRET", '{"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ"}', "looks like a key file"),
        ("BROKER_SECRET", "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ\n", "looks like a key file"),
        ("BROKER_HUB_SIGNING_ALGS", "HS256", "one or more of"),
        ("BROKER_HUB_SIGNING_ALGS", "none", "one or more of"),
        ("BROKER_PORT", "eighty", "integer"),
        ("BROKER_WEB_WORKERS", "0", "greater than or equal"),
    ],
)
def test_a_wrong_setting_is_refused_with_its_reason(environ: pytest.MonkeyPatch, name: str, value: str, reason: str) -> None:
    environ.setenv(name, value)

    with pytest.raises(ConfigurationError, match=reason):
        load_settings()


def test_a_refusal_never_quotes_a_secret(environ: pytest.MonkeyPatch) -> None:
    environ.setenv("BROKER_SECRET", "hunter2hunter2")

    with pytest.raises(ConfigurationError) as refused:
        load_settings()

    assert "hunter2" not in str(refused.value)


def test_a_secret_may_stand_in_a_file(environ: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(f"{SECRET}-from-a-file\n")
    environ.delenv("BROKER_SECRET")
    environ.setenv("BROKER_SECRET_FILE", str(tmp_path / "secret"))

    assert load_settings().secret.get_secret_value() == f"{SECRET}-from-a-file"


def test_a_secret_in_two_places_is_refused(environ: pytest.MonkeyPatch, tmp_path: Path) -> None:
    environ.setenv("BROKER_SECRET_FILE", str(tmp_path / "secret"))

    with pytest.raises(ConfigurationError, match="both set"):
        load_settings()


def test_a_secret_file_that_is_not_there_is_named(environ: pytest.MonkeyPatch, tmp_path: Path) -> None:
    environ.delenv("BROKER_SECRET")
    environ.setenv("BROKER_SECRET_FILE", str(tmp_path / "nowhere"))

    with pytest.raises(ConfigurationError, match="BROKER_SECRET_FILE names a file that cannot be read"):
        load_settings()


def test_every_purpose_has_a_key_of_its_own_and_none_is_shown(environ: pytest.MonkeyPatch) -> None:
    keys = load_settings().keys
    values = [getattr(keys, name) for name in Keys.__dataclass_fields__]

    assert len(set(values)) == len(values)
    assert {len(value) for value in values} == {32}
    assert all(value.hex() not in repr(keys) and repr(value) not in repr(keys) for value in values)


def test_the_same_secret_gives_the_same_keys_on_every_host() -> None:
    assert Keys.derive(SECRET).link == Keys.derive(SECRET).link
    assert Keys.derive(SECRET).link != Keys.derive(SECRET + "x").link
