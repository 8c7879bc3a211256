"""The BundID simulator: a SAML identity provider that speaks BundID's dialect with invented citizens; with `--as bayernid` it is BayernID.

It owns: the identity provider's metadata and keys, checking signed requests with their akdb extension, the pages with the
means of identification and the test citizens, and the signed and encrypted response. It is for the demo and for tests only,
says so on every page, and protects nothing: whoever reaches it may choose to be anybody.

It does not own: the broker, Keycloak, or the test citizens themselves (``deploy/demo/persons.yaml``, shared with the other
simulators). It stores no personal data and logs none.
"""
