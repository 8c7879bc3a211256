"""What every reader of `realm-config/` shares: the folder, the values of one environment, and the requirements met on the way."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from broker.core.errors import ConfigurationError
from broker.upstream.realm_desired import Json, Requirement
from broker.upstream.realm_values import Fetch, Values, environment_values
from broker.yaml_document import Document, Section, Value, read_yaml


@dataclass(slots=True)
class Reading:
    """One reading of the folder for one environment."""

    folder: Path
    environment: Document
    values: Values
    requirements: list[Requirement] = field(default_factory=list)

    def file(self, *parts: str) -> Section:
        """The top of a file, with every placeholder filled."""
        return self.values.filled(read_yaml(self.folder.joinpath(*parts))).top

    def needs(self, kind: str, section: Section, key: str) -> None:
        """Notes that the server must bring along what this key names."""
        self.requirements.append(Requirement(kind, section.text(key), section.document.place((*section.at, key))))

    def met(self) -> tuple[Requirement, ...]:
        """The requirements noted since the last call: those of one realm."""
        found, self.requirements = tuple(self.requirements), []
        return found


def open_reading(folder: Path, environment: str, environ: Mapping[str, str], fetch: Fetch) -> Reading:
    """Begins to read for the named environment. Raises ConfigurationError when there is none of that name."""
    path = folder / "environments" / f"{environment}.yaml"
    if not path.is_file():
        known = ", ".join(sorted(each.stem for each in path.parent.glob("*.yaml"))) or "none"
        raise ConfigurationError(f"{path.parent}: there is no environment {environment!r}; known: {known}")
    document = read_yaml(path)
    return Reading(folder, document, environment_values(document, environ, fetch))


def read_mapper(reading: Reading, mapper: Section, type_key: str) -> Json:
    """A mapper of a client or of an identity provider; `type_key` is Keycloak's name for its kind."""
    mapper.only("name", "protocol", type_key, "config")
    mapper.text("name")
    reading.needs("protocol mapper" if type_key == "protocolMapper" else "identity provider mapper", mapper, type_key)
    return {**mapper.data, "config": texts(mapper, "config")}


def texts(section: Section, key: str) -> Json:
    """Keycloak's configuration maps hold nothing but text; files may write true, numbers, and lists or mappings for JSON text."""
    return {name: _as_text(value) for name, value in section.section(key).data.items()}


def _as_text(value: Value) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def secret_digest(name: str, secret: str) -> str:
    """A slow digest that stands beside a secret which Keycloak never shows again, so that a change of it can be seen."""
    return hashlib.scrypt(secret.encode(), salt=f"bp:{name}".encode(), n=2**14, r=8, p=1, dklen=24).hex()
