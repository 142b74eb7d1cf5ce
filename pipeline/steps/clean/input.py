"""What one batch is made of, whichever way it came: landed, sent again, or all of bronze at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from pipeline.lake import Lake, LedgerEntry, Txn, names

CLEAN: Final = "clean"
REPLAY: Final = "replay"
REFRESH: Final = "refresh"
DISCARD: Final = "discard"
Step = Literal["clean", "replay", "refresh"]
_BATCH = "_batch_id"


@dataclass(frozen=True)
class Part:
    """A part of quarantine to write anew: where, in SQL, and the rows there that stay as they are."""

    where: str
    others: DataFrame
    count: int


@dataclass(frozen=True)
class BatchInput:
    """The frozen input of one batch: done again after a kill, it is the same.

    `rows` look like bronze, None for a batch of empty files before the first record; `read` is how many there
    must be; `tables` are the versions they come from. `accepted` is the reason why no refusal counts;
    `refused` is a refusal that came before its rows were looked at.
    `details` go into the intent and into the ledger row as they are. `part` is what of quarantine the batch
    writes anew; None adds to it.
    """

    step: Step
    batch_id: int
    rows: DataFrame | None
    read: int
    tables: Mapping[str, int]
    accepted: str = ""
    refused: str = ""
    details: Mapping[str, str] = field(default_factory=dict)
    part: Part | None = None

    def called(self, source: str) -> str:
        """How a sentence names the batch: `batch 7 of houses`, `replay 2 of houses`."""
        return f"{'batch' if self.step == CLEAN else self.step} {self.batch_id} of {source}"

    def txn(self, source: str) -> Txn:
        """The one write of the batch into each of its tables."""
        return Txn(f"{self.step}/{source}", self.batch_id)


def landed_input(lake: Lake, landed: LedgerEntry) -> BatchInput:
    """A batch that ingest landed."""
    rows = batch_rows(lake, landed)
    return BatchInput(CLEAN, landed.batch_id, rows, landed.rows["read"], landed.tables)


def batch_rows(lake: Lake, landed: LedgerEntry) -> DataFrame | None:
    """The bronze rows of a batch, None for one of empty files before the first record."""
    table = names.bronze(landed.name)
    if table not in landed.tables:
        return None
    return lake.read(table, landed.tables[table]).where(F.col(_BATCH) == landed.batch_id)
