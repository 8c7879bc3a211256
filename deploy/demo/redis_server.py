"""A stand-in for Redis that web, worker and command line share: fakeredis on a port of the loopback address."""

import argparse

from fakeredis import TcpFakeServer


def main() -> None:
    """Serves until the process is ended; nothing is kept after that."""
    parser = argparse.ArgumentParser(prog="python -m deploy.demo.redis_server")
    parser.add_argument("--port", type=int, required=True)
    server = TcpFakeServer(("127.0.0.1", parser.parse_args().port), server_version=(7, 0))
    server.daemon_threads = True  # open connections must not keep the process alive
    server.serve_forever()


if __name__ == "__main__":
    main()
