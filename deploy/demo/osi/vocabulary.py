"""The names of OSI's SAML dialect: levels, means of identification, attributes."""

from __future__ import annotations

from enum import IntEnum, StrEnum


class Level(IntEnum):
    """How sure the account is of a login, by the eIDAS words it uses on the wire."""

    LOW = 2
    SUBSTANTIAL = 3
    HIGH = 4

    @property
    def wire(self) -> str:
        return f"http://eidas.europa.eu/LoA/{self.name.lower()}"


class Means(StrEnum):
    """The ways to sign in, as this simulator's pages and the persons file name them."""

    PLUS = "plus"
    PASSWORD = "password"
    # A sign-in that keeps no account: published nowhere, assumed to come with a transient NameID and no more than what was typed in.
    TEMPORARY = "temporary"


LEVEL_OF = {Means.PLUS: Level.HIGH, Means.PASSWORD: Level.LOW, Means.TEMPORARY: Level.LOW}


class Attribute(StrEnum):
    """The fixed set; three of them are made of elements."""

    FAMILY_NAMES = "FamilyNames"
    GIVEN_NAMES = "GivenNames"
    BIRTH_NAME = "BirthName"
    DATE_OF_BIRTH = "DateOfBirth"
    GENDER = "Gender"
    TITLE = "Title"
    ACADEMIC_TITLE = "AcademicTitle"
    EMAIL_ADDRESS = "EmailAddress"
    TELEPHONE = "Telephone"
    CELLPHONE = "Cellphone"
    LANGUAGE = "Language"
    INBOX_REFERENCE = "InboxReference"
    ASSURANCE_LEVEL = "AssuranceLevel"
    PRINCIPAL_TYPE = "PrincipalType"
    CITIZEN_PROFILE_TYPE = "CitizenProfileType"
    PLACE_OF_RESIDENCE = "PlaceOfResidence"
    PLACE_OF_BIRTH = "PlaceOfBirth"
    LEGAL_ENTITY = "LegalEntity"


# The words of PrincipalType and CitizenProfileType and the namespace of structured values are published nowhere: assumed.
NATURAL_PERSON, LEGAL_ENTITY = "NaturalPerson", "LegalEntity"
PROFILE_OF = {Means.PLUS: "ServicekontoPlus", Means.PASSWORD: "Servicekonto", Means.TEMPORARY: "Temporary"}
STRUCTURES = "urn:dataport:osi:servicekonto:attributes"
