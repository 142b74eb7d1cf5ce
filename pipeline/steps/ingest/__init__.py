"""Ingest: every record lands once, exactly as received, with where and when it came from."""
