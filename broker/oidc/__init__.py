"""Our provider face towards tools: OpenID Connect and OAuth 2.0 as the specifications word them.

Owns what goes over the wire: reading an authorization request, the answer to it, authenticating clients and redeeming codes (Authlib's
server, token side only), what stands in an ID token, our keys as others see them, metadata and RP-initiated logout. Owns no decision about
a citizen (`core/next_step.py`), no state (the flows and stores), no page and no HTTP (`web/`). JOSE is joserfc's; Authlib's names are
spoken in `faces.py`, `server.py`, `grants.py` and `client_auth.py` alone.
"""
