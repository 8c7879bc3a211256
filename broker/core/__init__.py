"""Types and rules of the broker, in plain Python.

Owns the vocabulary every other floor speaks (client, request, session, consent, grant, claims, trust), the error family and the one judge
(`next_step`). Owns no input or output: nothing here opens a connection, reads a setting or knows a web framework, and nothing is imported
from outside the standard library.
"""
