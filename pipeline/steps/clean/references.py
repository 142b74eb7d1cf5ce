"""Which version of another source's silver a batch looks in: the same at every try."""

from __future__ import annotations

from dataclasses import replace

from pyspark.sql import DataFrame

from pipeline.lake import Lake, names
from pipeline.steps.clean.books import Books
from pipeline.steps.clean.input import CLEAN, BatchInput
from pipeline.steps.clean.prepare import Work
from pipeline.steps.clean.rules import Rules

_READ = "read."


def with_references_frozen(books: Books, work: Work, batch: BatchInput) -> BatchInput:
    """The batch with the versions of the tables that its rules refer to: its intent's, else the published.

    A source that has no silver yet is left out: nothing refers to a value of it.
    """
    if not work.rules.referenced:
        return batch
    begun = books.intents.find(batch.step, work.name, batch.batch_id)
    versions: dict[str, int] = {}
    for source in work.rules.referenced:
        table = names.silver(source)
        if begun is None:
            version = books.ledger.published_version(CLEAN, source, table)
        else:
            kept = begun.details.get(f"{_READ}{table}")
            version = None if kept is None else int(kept)
        if version is not None:
            versions[table] = version
    details = {f"{_READ}{table}": str(version) for table, version in versions.items()}
    return replace(batch, tables={**batch.tables, **versions}, details={**batch.details, **details})


def referenced_silvers(lake: Lake, rules: Rules, batch: BatchInput) -> dict[str, DataFrame]:
    """The silver tables that the rules look in, by source, at the versions frozen with the batch."""
    return {
        source: lake.read(names.silver(source), batch.tables[names.silver(source)])
        for source in rules.referenced
        if names.silver(source) in batch.tables
    }
