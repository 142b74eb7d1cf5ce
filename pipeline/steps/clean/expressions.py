"""SQL texts for wide projections: they cross to the JVM in one call, Columns in a dozen calls each."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import StringType, StructType

from pipeline.lake.layout import quoted
from pipeline.steps.clean.contract import Contract

RECEIVED = "__received"
_OBJECT = "__object"


def literal(text: str) -> str:
    """A text as SQL reads it whatever letters it has, and however the session treats backslashes."""
    return f"CAST(X'{text.encode().hex()}' AS STRING)"


def texts(contract: Contract, received: StructType, is_json: bool, nulls: Sequence[str]) -> dict[str, str]:
    """Each column of the contract as received, missing texts as NULL; a column that did not come is NULL.

    They are read in a frame with the received columns in the struct `__received`, and with a JSON record's
    fields from `with_object`.
    """
    if is_json:
        return {name: _without(f"{_OBJECT}.{quoted(name)}", nulls) for name in contract.names}
    by_name = {field.name.lower(): field for field in received}
    found: dict[str, str] = {}
    for name in contract.names:
        field = by_name.get(name.lower())
        if field is None:
            found[name] = "CAST(NULL AS STRING)"
        else:
            value = f"{RECEIVED}.{quoted(field.name)}"
            found[name] = _without(value, nulls) if isinstance(field.dataType, StringType) else value
    return found


def with_object(rows: DataFrame, contract: Contract, is_json: bool) -> DataFrame:
    """Add the fields of a JSON record as texts, parsed once."""
    if not is_json:
        return rows
    fields = ", ".join(f"{quoted(name)} STRING" for name in contract.names)
    return rows.withColumn(_OBJECT, F.from_json(F.col(f"{RECEIVED}.value"), fields))


def count_present(values: Sequence[str]) -> str:
    """How many of the values are not NULL, as a balanced sum: Spark's parser has no room for a long chain."""
    ones = [f"CAST({value} IS NOT NULL AS INT)" for value in values] or ["0"]
    while len(ones) > 1:
        ones = [f"({' + '.join(ones[start : start + 2])})" for start in range(0, len(ones), 2)]
    return ones[0]


def _without(value: str, nulls: Sequence[str]) -> str:
    return f"IF({value} IN ({', '.join(map(literal, nulls))}), NULL, {value})" if nulls else value
