"""Tests against a real Keycloak, started once per test process."""
