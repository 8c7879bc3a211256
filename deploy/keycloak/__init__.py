"""What we add to Keycloak: a provider jar (`provider/`, Java) and themes (`themes/`).

Owns what Keycloak cannot be configured to do: BundID's request extension, handing over what a citizen ID asserted with its trust,
bringing errors and citizens back to the broker. Which realm uses them is described in `realm-config/`.
"""
