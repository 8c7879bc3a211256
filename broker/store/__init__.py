"""Where the broker keeps things: SQL for what must last, Redis for what may expire.

Owns tables, statements, key names, sealing at rest and the two connections with their deadlines; one module per kind of thing, whose
class speaks eight verbs: get, find, list, add, replace, take, revoke, purge_expired. Owns no rule: whether a citizen may sign in, when a
level has decayed or what a tool may see is `core`'s and `flows`' business. Whatever fails here because a server does not answer leaves as
`StoreUnavailable`, never as "not found".
"""
