"""The Delta tables of one project: the only room that imports `delta`."""

from __future__ import annotations

from pipeline.lake.intents import Intents
from pipeline.lake.lake import Lake
from pipeline.lake.lease import Lease
from pipeline.lake.ledger import Ledger, LedgerEntry
from pipeline.lake.reasons import reason
from pipeline.lake.runs import RunRow, Runs
from pipeline.lake.writes import Commit, Txn

__all__ = ["Commit", "Intents", "Lake", "Lease", "Ledger", "LedgerEntry", "RunRow", "Runs", "Txn", "reason"]
