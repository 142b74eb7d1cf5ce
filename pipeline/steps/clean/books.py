"""Where clean reads and writes."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.lake import Intents, Lake, Ledger
from pipeline.steps.clean.contract import Contracts


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
