"""What the account remembers: sign-ins under way, codes, access tokens, sessions. In memory, each with an end."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from deploy.demo.bundid.identity import Login
from deploy.demo.oidc.authorization_request import AuthorizationRequest

SIGN_IN_LIFETIME = dt.timedelta(minutes=30)
CODE_LIFETIME = dt.timedelta(seconds=60)
TOKEN_LIFETIME = dt.timedelta(minutes=5)
SESSION_LIFETIME = dt.timedelta(minutes=30)


@dataclass(slots=True)
class SignIn:
    """A request whose citizen is still choosing."""

    request: AuthorizationRequest
    chosen: Login | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """A citizen signed in at the account in one browser."""

    sid: str
    login: Login
    authenticated_at: dt.datetime


@dataclass(frozen=True, slots=True)
class IssuedCode:
    """What a code stands for, and how its answer will be wrong."""

    request: AuthorizationRequest
    session: Session
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AccessToken:
    """What an access token opens."""

    userinfo: Mapping[str, Any]
