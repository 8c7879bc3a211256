"""Tools as far as a sign-out meets them: one process that takes logout tokens for many tools, each in the mood a test wants it in.

`python -m tests.bench.receivers PORT JWKS` serves `POST /logout/<tool>`, `GET /mood/<tool>/<mood>`, `GET /report` and `/counts`. Tokens
(ES256) are verified with PyJWT, which the broker does not sign with.
"""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import dataclass, field
from time import time
from urllib.parse import parse_qs

import jwt

EVENT = "http://schemas.openid.net/event/backchannel-logout"
MOODS = ("well", "down", "slow", "failing", "garbled")
SLOW_SECONDS = 8.0


@dataclass
class Tool:
    """One tool: which of its sessions have ended and when, and what came that should not have."""

    mood: str = "well"
    well_since: float = field(default_factory=time)
    ended: dict[str, float] = field(default_factory=dict)
    tokens: set[str] = field(default_factory=set)
    replayed: int = 0
    invalid: int = 0
    twice: int = 0
    asked: int = 0


class Receivers:
    """All tools of the process."""

    def __init__(self, keys: list[jwt.PyJWK]) -> None:
        self._keys = {key.key_id: key for key in keys}
        self._tools: dict[str, Tool] = {}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request per connection, as the broker makes them."""
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            length = next((int(line[15:]) for line in head.lower().split("\r\n") if line.startswith("content-length:")), 0)
            body = (await reader.readexactly(length)).decode()
            answer = await self._answer(head.split(" ", 2)[1], body)
            if answer:
                writer.write(answer)
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass  # the broker lost its patience
        finally:
            writer.close()

    async def _answer(self, path: str, body: str) -> bytes:
        words = path.strip("/").split("/")
        if words[0] == "report":
            return _http(200, json.dumps({name: {**vars(tool), "tokens": len(tool.tokens)} for name, tool in self._tools.items()}))
        if words[0] == "counts":
            return _http(200, json.dumps({name: len(tool.ended) for name, tool in self._tools.items()}))
        tool = self._tools.setdefault(words[1], Tool())
        if words[0] == "mood":
            tool.mood, tool.well_since = words[2], time()
            return _http(200)
        return await self._told(words[1], tool, body)

    async def _told(self, name: str, tool: Tool, body: str) -> bytes:
        tool.asked += 1
        mood = tool.mood
        if mood == "down":
            return b""
        if mood == "slow":
            await asyncio.sleep(SLOW_SECONDS)
        if mood == "garbled":
            return b"\x00\xff not http at all"
        if mood == "failing":
            return _http(500)
        return _http(self._note(name, tool, parse_qs(body).get("logout_token", [""])[0]))

    def _note(self, name: str, tool: Tool, token: str) -> int:
        try:
            key = self._keys[jwt.get_unverified_header(token)["kid"]]
            claims = jwt.decode(token, key, audience=name, options={"require": ["iss", "iat", "exp", "jti", "sub", "sid", "events"]})
        except (jwt.PyJWTError, KeyError):
            tool.invalid += 1
            return 400
        if "nonce" in claims or claims["events"] != {EVENT: {}}:
            tool.invalid += 1
            return 400
        tool.replayed += claims["jti"] in tool.tokens
        tool.tokens.add(claims["jti"])
        tool.twice += claims["sid"] in tool.ended
        tool.ended.setdefault(claims["sid"], time())
        return 200


def _http(status: int, body: str = "") -> bytes:
    return f"HTTP/1.1 {status} OK\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}".encode()


async def main(port: int, jwks: str) -> None:
    """Serve until killed."""
    receivers = Receivers([jwt.PyJWK(key) for key in json.loads(jwks)["keys"] if key["kty"] == "EC"])
    server = await asyncio.start_server(receivers.serve, "127.0.0.1", port)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2]))
