"""From bronze rows to rows with the contract's types: every text is cleaned and converted once."""

from __future__ import annotations

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from pipeline.lake.layout import quoted
from pipeline.steps.clean.cleaning import Cleaning
from pipeline.steps.clean.contract import HASHED_KEY, ORIGIN, Contract, type_name
from pipeline.steps.clean.expressions import count_present
from pipeline.steps.clean.texts import RECEIVED, texts, with_texts

CORRUPT = "_corrupt_record"
TYPE_FAILED = "__type_failed"
KEY_MISSING = "__key_missing"
ROW_HASH = "__row_hash"
_PRESENT = "__present"


def received_names(bronze: StructType) -> list[str]:
    """The columns of bronze that came with the record."""
    return [name for name in bronze.names if name not in (*ORIGIN, CORRUPT)]


def typed_rows(bronze: DataFrame, contract: Contract, cleaning: Cleaning) -> DataFrame:
    """Rows with the contract's columns in their types, NULL where a text does not convert.

    `__type_failed` tells whether any did not, `__key_missing` whether a part of the key is missing.
    """
    received = StructType([bronze.schema[name] for name in received_names(bronze.schema)])
    whole = [F.col(quoted(name)) for name in received.names]
    structs = bronze.select(
        F.struct(*whole).alias(RECEIVED), _row_hash(received, whole).alias(ROW_HASH), *ORIGIN, CORRUPT
    )
    values = texts(contract, received, cleaning)
    types = {field.name: type_name(field.dataType) for field in contract.columns}
    hashed = [] if contract.key else [f"sha2(to_json({RECEIVED}), 256) AS {HASHED_KEY}"]
    rows = with_texts(structs, contract, received, cleaning).selectExpr(
        *hashed,
        *[f"{cleaning.typed(name, values[name], kind)} AS {quoted(name)}" for name, kind in types.items()],
        f"{count_present([values[name] for name in contract.converted])} AS {_PRESENT}",
        f"{' OR '.join(f'{values[name]} IS NULL' for name in contract.key) or 'false'} AS {KEY_MISSING}",
        *ORIGIN,
        CORRUPT,
        RECEIVED,
        ROW_HASH,
    )
    # In a step of its own, so that every text is converted once.
    still_present = count_present([quoted(name) for name in contract.converted])
    return rows.withColumn(TYPE_FAILED, F.expr(f"{_PRESENT} != {still_present}")).drop(_PRESENT)


def _row_hash(received: StructType, whole: Sequence[Column]) -> Column:
    """Spark hashes no maps: those rows are hashed as JSON."""
    types = received.simpleString()
    has_maps = "map<" in types or "variant" in types
    return F.xxhash64(F.to_json(F.struct(*whole)) if has_maps else F.struct(*whole))
