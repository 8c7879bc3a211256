"""The simulated hub: a small OpenID Provider that stands where Keycloak stands, with a simulated BundID built in.

For machines that cannot run Keycloak (`make demo HUB=simulated`) and for fast tests. It keeps the hub contract: the same
addresses, parameters, errors and ID token as the realm `citizens` behind the broker's Keycloak client. It speaks no SAML,
keeps everything in memory, and shares persons and levels with the BundID simulator. It is no product: never use it for people.
"""
