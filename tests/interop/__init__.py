"""Relying parties that the project did not write, as real processes against the whole running stack: Apache's mod_auth_openidc and npm's
openid-client. What they refuse, no tool of theirs could use. Authlib's client is that of the demo tools, tested in `tests/live`."""
