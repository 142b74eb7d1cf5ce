"""The `pipeline` command: the only room that catches errors and prints."""

from __future__ import annotations

from pipeline.cli.commands import main

__all__ = ["main"]
