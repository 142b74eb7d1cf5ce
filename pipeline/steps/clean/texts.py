"""The values of a wide frame of received rows, column by column: clean texts, or what a file typed itself."""

from __future__ import annotations

from dataclasses import dataclass

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import StringType, StructType

from pipeline.lake.layout import quoted
from pipeline.steps.clean.cleaning import Cleaning
from pipeline.steps.clean.contract import Contract

RECEIVED = "__received"
VALUE = "value"
_OBJECT = "__object"
_TEXT = "__text_"


def texts(contract: Contract, received: StructType, cleaning: Cleaning) -> dict[str, str]:
    """Each column of the contract as a clean text, missing ones as NULL; a column that did not come is NULL.

    They are read in a frame that `with_texts` made.
    """
    found: dict[str, str] = {}
    for position, (name, place) in enumerate(_places(contract, received, cleaning).items()):
        if place is None:
            found[name] = "CAST(NULL AS STRING)"
        elif not place.is_text:
            found[name] = place.value
        elif cleaning.is_plain(name):
            found[name] = cleaning.text(name, place.value)
        else:
            found[name] = f"{_TEXT}{position}"
    return found


def with_texts(rows: DataFrame, contract: Contract, received: StructType, cleaning: Cleaning) -> DataFrame:
    """Add what the texts are read from, in a frame with the received columns in the struct `__received`.

    That is a JSON record's fields, parsed once, and each text that takes more than a comparison to clean.
    """
    if cleaning.is_json:
        beside = {field.name.lower() for field in received} - {VALUE}
        inside = [name for name in map(cleaning.received_name, contract.names) if name.lower() not in beside]
        fields = ", ".join(f"{quoted(name)} STRING" for name in inside)
        rows = rows.withColumn(_OBJECT, F.from_json(F.col(f"{RECEIVED}.{VALUE}"), fields))
    places = enumerate(_places(contract, received, cleaning).items())
    worked = [
        f"{cleaning.text(name, place.value)} AS {_TEXT}{position}"
        for position, (name, place) in places
        if place is not None and place.is_text and not cleaning.is_plain(name)
    ]
    return rows.selectExpr("*", *worked) if worked else rows


@dataclass(frozen=True)
class _Place:
    """Where a received value is, as SQL, and whether it is a text."""

    value: str
    is_text: bool


def _places(contract: Contract, received: StructType, cleaning: Cleaning) -> dict[str, _Place | None]:
    """The place of each column of the contract, None for one that did not come.

    A column of JSON is a field of the record, or beside it one that the file's folder names.
    """
    names = {name: cleaning.received_name(name) for name in contract.names}
    places = {
        field.name.lower(): _Place(f"{RECEIVED}.{quoted(field.name)}", isinstance(field.dataType, StringType))
        for field in received
    }
    if not cleaning.is_json:
        return {name: places.get(wanted.lower()) for name, wanted in names.items()}
    del places[VALUE]
    return {
        name: places.get(wanted.lower(), _Place(f"{_OBJECT}.{quoted(wanted)}", True))
        for name, wanted in names.items()
    }
