"""What distinguishes the two demo tools from each other."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ToolSettings:
    """One tool: its name, what it asks for, and where it and the broker are."""

    key: str
    client_id: str
    scope: str
    issuer: str
    base_url: str
    client_secret: str = field(repr=False)
    session_secret: str = field(repr=False)


CLIENT_IDS = {"karte": "mitmachkarte", "haushalt": "buergerhaushalt"}
SCOPES = {"karte": "openid profile eligibility", "haushalt": "openid profile email eligibility"}
