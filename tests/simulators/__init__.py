"""Tests of the citizen-ID simulators: a simulator that is wrong would make every test of the broker worthless."""
