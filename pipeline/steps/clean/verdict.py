"""The verdict on a batch, before anything of it is written: counted in one pass, then taken or refused."""

from __future__ import annotations

from dataclasses import dataclass

from pyspark.errors import PySparkException
from pyspark.sql import DataFrame

from pipeline.errors import ConfigError, DataRefused, PipelineError
from pipeline.explain import spark_words
from pipeline.lake import names
from pipeline.steps.clean.contract import Contract
from pipeline.steps.clean.counting import Counts, count_batch
from pipeline.steps.clean.decision import choice
from pipeline.steps.clean.input import CLEAN, REPLAY, BatchInput
from pipeline.steps.clean.prepare import Work
from pipeline.steps.clean.reasons import most_common, quarantined_rows
from pipeline.steps.clean.refusal import Reason, failed_rules, is_too_bad, too_bad


@dataclass(frozen=True)
class Verdict:
    """The counts of a batch, its bad rows (None where there are none), and why it is refused, if it is."""

    counts: Counts
    bad_rows: DataFrame | None
    refusal: str | None


def judge(work: Work, contract: Contract, batch: BatchInput, classified: DataFrame) -> Verdict:
    """Count a batch and look whether it may be taken.

    Raises DataRefused when a rule cannot be worked out at all: such a batch cannot be accepted either.
    """
    found = _counts(work, batch, classified)
    bad_rows = None
    if found.terms["malformed"] + found.terms["quarantined"]:
        bad_rows = quarantined_rows(classified, contract, work.rules, work.cleaning)
    return Verdict(found, bad_rows, _refusal(work, batch, found, bad_rows))


def validate_taken(work: Work, batch: BatchInput, refusal: str | None) -> None:
    """Go on with a batch that is fine or was accepted.

    Raises:
        DataRefused: it is neither; with the commands that decide about it.
        ConfigError: a landed batch was accepted that nothing refuses.
    """
    refusal = batch.refused or refusal
    if refusal and not batch.accepted:
        raise DataRefused(refusal, nexts=_nexts(batch, work.name))
    if not refusal and batch.accepted and batch.step == CLEAN:
        raise not_refused("--accept", batch, work.name)


def not_refused(option: str, batch: BatchInput, source: str) -> ConfigError:
    """The error for a decision about a batch that needs none."""
    return ConfigError(
        f"{option} {batch.batch_id}: {batch.called(source)} is not refused. `pipeline clean` cleans it as "
        f"it is."
    )


def _nexts(batch: BatchInput, source: str) -> tuple[tuple[tuple[str, ...], str], ...]:
    if batch.step == CLEAN:
        return choice(batch.batch_id, source)
    if batch.step == REPLAY:
        return ()
    return (
        (("clean", "--full-refresh", "--source", source, "--reason", "WHY"), "take the rows as they are"),
    )


def _counts(work: Work, batch: BatchInput, classified: DataFrame) -> Counts:
    try:
        found = count_batch(classified, work.rules)
    except PySparkException as error:
        if not (work.rules.rows or work.rules.batch):
            raise
        raise DataRefused(
            f"clean refused {batch.called(work.name)}: a rule ends the job: {spark_words(error)} "
            f"Nothing was written. A rule answers true, false or null."
        ) from error
    if found.terms["read"] != batch.read:
        table = names.quarantine(work.name) if batch.step == REPLAY else names.bronze(work.name)
        raise PipelineError(
            f"{table} has {found.terms['read']:,} rows of {batch.called(work.name)}, but {batch.read:,} are "
            f"on record. Was the table changed by hand?"
        )
    return found


def _refusal(work: Work, batch: BatchInput, found: Counts, bad_rows: DataFrame | None) -> str | None:
    if batch.step == REPLAY:
        return None  # its rows are in quarantine already: those that are bad stay there, however many
    sentence = failed_rules(batch, work.name, found, work.rules)
    limit = work.source.max_quarantined
    if sentence is None and bad_rows is not None and is_too_bad(found.terms, limit):
        reasons = [Reason(*reason) for reason in most_common(bad_rows)]
        return too_bad(batch, work.name, found.terms, limit, reasons)
    return sentence
