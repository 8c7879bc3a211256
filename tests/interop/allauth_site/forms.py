"""The second page that adhocracy+ shows after a first sign-in."""

from __future__ import annotations

from allauth.socialaccount.forms import SignupForm
from django import forms


class TermsSignupForm(SignupForm):  # type: ignore[misc]  # allauth ships no types
    """allauth's form, and the terms."""

    terms_of_use = forms.BooleanField()
