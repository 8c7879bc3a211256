"""The side towards Keycloak, the hub that speaks to the citizen IDs.

Owns sign-in at the hub, what is believed of its answers, and the description of its realm as files. Owns no account, no session of the
broker and no knowledge of tools: it gets a citizen ID, a level and a language, and hands back one identity. Nothing above knows Keycloak.
"""
