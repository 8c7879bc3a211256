"""Reading tools and presets from TOML files, so that whatever is wrong is told with file and line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel, Field, ValidationError

from broker.core.errors import ConfigurationError
from broker.flows.client_tables import (
    AppearanceTable,
    KeysTable,
    LoginStartTable,
    LogoutTable,
    RequestsTable,
    SigningAlgorithm,
    Strict,
    TokensTable,
)

Location = tuple[int | str, ...]
Locale = Literal["de", "en", "de-leicht"]
Level = Literal["basic", "low", "substantial", "high"]
ResponseMode = Literal["query", "form_post", "jwt", "query.jwt", "form_post.jwt"]
Authentication = Literal[
    "any_secret",
    "client_secret_basic",
    "client_secret_post",
    "private_key_jwt",
    "tls_client_auth",
    "self_signed_tls_client_auth",
    "none",
]
Evidence = Literal["self", "voucher", "address_match", "registry", "eid_ags"]
EmailPolicy = Literal["verified_only", "any", "none"]

_HEADER = re.compile(r"\s*(\[{1,2})\s*([^\]]+?)\s*\]{1,2}\s*(?:#.*)?")
_KEY = re.compile(r"\s*((?:[A-Za-z0-9_-]+|\"[^\"]*\")(?:\s*\.\s*(?:[A-Za-z0-9_-]+|\"[^\"]*\"))*)\s*=")


class SecretReference(Strict):
    """Where a secret stands: the name of an environment variable, or a file (relative to this one)."""

    env: str | None = None
    file: str | None = None


class OperatorEntry(Strict):
    """Who runs the tool, as citizens are told."""

    name: str = Field(min_length=1)
    contact: str = ""
    privacy_url: str = ""


class ClaimEntry(Strict):
    """A claim the tool wants: what for, in plain words, and whether it can do without."""

    name: str
    purpose: dict[Locale, str] = Field(default_factory=dict)
    legal_basis: str = ""
    required: bool = True


class PresetFile(Strict):
    """What a product does as an OpenID Connect client. `{base}`, `{slug}` and `{realm}` in addresses are filled from the tool's file.

    `auth`, `nonce` and `sign_out` (what it names when it asks for a sign-out) bind nobody: a tool may do better than its product's habit.
    """

    id: str
    name: str
    vendor_url: str = ""
    module: str = ""
    redirect_uris: list[str] = Field(default_factory=list)
    post_logout_redirect_uris: list[str] = Field(default_factory=list)
    backchannel_logout_uri: str = ""
    auth: Literal["client_secret_basic", "client_secret_post"] = "client_secret_basic"
    pkce: Literal["required", "supported", "none"] = "required"
    nonce: bool = True
    sign_out: Literal["hint", "client_id", "uri", "none"] = "none"
    response_modes: tuple[ResponseMode, ...] = Field(("query",), strict=False)
    scopes: list[str] = Field(default_factory=lambda: ["openid", "email", "profile"])
    release_without_scope: list[str] = Field(default_factory=list)
    claims_in_id_token: bool = True
    id_token_alg: SigningAlgorithm = "RS256"
    email_policy: EmailPolicy = "verified_only"
    username_claim: str = "preferred_username"
    keycloak_paths: bool = False
    login_start: LoginStartTable | None = None
    requests: RequestsTable | None = None
    tokens: TokensTable | None = None
    logout: LogoutTable | None = None
    first_login_note: str = ""
    admin_snippet: str = ""


class ClientFile(Strict):
    """A tool that is to take part. What is not said here comes from the preset of its product."""

    client_id: str = Field(pattern=r"^[A-Za-z0-9._~-]{1,64}$")
    name: str = Field(min_length=1, max_length=80)
    operator: OperatorEntry
    preset: str = "generic"
    status: Literal["live", "suspended"] = "live"
    description: dict[Locale, str] = Field(default_factory=dict)
    base_url: str = ""
    slug: str = ""
    realm: str = ""
    redirect_uris: list[str] | None = None
    post_logout_redirect_uris: list[str] | None = None
    backchannel_logout_uri: str | None = None
    sector: str | None = Field(None, pattern=r"^[a-z0-9.:_-]{1,253}$")
    secret: SecretReference | None = None
    auth_method: Authentication = "any_secret"
    subject_type: Literal["pairwise", "public"] = "pairwise"
    fapi: bool = False
    keycloak_paths: bool | None = None
    scopes: list[str] | None = None
    claims: list[ClaimEntry] = Field(default_factory=list)
    release_without_scope: list[str] | None = None
    allowed_providers: list[str] = Field(default_factory=list)
    minimum_level: Level = "basic"
    municipalities: list[str] = Field(default_factory=list)
    age_thresholds: list[int] = Field(default_factory=list)
    age_bands: list[str] = Field(default_factory=list)
    minimum_evidence: Evidence | None = None
    first_party: bool = False
    pkce: Literal["required", "waived"] | None = None
    claims_in_id_token: bool | None = None
    id_token_alg: SigningAlgorithm | None = None
    response_modes: tuple[ResponseMode, ...] | None = Field(None, strict=False)
    email_policy: EmailPolicy | None = None
    keys: KeysTable | None = None
    login_start: LoginStartTable | None = None
    requests: RequestsTable | None = None
    tokens: TokensTable | None = None
    logout: LogoutTable | None = None
    appearance: AppearanceTable | None = None


M = TypeVar("M", ClientFile, PresetFile)


@dataclass(frozen=True, slots=True)
class TomlFile(Generic[M]):
    """A file and what stands in it, able to tell the line of each value."""

    path: Path
    text: str
    content: M

    def sentence(self, location: Location, what: str) -> str:
        """`file:line: key: what is wrong`."""
        return _sentence(self.path, self.text, location, what)


def read_clients(folder: Path) -> list[TomlFile[ClientFile]]:
    """Every `*.toml` of a folder as a tool. Raises ConfigurationError with one line for everything that is wrong in any of them."""
    if not folder.is_dir():
        raise ConfigurationError(f"{folder} is no folder; it should hold one .toml file per tool")
    return _read_all(sorted(folder.glob("*.toml")), ClientFile)


def read_presets(folder: Path) -> dict[str, TomlFile[PresetFile]]:
    """Every preset of a folder by its id. Raises ConfigurationError as `read_clients` does."""
    files = _read_all(sorted(folder.glob("*.toml")), PresetFile)
    odd = [file.sentence(("id",), "has to be the name of the file") for file in files if file.content.id != file.path.stem]
    if odd:
        raise ConfigurationError("\n".join(odd))
    return {file.content.id: file for file in files}


def _read_all(paths: Iterable[Path], model: type[M]) -> list[TomlFile[M]]:
    files, wrong = [], []
    for path in paths:
        try:
            files.append(_read(path, model))
        except ConfigurationError as error:
            wrong.append(error.detail)
    if wrong:
        raise ConfigurationError("\n".join(wrong))
    return files


def _read(path: Path, model: type[M]) -> TomlFile[M]:
    try:
        text = path.read_text(encoding="utf-8")
        data: dict[str, Any] = tomllib.loads(text)
        return TomlFile(path, text, model.model_validate(data))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: cannot be read: {type(error).__name__}") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{path}: not TOML: {error}") from None
    except ValidationError as error:
        lines = (_sentence(path, text, problem["loc"], _in_words(problem, model)) for problem in error.errors())
        raise ConfigurationError("\n".join(lines)) from None


def _in_words(problem: Mapping[str, Any], model: type[BaseModel]) -> str:
    if problem["type"] == "extra_forbidden":
        known = f"; known are {', '.join(model.model_fields)}" if len(problem["loc"]) == 1 else ""
        return f"unknown key{known}"
    if problem["type"] == "missing":
        return "is missing"
    return str(problem["msg"])


def _sentence(path: Path, text: str, location: Location, what: str) -> str:
    name = ".".join(str(part) for part in location if part != "[key]")
    return f"{path}:{_line(text, location)}: {name}: {what}"


def _line(text: str, location: Location) -> int:
    """The line of a value, of the key it stands under, or of the nearest table around it; 1 where nothing of it stands in the file."""
    lines = _lines(text)
    for length in range(len(location), 0, -1):
        if location[:length] in lines:
            return lines[location[:length]]
    return 1


def _lines(text: str) -> dict[Location, int]:
    """Where each key and table header stands. Multi-line strings may hold what looks like keys: the first find of a key counts."""
    found: dict[Location, int] = {}
    table: Location = ()
    rows: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.fullmatch(line):
            table = _table(header[1] == "[[", _parts(header[2]), rows)
            found.setdefault(table, number)
        elif key := _KEY.match(line):
            found.setdefault((*table, *_parts(key[1])), number)
    return found


def _table(is_row: bool, parts: list[str], rows: dict[str, int]) -> Location:
    """The location a header opens; tables below a row (`[claims.purpose]`) belong to the latest one."""
    first, *rest = parts
    if is_row:
        rows[first] = rows.get(first, -1) + 1
    return (first, rows[first], *rest) if first in rows else tuple(parts)


def _parts(dotted: str) -> list[str]:
    return [part.strip().strip('"') for part in dotted.split(".")]
