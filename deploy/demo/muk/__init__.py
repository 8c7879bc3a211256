"""The simulator of Mein Unternehmenskonto: a SAML identity provider that speaks ELSTER's dialect "ekona" with invented organisations.

It owns: the fixed set of attributes with its structured values, levels in ELSTER's words, the persistent NameID and the key of the
organisation, the encrypted assertion inside a signed response, single logout in both directions, and this dialect's faults. It is
for the demo and for tests only, says so on every page, and protects nothing.

It does not own: SAML itself (``deploy.demo.saml``) and the test persons (``deploy/demo/persons.yaml``). Of the real service only what
two integrators published is known; where they are silent, `identity` says what is assumed.
"""
