"""Which parameters an authorization request may have, however it arrives, and how long each may be (RU-15)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

LIMITS: Mapping[str, int] = MappingProxyType(
    {
        "client_id": 255,
        "redirect_uri": 2048,
        "response_type": 100,
        "response_mode": 50,
        "scope": 1024,
        "state": 4096,
        "nonce": 1024,
        "code_challenge": 128,
        "code_challenge_method": 20,
        "prompt": 100,
        "max_age": 10,
        "acr_values": 1024,
        "claims": 8192,
        "id_token_hint": 8192,
        "login_hint": 512,
        "ui_locales": 256,
        "claims_locales": 256,
        "display": 256,
        "idp_hint": 64,
        "kc_idp_hint": 64,
        "resource": 2048,
        "dpop_jkt": 64,
        "request": 16384,
        "request_uri": 2048,
        "registration": 8192,
    }
)
"""Every parameter an authorization request is read for, with its longest value in characters. Others are ignored."""
