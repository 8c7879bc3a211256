"""One value made by a transform of the claim table, on a fixed day."""

from __future__ import annotations

from datetime import UTC, datetime

from broker.claim_table import load_claim_table
from broker.core.transforms import TRANSFORMS, Asserted
from broker.core.trust import TrustLevel
from tests.support.realm_config import REALM_CONFIG

MUNICIPALITIES = load_claim_table(REALM_CONFIG / "claim-table.yaml").municipalities
THRESHOLDS = (12, 14, 16, 18, 21, 27, 60, 65)
NOON = datetime(2026, 11, 26, 11, 0, tzinfo=UTC)


def made(transform: str, *values: str | None, at: datetime = NOON, trust: TrustLevel = TrustLevel.HIGH) -> object:
    return TRANSFORMS[transform](Asserted(values, trust, at, THRESHOLDS, MUNICIPALITIES))
