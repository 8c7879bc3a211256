"""Our provider for Keycloak: Java sources (`src/`), their tests (`tests/`), the finished jar with its checksum, and its builder.

The jar is kept in the repository because a machine without a Java compiler must run the demo too; `build --check` proves that it
is what the sources say. It uses internal interfaces of Keycloak: compile and test it anew for every Keycloak release.
"""
