"""Intents: a batch begins by writing down what it works on, so that a second try works on the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

import pyarrow as pa
from pyspark.sql import functions as F

from pipeline.lake.control import MOMENT, TEXT, TEXTS, WHOLE, ControlTable, NewestBatches
from pipeline.lake.lake import Lake
from pipeline.lake.names import INTENTS
from pipeline.lake.writes import Txn

_SCHEMA = pa.schema({"step": TEXT, "name": TEXT, "batch_id": WHOLE, "details": TEXTS, "opened_at": MOMENT})


@dataclass(frozen=True)
class Intent:
    """A batch that was begun; `opened_at` is the `now` of every try."""

    step: str
    name: str
    batch_id: int
    details: Mapping[str, str]
    opened_at: datetime


class Intents:
    """The intents of one lake."""

    def __init__(self, lake: Lake) -> None:
        self._table = ControlTable(lake, INTENTS, _SCHEMA)
        self._newest = NewestBatches(self._table, Intent)

    def open(self, step: str, name: str, batch_id: int, details: Mapping[str, str], now: datetime) -> Intent:
        """Begin a batch, or return the intent it was begun with: the first one counts."""
        begun = self.find(step, name, batch_id)
        if begun is not None:
            return begun
        intent = Intent(step, name, batch_id, dict(details), now)
        commit = self._table.append([asdict(intent)], Txn(f"intent/{step}/{name}", batch_id))
        self._newest.add(step, name, intent, commit)
        return intent

    def last(self, step: str, name: str) -> Intent | None:
        """The intent of the newest batch that was begun, finished or not."""
        return self._newest.find(step, name)

    def find(self, step: str, name: str, batch_id: int) -> Intent | None:
        """The intent of a batch, None when it was not begun."""
        newest = self._newest.find(step, name)
        if newest is None or newest.batch_id < batch_id:
            return None
        return newest if newest.batch_id == batch_id else self._look_up(step, name, batch_id)

    def _look_up(self, step: str, name: str, batch_id: int) -> Intent | None:
        rows = self._table.read()
        wanted = (F.col("step") == step) & (F.col("name") == name) & (F.col("batch_id") == batch_id)
        row = None if rows is None else rows.where(wanted).select(*self._table.columns()).first()
        return None if row is None else Intent(**self._table.values(row.asDict()))
