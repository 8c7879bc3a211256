"""What an operation costs: `make bench` and `make soak`.

Owns the stage (Redis and PostgreSQL with durable settings, the broker under its real gunicorn configuration, the floor beside it), a load
generator in a process and on a core of its own, and the reading of what the servers spent from `/proc`, from Redis and from PostgreSQL.
Judges nothing by time: a busy machine must not fail a build. Answers are checked, so that a fast error never passes for a sign-in, and
the soak fails when memory grows or a code is redeemed twice.
"""
