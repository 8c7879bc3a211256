"""The participation broker: one sign-in for all participation tools of a city.

Towards tools it is an OpenID Provider, towards Keycloak a relying party. README.md beside this file is the map of the house.
"""
