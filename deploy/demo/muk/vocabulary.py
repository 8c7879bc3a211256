"""The names of the dialect: attributes, structured values, words for levels."""

from __future__ import annotations

from enum import StrEnum

EKONA = "http://www.elster.de/schema/ekona/saml/extensions"


class Attribute(StrEnum):
    """The attributes of an organisation's data set; always all that the account has, whoever asks."""

    KIND_OF_DATA = "DatenkranzTyp"
    KIND_OF_PERSON = "PersTyp"
    ORGANISATION_KEY = "DatenuebermittlerPseudonymId"
    NAME = "Firmenname"
    LEGAL_FORM = "Rechtsform"
    LEGAL_FORM_TEXT = "RechtsformText"
    REGISTER = "Registerart"
    REGISTER_COURT = "Registergericht"
    REGISTER_NUMBER = "Registernummer"
    ACTIVITY = "Taetigkeit"
    ACTIVITY_TEXT = "TaetigkeitText"
    TEST_ACCOUNT = "IstTestkonto"
    IDENTIFICATION = "ElsterVertrauensniveauIdentifizierung"
    AUTHENTICATION = "ElsterVertrauensniveauAuthentifizierung"
    ADDRESS = "Unternehmensanschrift"
    ACTING_PERSON = "HandelndePerson"


SUBSTANTIAL = "substanziell"
"""How ELSTER calls the level of its certificates, for identification and for authentication alike."""

AUTHN_CONTEXT = "urn:oasis:names:tc:SAML:2.0:ac:classes:X509"
"""Assumed: the class of SAML for certificates. It says nothing of a level, and no relying party may read one into it."""
