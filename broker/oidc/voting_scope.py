"""The scope `voting`: which procedure a request is for (citizen IDs 6).

A named procedure that this tool does not have open is refused with invalid_scope, alike for unknown, foreign and closed ones: letting the
citizen in without the key the tool relies on would make a vote that does not count. Plain `voting` is left out like any scope that yields
nothing (OIDC Core 3.1.2.1) unless exactly one procedure is open: tools have it in their fixed list of scopes all year.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from broker.core.client import Client
from broker.core.errors import InvalidScope
from broker.core.procedure import VOTING, named_procedures, scope_of

OpenProcedures = Callable[[str], tuple[str, ...]]
"""Returns the ids of a client's open procedures."""


def voting_scope(asked: Iterable[str], client: Client, open_at: OpenProcedures) -> str | None:
    """The scope with the one procedure this request is for, or None. Raises InvalidScope."""
    words = tuple(asked)
    named = named_procedures(words)
    if VOTING not in client.scopes or not (named or VOTING in words):
        return None
    if len(named) > 1:
        raise InvalidScope("scope names more than one procedure: ask for each by itself, so that nobody can join them")
    known = open_at(client.client_id)
    if named:
        if named[0] not in known:
            raise InvalidScope("scope names a procedure that this client does not have open")
        return scope_of(named[0])
    return scope_of(known[0]) if len(known) == 1 else None
