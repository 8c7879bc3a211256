"""Tests of the broker, its realm, its tools and its demo; the vocabulary they share is in ``support/``."""
