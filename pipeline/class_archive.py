"""Spark's classes, read and checked by Java before: a JVM that maps them starts with less work.

Reading and checking Spark's classes is a good part of a command that does little (`benchmarks/start.py`).
Java keeps the result in a file (class data sharing, JEP 350), which set-up writes once, beside Delta's jars.
A JVM that the file does not fit, such as another Java, ignores it by itself.
"""

from __future__ import annotations

from pathlib import Path

import pyspark

from pipeline.jars import jar_folder


def archive_file() -> Path:
    """Where the archive of this PySpark is, or would be."""
    return jar_folder() / f"classes-{pyspark.__version__}.jsa"


def use_archive() -> str:
    """The option by which a JVM maps the archive; empty where there is none."""
    return _option("SharedArchiveFile", archive_file()) if archive_file().is_file() else ""


def write_archive(file: Path) -> str:
    """The option by which a JVM writes the classes that it has used to a file, when it ends."""
    return _option("ArchiveClassesAtExit", file)


def _option(name: str, file: Path) -> str:
    """In quotes: Spark's launcher cuts Java's options at blanks."""
    return f'"-XX:{name}={file}"'
