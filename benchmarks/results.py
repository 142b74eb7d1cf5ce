"""`benchmarks/RESULTS.md`: what was measured, where, by which command; each benchmark writes its own part."""

from __future__ import annotations

import os
import platform
import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pyspark
from pyspark.sql import SparkSession

from pipeline.local import machine_memory

FILE = Path(__file__).with_name("RESULTS.md")
_TITLE = (
    "# What was measured\n\nEach part is written by its benchmark, which names the machine and the command.\n"
)


def machine(spark: SparkSession | None = None) -> str:
    """The machine in a line; with a session also its Java."""
    parts = [f"{os.cpu_count()} cores", f"{machine_memory() / 2**30:.0f} GB", platform.system()]
    if spark is not None and spark._jvm is not None:
        parts.append(f"Java {spark._jvm.java.lang.System.getProperty('java.version')}")
    return ", ".join([*parts, f"Python {platform.python_version()}", f"Spark {pyspark.__version__}"])


def write_part(name: str, command: str, where: str, lines: Sequence[str], file: Path = FILE) -> None:
    """Put a benchmark's part in place of the one before it, or at the end."""
    part = "\n".join([f"## {name}", "", f"`{command}`, {date.today():%Y-%m-%d}: {where}.", "", *lines]) + "\n"
    text = file.read_text(encoding="utf-8") if file.exists() else _TITLE
    found = re.search(rf"^## {re.escape(name)}$.*?(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    if found is None:
        text = f"{text.rstrip()}\n\n{part}"
    else:
        text = f"{text[: found.start()]}{part}\n{text[found.end() :]}".rstrip() + "\n"
    file.write_text(text, encoding="utf-8")


def table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A table in Markdown, its first column to the left."""
    rule = ["---", *["---:"] * (len(headers) - 1)]
    return [f"| {' | '.join(row)} |" for row in (headers, rule, *rows)]
