"""Small SQL texts: they cross to the JVM in one call, Columns in a dozen calls each."""

from __future__ import annotations

from collections.abc import Sequence


def literal(text: str) -> str:
    """A text as SQL reads it whatever letters it has, and however the session treats backslashes."""
    return f"CAST(X'{text.encode().hex()}' AS STRING)"


def count_present(values: Sequence[str]) -> str:
    """How many of the values are not NULL, as a balanced sum: Spark's parser has no room for a long chain."""
    ones = [f"CAST({value} IS NOT NULL AS INT)" for value in values] or ["0"]
    while len(ones) > 1:
        ones = [f"({' + '.join(ones[start : start + 2])})" for start in range(0, len(ones), 2)]
    return ones[0]
