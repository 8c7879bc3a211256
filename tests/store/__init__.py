"""One contract per store, run on SQLite and PostgreSQL, on fakeredis and Redis."""
