"""Measurements side by side with a named peer, runnable by name: `make bench ARGS=quality`."""
