"""The OpenID Connect simulator: a citizen account that speaks OpenID Connect, as old Länder accounts did and a DeutschlandID may.

It owns: discovery and keys, the authorization code flow with PKCE, its pages with the means and the test citizens, ID token and
userinfo, both directions of logout, and the faults a relying party must survive. The shapes it can take stand in `vocabulary`. It
is for the demo and for tests only, says so on every page, and protects nothing: whoever reaches it may choose to be anybody.

It does not own: the broker, Keycloak, or the test citizens (``deploy/demo/persons.yaml``). It keeps everything in memory, logs no
personal data, and shares persons, means and levels with the BundID simulator.
"""
