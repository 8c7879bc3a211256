"""What people and machines see: views, pages, errors, cookies, headers, languages, health and metrics.

Owns HTTP: reading a request into plain values, calling one flow, turning what comes back into an answer. Views are thin, do not catch and
decide nothing; `errors.py` alone turns errors into answers. Owns no SQL, no Redis, no Keycloak. The audiences (`oidc` for tools, `citizen`
for people) meet by URL only.
"""
