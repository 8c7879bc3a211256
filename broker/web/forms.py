"""Forms of the citizen pages: what may be typed in, and the sentence for what may not. The token against forged forms is Flask-WTF's."""

from __future__ import annotations

from flask_babel import gettext
from flask_wtf import FlaskForm
from wtforms import StringField, ValidationError

from broker.flows.naming import pseudonym_fault


class ConsentForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """The display name that goes with a consent. Spaces around it are a slip, not a fault."""

    pseudonym = StringField(filters=[lambda text: (text or "").strip()])

    def validate_pseudonym(self, field: StringField) -> None:
        """Refuse what tools would refuse, before they get it."""
        fault = pseudonym_fault(field.data)
        if fault:
            raise ValidationError(gettext(fault))


class UserCodeForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """The code that a device shows (RFC 8628 3.3)."""

    user_code = StringField(filters=[lambda text: (text or "").strip()])


class VoucherForm(FlaskForm):  # type: ignore[misc]  # Flask-WTF ships no types
    """The code on a slip of paper (`core/voucher.py`)."""

    voucher = StringField(filters=[lambda text: (text or "").strip()])
