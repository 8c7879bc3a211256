"""A citizen's day: real broker, demo tools and the simulated hub, each on a port of its own in one process, met with a browser."""
