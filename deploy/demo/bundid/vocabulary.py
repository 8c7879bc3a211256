"""The names of BundID's SAML dialect: attributes with their OIDs, means of identification, levels."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Level(IntEnum):
    """How sure BundID is of a login: STORK-QAA-Level-1 (user name and password) to 4 (German eID)."""

    BASIC = 1
    LOW = 2
    SUBSTANTIAL = 3
    HIGH = 4

    @property
    def wire(self) -> str:
        return f"STORK-QAA-Level-{self.value}"


class Trust(StrEnum):
    """The words of the attribute ``akdb:TrustLevel``."""

    UNTERGEORDNET = "UNTERGEORDNET"
    NORMAL = "NORMAL"
    SUBSTANTIELL = "SUBSTANTIELL"
    HOCH = "HOCH"


TRUST_OF_LEVEL = {
    Level.BASIC: Trust.UNTERGEORDNET,
    Level.LOW: Trust.NORMAL,
    Level.SUBSTANTIAL: Trust.SUBSTANTIELL,
    Level.HIGH: Trust.HOCH,
}


class Means(StrEnum):
    """The ways to identify oneself, as this simulator's pages and the persons file name them."""

    EID = "eid"
    ELSTER = "elster"
    AUTHEGA = "authega"
    PASSWORD = "password"
    EIDAS = "eidas"
    FINK = "fink"
    GUEST = "guest"


@dataclass(frozen=True, slots=True)
class MeansFacts:
    """What a request calls a means (None: cannot be requested), the highest level it reaches, how the answer names it."""

    request_name: str | None
    ceiling: Level
    proved_by: str


MEANS = {
    Means.EID: MeansFacts("eID", Level.HIGH, "eID"),
    Means.ELSTER: MeansFacts("Elster", Level.SUBSTANTIAL, "Elster"),
    Means.AUTHEGA: MeansFacts("Authega", Level.SUBSTANTIAL, "Authega"),
    Means.PASSWORD: MeansFacts("Benutzername", Level.BASIC, "Benutzername"),
    Means.EIDAS: MeansFacts("eIDAS", Level.HIGH, "eIDAS"),
    Means.FINK: MeansFacts("FINK", Level.HIGH, "FINK"),
    Means.GUEST: MeansFacts(None, Level.HIGH, "eID"),
}


class Attribute(StrEnum):
    """BundID's attributes, by OID; the last three are only BayernID's. ``friendly_name`` as on the wire (SB 6.2, 2.5 of the notes)."""

    friendly_name: str

    def __new__(cls, oid: str, friendly_name: str) -> Attribute:
        member = str.__new__(cls, f"urn:oid:{oid}")
        member._value_ = f"urn:oid:{oid}"
        member.friendly_name = friendly_name
        return member

    GIVEN_NAME = "2.5.4.42", "givenName"
    SURNAME = "2.5.4.4", "surname"
    BIRTH_NAME = "1.2.40.0.10.2.1.1.225566", "birthName"
    PERSONAL_TITLE = "0.9.2342.19200300.100.1.40", "personalTitle"
    GENDER = "1.3.6.1.4.1.33592.1.3.5", "gender"
    BIRTHDATE = "1.2.40.0.10.2.1.1.55", "birthdate"
    PLACE_OF_BIRTH = "1.3.6.1.5.5.7.9.2", "placeOfBirth"
    NATIONALITY = "1.2.40.0.10.2.1.1.225577", "nationality"
    POSTAL_ADDRESS = "2.5.4.16", "postalAddress"
    POSTAL_CODE = "2.5.4.17", "postalCode"
    LOCALITY_NAME = "2.5.4.7", "localityName"
    COUNTRY = "1.2.40.0.10.2.1.1.225599", "country"
    COMMUNITY_ID = "1.3.6.1.4.1.25484.494450.5", "communityId"
    MAIL = "0.9.2342.19200300.100.1.3", "mail"
    TELEPHONE_NUMBER = "2.5.4.20", "telephoneNumber"
    DE_MAIL = "1.3.6.1.4.1.55605.70737875.1.1.1.7.1", "DeMail"
    DOCUMENT_TYPE = "1.2.40.0.10.2.1.1.552255", "documentType"
    EIDAS_ISSUING_COUNTRY = "1.3.6.1.4.1.25484.494450.10.1", "eIDAS-Issuing-Country"
    BPK2 = "1.3.6.1.4.1.25484.494450.3", "bPK2"
    BPK = "1.2.40.0.10.2.1.1.149", "bPK"
    QAA_LEVEL = "1.2.40.0.10.2.1.1.261.94", "EID-CITIZEN-QAA-LEVEL"
    ASSERTION_PROVED_BY = "1.3.6.1.4.1.25484.494450.2", "AssertionProvedBy"
    MFA = "1.3.6.1.4.1.25484.494450.7", "mfa"
    VERSION = "1.3.6.1.4.1.25484.494450.1", "Version"
    PSEUDONYM = "1.2.40.0.10.2.1.1.226699", "pseudonym"
    LEGACY_POSTKORB_HANDLE = "2.5.4.18", "legacyPostkorbHandle"
    APPLICATION_ID = "1.3.6.1.4.1.25484.494450.4", "applicationId"
    HOUSE_NUMBER = "2.5.4.9", "houseNumber"
    ORGANIZATION_NAME = "2.5.4.10", "organizationName"
    ARTISTIC_NAME = "1.2.40.0.10.2.1.1.552233", "artisticName"


BAYERNID_ONLY = frozenset({Attribute.HOUSE_NUMBER, Attribute.ORGANIZATION_NAME, Attribute.ARTISTIC_NAME})
BY_NAME = {attribute.value: attribute for attribute in Attribute}
BY_FRIENDLY_NAME = {attribute.friendly_name: attribute for attribute in Attribute}
