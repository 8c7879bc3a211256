"""The demo: everything a newcomer needs to see the broker at work on one machine.

Owns finding and running Keycloak and a Java for it, the citizen-ID simulators, the demo tools, and the launcher that starts
and stops them together. It owns no behaviour of the broker: the demo runs the same broker that is deployed, with settings only.
"""
