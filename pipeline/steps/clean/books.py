"""Where clean reads and writes."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.lake import Intents, Lake, Ledger, names
from pipeline.steps.clean.contract import Contracts
from pipeline.steps.clean.input import CLEAN


@dataclass(frozen=True)
class Books:
    """The lake, and the control tables in which clean keeps what it did."""

    lake: Lake
    ledger: Ledger
    intents: Intents
    contracts: Contracts

    @classmethod
    def of(cls, lake: Lake) -> Books:
        """The books of one lake."""
        return cls(lake, Ledger(lake), Intents(lake), Contracts(lake))

    def published(self, source: str) -> dict[str, int]:
        """The versions of silver and quarantine that readers use; nothing of a table that has none.

        A ledger row that writes neither names them, so that an older row of its step is not missed.
        """
        found = {
            table: self.ledger.published_version(CLEAN, source, table)
            for table in (names.silver(source), names.quarantine(source))
        }
        return {table: version for table, version in found.items() if version is not None}
