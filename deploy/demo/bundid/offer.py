"""Which means and which test citizens a request leaves open."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from deploy.demo.bundid.authn_request import AuthnRequest
from deploy.demo.bundid.identity import Login, level_of
from deploy.demo.bundid.product import CitizenId
from deploy.demo.bundid.vocabulary import MEANS, Attribute, Means
from deploy.demo.persons import Account, Person


@dataclass(frozen=True, slots=True)
class Offer:
    """The choices for one request; ``any_level`` ignores the asked minimum, to provoke an answer below it."""

    request: AuthnRequest
    persons: tuple[Person, ...]
    citizen_id: CitizenId = CitizenId.BUNDID
    any_level: bool = False

    def means(self) -> list[Means]:
        """The means to choose from, in the order of the page."""
        return [means for means in Means if self._is_allowed(means) and MEANS[means].ceiling >= self._minimum]

    def logins(self, means: Means) -> list[Login]:
        """The test citizens who can use ``means`` and reach the level with it."""
        if means not in self.means():
            return []
        found = (Login(person, account, means) for person, account in self._accounts() if _owns(account, means))
        return [login for login in found if level_of(login.account, means) >= self._minimum]

    @property
    def _minimum(self) -> int:
        return 0 if self.any_level else self.request.minimum_level

    def _is_allowed(self, means: Means) -> bool:
        if means is Means.GUEST:  # not a method of its own: whoever asks for an account's key excludes guests
            extension = self.request.extension
            keys = (Attribute.BPK2, Attribute.LEGACY_POSTKORB_HANDLE)
            return Means.EID in extension.means and not any(extension.requests(key) for key in keys)
        return means in self.request.extension.means

    def _accounts(self) -> Iterator[tuple[Person, Account]]:
        for person in self.persons:
            for account in person.accounts_at(self.citizen_id):
                yield person, account


def _owns(account: Account, means: Means) -> bool:
    if means is Means.GUEST:
        return "eid" in account.means or "eidas" in account.means
    return means.value in account.means
