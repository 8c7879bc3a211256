"""A small Django site that signs people in through django-allauth with the settings of adhocracy+, served by Django's own server.

As there: no automatic sign-up but a page that asks for a name of five letters and for the terms, addresses that the provider has verified
are trusted, the secret goes where discovery says, PKCE is on, no nonce is sent.
"""
