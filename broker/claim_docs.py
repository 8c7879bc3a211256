"""The claim table as a page for people who run tools (`clients/CLAIMS.md`): what each claim means and which citizen ID gives it."""

from __future__ import annotations

import json
from collections.abc import Iterator

from broker.core.claim import ClaimDefinition, ClaimTable, ReleaseClass
from broker.core.client_policy import EVIDENCE
from broker.core.transforms import TRANSFORMS
from broker.core.trust import TrustLevel
from broker.core.vouching import AttributeTrust, Vouching

_CLASSES = {
    ReleaseClass.ALWAYS: "always, with `openid`",
    ReleaseClass.SCOPE: "with the scope `{scope}`; the citizen sees it before agreeing",
    ReleaseClass.PURPOSE: "with the scope `{scope}` or by the `claims` parameter, if the tool's file says what for and the citizen agrees",
}
_VOUCHING = {
    AttributeTrust.ASSERTED: "says of each detail how far it vouches for it",
    AttributeTrust.SIGN_IN: "vouches for all details as far as for the sign-in",
    AttributeTrust.SELF: "vouches for no detail: every one is `self`",
}
_HEAD = """# Claims

What a tool may learn of a citizen. Names, formats and words are the same whichever citizen ID was used; a claim that is not known is
absent, never empty and never guessed.
This page is made from `realm-config/claim-table.yaml` by `broker claims docs`; do not edit it.

- **Where**: in userinfo, and in the ID token too where `claims_in_id_token` is on or the `claims` parameter asks for it there.
- **Levels** (`acr`): {levels}.
  The level is the one really reached; a tool that needs more says so (`minimum_level`, or an essential `acr`).
- **How far each detail is vouched for** stands in `bp_attr_loa`: one of these levels, never more than the sign-in's, or `self` for what is
  nobody's word but the citizen's.
- **Proof of residence** (`bp_residence_evidence`), from weakest to best: {evidence}. A tool's `minimum_evidence` sets the least it takes.
- `email_verified` is never true because a citizen ID says so.
"""


def claims_page(table: ClaimTable) -> str:
    """The whole page as Markdown, ending with a newline."""
    rows = [row for row in table.definitions.values() if row.release is not ReleaseClass.NEVER]
    head = _HEAD.format(
        levels=", ".join(f"`{level.acr}`" for level in TrustLevel if level), evidence=", ".join(f"`{word}`" for word in EVIDENCE)
    )
    parts = [head, _overview(rows, table), _citizen_ids(table), *(_claim(row) for row in rows), _never(table)]
    return "\n".join(parts)


def _overview(rows: list[ClaimDefinition], table: ClaimTable) -> str:
    """A line per claim: type, scope, class, and which citizen IDs give it."""
    aliases = list(table.providers)
    lines = [f"| claim | type | scope | class | {' | '.join(aliases)} |", f"|---|---|---|---|{'---|' * len(aliases)}"]
    for row in rows:
        given = ["broker" if row.origin == "broker" else "yes" if alias in row.mappings else "–" for alias in aliases]
        lines.append(f"| [`{row.name}`](#{row.name}) | {row.type} | {row.scope or 'openid'} | {row.release} | {' | '.join(given)} |")
    note = "`broker`: made by the broker after any sign-in, where it can. `yes`: if this citizen ID has it of this citizen."
    return "\n".join(["## Overview", "", *lines, "", note, "Classes: A always, S by scope, P by purpose.", ""])


def _citizen_ids(table: ClaimTable) -> str:
    lines = [f"- `{alias}`: {_believed(vouching)}" for alias, vouching in table.providers.items()]
    voucher = "- `voucher` (a code from a school or an office): a person; at level `basic`, for a municipality, an age, an age group."
    return "\n".join(["## Citizen IDs", "", *lines, voucher, ""])


def _believed(vouching: Vouching) -> str:
    who = "an organisation" if vouching.subject_type == "organisation" else "a person"
    return f"{who}; {_VOUCHING[vouching.attributes]}."


def _claim(row: ClaimDefinition) -> str:
    released = _CLASSES[row.release].format(scope=row.scope)
    lines = [
        f"## {row.name}",
        "",
        row.sentences["en"],
        "",
        f"- {row.labels['en']} ({row.labels['de']}), type {row.type}",
        f"- released {released}",
    ]
    if row.example is not None:
        lines.append(f"- example: `{json.dumps(row.example, ensure_ascii=False)}`")
    lines += [f"- {given}" for given in _given(row)]
    return "\n".join([*lines, ""])


def _given(row: ClaimDefinition) -> Iterator[str]:
    """What the citizen IDs give and what is made of it; those that give the same stand together."""
    together: dict[str, list[str]] = {}
    for alias, mapping in row.mappings.items():
        ways = [f"{', '.join(f'`{source}`' for source in way.sources)}: {_meaning(way.transform)}" for way in mapping.ways]
        together.setdefault(" Where that is absent, ".join(ways), []).append(alias)
    for text, aliases in together.items():
        yield f"{', '.join(aliases)}: from {text}"


def _meaning(transform: str) -> str:
    """The first sentence of what the transform promises."""
    words = " ".join((TRANSFORMS[transform].__doc__ or "").split()).replace("None", "no claim")
    return words if words.endswith(".") else f"{words}."


def _never(table: ClaimTable) -> str:
    names = ", ".join(f"`{row.name}`" for row in table.definitions.values() if row.release is ReleaseClass.NEVER)
    return f"## What never leaves the broker\n\nRead in the moment of the sign-in and then discarded: {names}.\n"
