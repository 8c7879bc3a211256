"""Fixtures of the shared vocabulary, for every test."""

from hypothesis import settings

# Properties are judged by what they say, not by how busy the machine is.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")

pytest_plugins = [
    "tests.support.clock",
    "tests.support.services",
    "tests.support.app",
    "tests.support.real_keycloak",
    "tests.support.stack",
    "tests.support.log",
    "tests.support.registrar",
]
