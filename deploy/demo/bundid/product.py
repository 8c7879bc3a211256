"""One product, two citizen IDs: what BundID and BayernID have of their own (BayernID: the plugin of the city of Munich shows it)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from deploy.demo.bundid.vocabulary import BAYERNID_ONLY, Attribute, Means
from deploy.demo.saml.pages import Product


class CitizenId(StrEnum):
    """Which of the two is simulated; the words of the command line and of ``persons.yaml``."""

    BUNDID = "bundid"
    BAYERNID = "bayernid"


@dataclass(frozen=True, slots=True)
class Variant:
    """What differs between the two, apart from names and addresses."""

    citizen_id: CitizenId
    product: Product
    title: str
    means: frozenset[Means]
    """Those a request can enable; with Authega at BayernID only."""
    attributes: frozenset[Attribute]
    online_service_id: re.Pattern[str]
    port: int


_COMMON_MEANS = frozenset(Means) - {Means.AUTHEGA}
VARIANTS = {
    CitizenId.BUNDID: Variant(
        citizen_id=CitizenId.BUNDID,
        product=Product("die BundID", "der BundID"),
        title="BundID",
        means=_COMMON_MEANS,
        attributes=frozenset(Attribute) - BAYERNID_ONLY,
        online_service_id=re.compile(r"BMI-[AB][0-9A-Za-z]{4,7}"),
        port=8082,
    ),
    CitizenId.BAYERNID: Variant(
        citizen_id=CitizenId.BAYERNID,
        product=Product("die BayernID", "der BayernID"),
        title="BayernID",
        means=_COMMON_MEANS | {Means.AUTHEGA},
        attributes=frozenset(Attribute),
        # The BMI-ID with -DE, handed out by the Bavarian ministry (StMD).
        online_service_id=re.compile(r"BMI-[AB][0-9A-Za-z]{4,7}-DE"),
        port=8083,
    ),
}
