"""Fixtures of the shared vocabulary, for every test."""

pytest_plugins = [
    "tests.support.clock",
    "tests.support.services",
    "tests.support.app",
    "tests.support.real_keycloak",
    "tests.support.stack",
    "tests.support.log",
    "tests.support.registrar",
]
