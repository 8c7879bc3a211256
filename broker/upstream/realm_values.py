"""Values of one environment: what `${name}` in the realm's files stands for, and the references behind which secrets and certificates stay.

A value is plain, or one of
`{env: NAME}`, optionally with `default:` (also read from the file that `NAME_FILE` names),
`{file: PATH}`,
`{certificates: PATH}` (PEM file, the path may itself be an `{env: ...}` reference) and
`{saml_metadata: URL, entity_id: ID}` (signing certificates of that entity, fetched when the realm is planned or applied).
With `secret: true` a value is masked in everything that is printed. A value is resolved when a file first needs it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from broker.core.errors import ConfigurationError
from broker.upstream.saml_certificates import CertificatesRefused, certificates_of_metadata, certificates_of_pem
from broker.yaml_document import Document, KeyPath, Section, Value

Fetch = Callable[[str], bytes]
"""Gets what an address serves; raises CertificatesRefused with a sentence when it cannot."""

_PLACEHOLDER = re.compile(r"\$\$|\$\{([^}]*)\}")
_KINDS = ("env", "file", "certificates", "saml_metadata")


class Values:
    """The named values of one environment file, resolved lazily and once."""

    def __init__(self, section: Section, environ: Mapping[str, str], fetch: Fetch) -> None:
        self._section, self._environ, self._fetch = section, environ, fetch
        self._known: dict[str, Value] = {}
        self._in_progress: list[str] = []
        self.used: set[str] = set()
        self.secrets: set[str] = set()

    def provide(self, name: str, value: Value) -> None:
        """Adds a value that is computed rather than written, e.g. what the claim table asks of a citizen ID."""
        self._known[name] = value

    def filled(self, document: Document) -> Document:
        """The document with every `${name}` replaced. Raises ConfigurationError with file and line for an unknown or unresolvable one."""
        return Document(document.path, self.filled_in(document, (), document.data), document.lines)

    def filled_in(self, document: Document, at: KeyPath, data: Value) -> Value:
        """One part of a document, filled."""
        if isinstance(data, dict):
            return {key: self.filled_in(document, (*at, key), member) for key, member in data.items()}
        if isinstance(data, list):
            return [self.filled_in(document, (*at, index), member) for index, member in enumerate(data)]
        return self._filled_text(document, at, data) if isinstance(data, str) else data

    def _filled_text(self, document: Document, at: KeyPath, text: str) -> Value:
        whole = _PLACEHOLDER.fullmatch(text)
        if whole and whole[1] is not None:
            return self._named(whole[1], document, at)
        # `$$` stands for one `$`: Keycloak has placeholders of its own.
        return _PLACEHOLDER.sub(lambda hit: "$" if hit[1] is None else str(self._named(hit[1], document, at)), text)

    def _named(self, name: str, document: Document, at: KeyPath) -> Value:
        self.used.add(name)
        if name in self._known:
            return self._known[name]
        if name not in self._section.data:
            raise document.wrong(at, f"${{{name}}} is not known; {self._section.document.path} would have to name it under 'values'")
        if name in self._in_progress:
            raise self._section.wrong(name, f"{name!r} is defined by itself")
        self._in_progress.append(name)
        self._known[name] = self._resolved(name)
        self._in_progress.remove(name)
        return self._known[name]

    def _resolved(self, name: str) -> Value:
        at = (*self._section.at, name)
        written = self.filled_in(self._section.document, at, self._section.data[name])
        if written is None:
            raise self._section.wrong(name, f"{name!r} has no value")
        if not isinstance(written, dict):
            return written
        reference = Section(self._section.document, at, written)
        found = self._followed(reference)
        if reference.has("secret") and reference.flag("secret"):
            self.secrets.add(found)
        return found

    def _followed(self, reference: Section) -> str:
        kinds = [kind for kind in _KINDS if kind in reference.data]
        if len(kinds) != 1:
            raise reference.document.wrong(reference.at, f"a reference names exactly one of {', '.join(_KINDS)}")
        try:
            return {
                "env": self._from_environment,
                "file": self._from_file,
                "certificates": self._from_pem,
                "saml_metadata": self._from_metadata,
            }[kinds[0]](reference)
        except CertificatesRefused as refused:
            raise reference.wrong(kinds[0], str(refused)) from None

    def _from_environment(self, reference: Section) -> str:
        reference.only("env", "default", "secret")
        variable = reference.text("env")
        if self._environ.get(variable):
            return self._environ[variable]
        if self._environ.get(f"{variable}_FILE"):
            return _content(Path(self._environ[f"{variable}_FILE"]), reference, "env").strip()
        if reference.has("default"):
            return reference.text("default")
        raise reference.wrong("env", f"set the environment variable {variable}, or {variable}_FILE to a file that holds it")

    def _from_file(self, reference: Section) -> str:
        reference.only("file", "secret")
        return _content(self._beside(reference.text("file")), reference, "file").strip()

    def _from_pem(self, reference: Section) -> str:
        reference.only("certificates")
        is_reference = isinstance(reference.data["certificates"], dict)
        path = self._from_environment(reference.section("certificates")) if is_reference else reference.text("certificates")
        return ",".join(certificates_of_pem(_content(self._beside(path), reference, "certificates")))

    def _from_metadata(self, reference: Section) -> str:
        reference.only("saml_metadata", "entity_id")
        url = reference.text("saml_metadata")
        return ",".join(certificates_of_metadata(self._fetch(url), url, reference.text("entity_id")))

    def _beside(self, path: str) -> Path:
        # Relative paths are relative to the environment file, so that a command works from any folder.
        return self._section.document.path.parent / path


def _content(path: Path, reference: Section, key: str) -> str:
    try:
        content = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as refused:
        reason = refused.strerror if isinstance(refused, OSError) else "it is not text"
        raise reference.wrong(key, f"the file {path} cannot be read ({reason})") from None
    if not content.strip():
        raise reference.wrong(key, f"the file {path} is empty")
    return content


def environment_values(document: Document, environ: Mapping[str, str], fetch: Fetch) -> Values:
    """The values of an environment file. Raises ConfigurationError."""
    return Values(document.top.only("values", "identity_providers").section("values"), environ, fetch)


def refuse_unused(values: Values, document: Document, idle_aliases: Collection[str] = ()) -> None:
    """Raises ConfigurationError for a value that no file mentions: mostly a misspelt name.

    Values named after a citizen ID that this environment leaves out (`<alias>_...`) may wait for it.
    """
    waiting = tuple(f"{alias}_" for alias in idle_aliases)
    for name in document.top.section("values").data:
        if name not in values.used and not name.startswith(waiting):
            raise ConfigurationError(f"{document.place(('values', name))}: no file uses the value {name!r}: remove it or correct its name")
