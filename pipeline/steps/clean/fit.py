"""A batch and the contract brought together: what the batch lacks, what it brings, and what is pinned."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from pipeline.lake import LedgerEntry
from pipeline.progress import Progress
from pipeline.steps.clean.books import Books
from pipeline.steps.clean.contract import type_name
from pipeline.steps.clean.contract_file import contract_text, write_contract
from pipeline.steps.clean.evolution import missing_refusal, new_columns, new_refusal, with_new_columns
from pipeline.steps.clean.input import CLEAN, BatchInput
from pipeline.steps.clean.prepare import Work


def fitted(
    books: Books, work: Work, landed: LedgerEntry, batch: BatchInput, progress: Progress
) -> tuple[Work, BatchInput]:
    """A landed batch and the contract for it: the pinned one, with new columns where they are added.

    Writes nothing. The batch says why it is refused, where columns came or stay away and the configuration
    says fail. The batch that makes the first contract fits it.
    """
    name, source, rows = work.name, work.source, batch.rows
    pinned = books.contracts.find(name)
    if pinned is None or rows is None:
        return work, batch
    expected = books.contracts.before(name, landed.batch_id)
    new = new_columns(books.lake, source, pinned, landed, rows)
    refused = missing_refusal(source, expected, landed) if expected is not None else ""
    batch = replace(batch, refused=refused or new_refusal(source, landed, new))
    if new and source.on_new_column == "add":
        contract = with_new_columns(source, pinned, landed, rows, new)
        added = contract.columns.fields[len(pinned.columns) :]
        words = ", ".join(f"{field.name} {type_name(field.dataType)}" for field in added)
        progress.say(
            f"clean: batch {landed.batch_id} of {name} brings columns that join the contract: {words}"
        )
        return replace(work, contract=contract), batch
    if new and not batch.refused:
        progress.say(f"clean: {name}: columns that the contract lacks stay in bronze: {', '.join(new)}")
    return replace(work, contract=pinned), batch


def pin_contract(books: Books, work: Work, batch: BatchInput, now: datetime) -> None:
    """Make the contract of the work the one that counts, and write it down for review; nothing when it is."""
    if work.contract is None or books.contracts.find(work.name) == work.contract:
        return
    if work.contract_file is not None:
        write_contract(work.contract_file, contract_text(work.name, work.contract, work.cleaning))
    books.contracts.pin(work.name, work.contract, now, batch.batch_id if batch.step == CLEAN else 0)
