"""The guides do not lie about names: links lead somewhere, make targets, broker commands and settings exist."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from broker.cli import main
from broker.config import Settings

TOP = Path(__file__).parents[2]
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)|<img src=\"([^\"]+)\"|!\[[^\]]*\]\(([^)\s]+)\)")
_CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)
_ENVIRONMENT_LINE = re.compile(r"^#?(BROKER_[A-Z_]+)=", re.MULTILINE)
_FOR_THE_REALM_ONLY = {"BROKER_ENVIRONMENT", "BROKER_BACKCHANNEL_URL"}


def guides() -> list[Path]:
    """Every Markdown file of the project."""
    skipped = {"node_modules", ".venv", ".pytest_cache", ".hypothesis"}
    return sorted(path for path in TOP.rglob("*.md") if not skipped & set(path.relative_to(TOP).parts))


def name(guide: Path) -> str:
    return guide.relative_to(TOP).as_posix()


def code(guide: Path) -> Iterator[str]:
    """The lines that stand as code, whole blocks and words within sentences."""
    for found in _CODE.findall(guide.read_text(encoding="utf-8")):
        yield from found.strip("`").splitlines()


@pytest.mark.parametrize("guide", guides(), ids=name)
def test_links_lead_to_files_and_headings(guide: Path) -> None:
    text = guide.read_text(encoding="utf-8")
    targets = [next(filter(None, found)) for found in _LINK.findall(text)]
    broken = [target for target in targets if "://" not in target and not leads_somewhere(guide, target)]

    assert not broken


def leads_somewhere(guide: Path, target: str) -> bool:
    """Whether the file exists, and in it the heading that the link names."""
    path, _, heading = target.partition("#")
    file = (guide.parent / path).resolve() if path else guide
    if not file.exists():
        return False
    return not heading or heading in {anchor(line) for line in file.read_text(encoding="utf-8").splitlines() if line.startswith("#")}


def anchor(heading: str) -> str:
    """What a heading is called in an address: lower case, hyphens for blanks, no punctuation."""
    return re.sub(r"[^\w -]", "", heading.lstrip("# ").lower()).replace(" ", "-")


@pytest.mark.parametrize("guide", guides(), ids=name)
def test_make_targets_exist(guide: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (TOP / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {found for line in code(guide) for found in re.findall(r"^(?:[A-Z_]+=\S+ )*make ([a-z][a-z-]*)", line)}

    assert not named - targets


@pytest.mark.parametrize("guide", guides(), ids=name)
def test_broker_commands_and_their_options_exist(guide: Path) -> None:
    wrong = {
        found for line in code(guide) for found in re.findall(r"(?:^|&& |ExecStart=\S+ -m )broker ([a-z].*)", line) if not exists(found)
    }

    assert not wrong


def exists(words: str) -> bool:
    """Whether these are commands of ours, with options they have; `plan|apply` names two, and values are not looked at."""
    commands: list[click.Command] = [main]
    for word in re.split(r"\s+", re.split(r" &&|\s#|;", words)[0].strip()):
        if word.startswith("--"):
            known = {option for command in commands for parameter in command.params for option in parameter.opts}
            if word not in known:
                return False
        elif all(isinstance(command, click.Group) for command in commands):
            group = commands[0]
            assert isinstance(group, click.Group)
            if not set(word.split("|")) <= group.commands.keys():
                return word == "..."
            commands = [group.commands[one] for one in word.split("|")]
    return True


def test_every_setting_is_explained_and_every_explained_setting_exists() -> None:
    explained = set(_ENVIRONMENT_LINE.findall((TOP / "deploy" / "env.example").read_text(encoding="utf-8")))
    settings = {f"BROKER_{field.upper()}" for field in Settings.model_fields}

    assert {setting.removesuffix("_FILE") for setting in explained} - _FOR_THE_REALM_ONLY == settings


@pytest.mark.parametrize("guide", guides(), ids=name)
def test_settings_named_in_guides_exist(guide: Path) -> None:
    known = {f"BROKER_{field.upper()}" for field in Settings.model_fields} | _FOR_THE_REALM_ONLY
    known |= {f"{setting}_FILE" for setting in known} | {"BROKER_UPSTREAM_RETURN", "BROKER_URL"}
    named = set(re.findall(r"`(BROKER_[A-Z_]+[A-Z])(?:=[^`]*)?`", guide.read_text(encoding="utf-8")))

    assert not named - known


def test_pictures_are_small_and_shown() -> None:
    pictures = {path.relative_to(TOP).as_posix(): path.stat().st_size for path in (TOP / "deploy/demo/screenshots").glob("*.png")}
    shown = set(re.findall(r'src="([^"]+\.png)"', (TOP / "README.md").read_text(encoding="utf-8")))

    assert shown == pictures.keys()
    assert max(pictures.values()) <= 150_000
