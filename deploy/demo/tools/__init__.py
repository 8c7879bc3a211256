"""The two demo tools: small participation sites that sign citizens in at the broker with Authlib's stock client.

One Flask application with two configurations, "Mitmachkarte" and "Bürgerhaushalt". They are an example of a relying party
done properly (PKCE, nonce, RFC 9207 `iss`, back-channel logout) and show on a page what they received. They know nothing of
the broker but its issuer, and nothing of Keycloak or any citizen ID.
"""
