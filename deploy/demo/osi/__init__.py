"""The simulator of Servicekonto Schleswig-Holstein (Dataport OSI): a SAML identity provider with invented citizens and an organisation.

It owns: OSI's dialect (plain attribute names, values made of elements, eIDAS levels, persistent NameID, an assertion that is signed
but not encrypted) and single logout in both directions. It is for the demo and for tests only, says so on every page, and
protects nothing: whoever reaches it may choose to be anybody.

OSI's interface description is not public. What is modelled here is known from one integrator; what is assumed says so.
"""
