"""Settings, read once from the environment; refuses to start with a sentence a human understands.

Every setting is an environment variable `BROKER_<NAME>`; a secret may also stand in a file named by `BROKER_<NAME>_FILE`. Only `app.py`
and the command line see `Settings`; every other part receives plain values.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from broker.core.errors import ConfigurationError

ROOT = Path(__file__).resolve().parent.parent
"""The folder that holds `broker/`, `realm-config/`, `clients/` and `deploy/`."""

_PREFIX = "BROKER_"
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
Words = Annotated[tuple[str, ...], NoDecode]
"""A list written as words separated by spaces or commas."""


class Settings(BaseSettings):
    """All settings of the broker. Times are seconds; addresses are absolute URLs without trailing slash."""

    model_config = SettingsConfigDict(env_prefix=_PREFIX, frozen=True, extra="ignore", hide_input_in_errors=True)

    issuer: str
    secret: SecretStr
    database_url: SecretStr = SecretStr(f"sqlite:///{ROOT / 'broker.db'}")
    redis_url: SecretStr = SecretStr("redis://localhost:6379/0")

    hub_issuer: str
    hub_internal_url: str = ""
    hub_client_id: str = "broker"
    hub_client_secret: SecretStr
    hub_signing_algs: Words = ("ES256",)

    claim_table: Path = ROOT / "realm-config" / "claim-table.yaml"
    networks: Path = ROOT / "realm-config" / "networks.yaml"

    site_name: str = "Beteiligungskonto"
    operator_name: str = ""
    privacy_url: str = ""
    imprint_url: str = ""
    accessibility_url: str = ""
    official_label: str = ""

    host: str = "127.0.0.1"
    port: int = Field(8000, ge=1, le=65535)
    web_workers: int = Field(2, ge=1, le=64)
    web_threads: int = Field(4, ge=1, le=64)
    metrics_host: str = "127.0.0.1"
    metrics_port: int = Field(9100, ge=0, le=65535)
    worker_metrics_port: int = Field(9101, ge=0, le=65535)
    sessions_per_account: int = Field(10, ge=1, le=1000)
    logout_retry_hours: int = Field(24, ge=1, le=24 * 30)
    log_level: str = "INFO"
    outbound_private_hosts: Words = ()
    client_certificate_header: str = ""
    certificate_url: str = ""
    key_rotation_days: int = Field(90, ge=0, le=365)
    open_registration: bool = False
    software_statement_issuers: Path | None = None
    tool_policy_url: str = ""
    tool_terms_url: str = ""
    trusted_proxies: int = Field(0, ge=0, le=8)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments first (tests), then the environment, then secret files; no dotenv."""
        return init_settings, env_settings, _SecretFiles(settings_cls)

    @field_validator("hub_signing_algs", "outbound_private_hosts", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return tuple(value.replace(",", " ").split()) if isinstance(value, str) else value

    @field_validator("issuer", "hub_issuer")
    @classmethod
    def _absolute(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
            raise ValueError("must be an absolute http(s) URL without query, e.g. https://sso.stadt.de")
        if value.endswith("/"):
            raise ValueError("must not end with a slash: tools compare it byte by byte")
        if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
            raise ValueError("must be https unless it is on localhost")
        return value

    @field_validator("secret")
    @classmethod
    def _strong(cls, value: SecretStr) -> SecretStr:
        text = value.get_secret_value()
        if len(text) < 32 or len(set(text)) < 10:
            raise ValueError("must be at least 32 random characters, e.g. from: openssl rand -base64 32")
        if text.lstrip().startswith(("{", "-----BEGIN")):
            raise ValueError("looks like a key file; use random characters (A-26)")
        return value

    @field_validator("hub_signing_algs")
    @classmethod
    def _asymmetric(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not value or not set(value) <= {"ES256", "RS256", "PS256"}:
            raise ValueError("must be one or more of ES256, RS256, PS256")
        return value

    @model_validator(mode="after")
    def _hub_is_another(self) -> Settings:
        if self.hub_issuer == self.issuer:
            raise ValueError("BROKER_HUB_ISSUER must not be the broker itself")
        return self

    @property
    def secure_cookies(self) -> bool:
        """Whether cookies carry `__Host-` and `Secure`; False only on plain-http localhost."""
        return self.issuer.startswith("https://")

    @property
    def keys(self) -> Keys:
        """The keys of all purposes, derived from the one secret."""
        return Keys.derive(self.secret.get_secret_value())


@dataclass(frozen=True, slots=True, repr=False)
class Keys:
    """One key per purpose, 32 bytes each, so that none can stand in for another. Losing the secret loses sessions and links."""

    session: bytes
    link: bytes
    field: bytes
    signing_seal: bytes
    pepper: bytes
    sid: bytes
    dpop_nonce: bytes
    cookie: bytes
    refresh: bytes
    voucher: bytes
    person: bytes
    network: bytes

    @classmethod
    def derive(cls, secret: str) -> Keys:
        """HKDF-SHA256 (RFC 5869) with the purpose as info."""
        return cls(**{name: _derive(secret, name) for name in cls.__dataclass_fields__})


def _derive(secret: str, purpose: str) -> bytes:
    info = f"participation-broker/{purpose}/1".encode()
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(secret.encode())


class _SecretFiles(PydanticBaseSettingsSource):
    """Reads `BROKER_<NAME>_FILE`: the value of a setting stands in the file it names."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        variable = _PREFIX + field_name.upper()
        path = os.environ.get(f"{variable}_FILE")
        if path is not None and variable in os.environ:
            raise ConfigurationError(f"{variable} and {variable}_FILE are both set; keep one")
        return (None if path is None else _read(variable, path)), field_name, False

    def __call__(self) -> dict[str, Any]:
        values = {name: self.get_field_value(field, name)[0] for name, field in self.settings_cls.model_fields.items()}
        return {name: value for name, value in values.items() if value is not None}


def load_settings() -> Settings:
    """Read the settings from the environment. Raises ConfigurationError naming each wrong variable, never its value."""
    try:
        return Settings()  # type: ignore[call-arg]  # the values come from the environment
    except ValidationError as error:
        raise ConfigurationError("\n".join(_sentence(problem) for problem in error.errors())) from None


def _read(variable: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ConfigurationError(f"{variable}_FILE names a file that cannot be read: {error.strerror}") from None


def _sentence(problem: Mapping[str, Any]) -> str:
    variable = _PREFIX + str(problem["loc"][0]).upper() if problem["loc"] else "settings"
    if problem["type"] == "missing":
        return f"{variable} is not set; deploy/env.example explains it"
    return f"{variable}: {str(problem['msg']).removeprefix('Value error, ')}"
