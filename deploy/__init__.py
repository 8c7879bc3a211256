"""How the broker is set up and run outside the product itself.

Owns container files, proxy and runbook, the Keycloak provider and theme (`keycloak/`), and the demo (`demo/`). Nothing in
`broker/` imports from here; what lies here uses the product only through its command line and its HTTP interface.
"""
