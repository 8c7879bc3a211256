"""What all simulated SAML citizen IDs have in common: keys, metadata, checking signed messages, writing signed and encrypted answers.

It owns: SAML 2.0 as the protocol has it, the faults every relying party must survive, and the frame of the pages. For the demo
and for tests only.

It does not own: any dialect. What a citizen ID's requests and attributes look like, its levels and its test persons are the
business of `deploy.demo.bundid`, `deploy.demo.osi` and their like.
"""
