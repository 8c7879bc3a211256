"""Persistent name identifiers (SAML core 8.3.7)."""

from __future__ import annotations

import base64
import hashlib

from deploy.demo.persons import Account


def persistent_name_id(account: Account, entity_id: str, salt: bytes) -> str:
    """The same for one account at one service provider, for ever; of no meaning elsewhere."""
    digest = hashlib.sha256(b"\0".join((account.uuid.encode(), entity_id.encode(), salt))).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
