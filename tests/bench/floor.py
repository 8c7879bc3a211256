"""The floor: what any provider in Flask behind gunicorn pays that signs RS256 and keeps its codes and sessions in Redis, without any check.

Two bare views, four Redis round trips, one signature. A third view adds what bare psycopg takes for a read and a durable insert, so that
the part of PostgreSQL can be told apart from ours.
"""

from __future__ import annotations

import secrets
import threading

import psycopg
import redis
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from flask import Flask, Response

_VALUE = secrets.token_bytes(1024)  # about as much as a code and half a session
_READ = "SELECT kept FROM floor WHERE name = %s"
_INSERT = "INSERT INTO floor (name, kept) VALUES (%s, %s) ON CONFLICT DO NOTHING RETURNING name"


def create_floor(redis_url: str, database_url: str) -> Flask:
    """The two views of a silent sign-in, `/authorize` and `/token`, and their durable twin `/token-durable`."""
    app = Flask(__name__)
    store = redis.Redis.from_url(redis_url, protocol=2)
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    store.set("floor:session", _VALUE)
    connections = threading.local()

    def authorize() -> Response:
        store.get("floor:session")
        store.set("floor:code", _VALUE, px=60_000)
        return Response(status=303, headers={"Location": "https://tool.bench/callback"})

    def token() -> Response:
        store.getdel("floor:code")
        store.get("floor:session")
        signature = key.sign(_VALUE[:512], padding.PKCS1v15(), SHA256())
        return Response(signature.hex(), mimetype="application/json")

    def token_durable() -> Response:
        connection = getattr(connections, "open", None)
        if connection is None:
            connection = connections.open = psycopg.connect(database_url, autocommit=True)
        name = secrets.token_urlsafe(16)
        connection.execute(_READ, (name,)).fetchone()
        connection.execute(_INSERT, (name, _VALUE)).fetchone()
        return token()

    app.add_url_rule("/authorize", "authorize", authorize)
    app.add_url_rule("/token", "token", token, methods=["POST"])
    app.add_url_rule("/token-durable", "token_durable", token_durable, methods=["POST"])
    return app
