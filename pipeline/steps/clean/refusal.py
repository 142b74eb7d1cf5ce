"""When a batch may not enter silver, and the sentence that says so. Pure: counts in, sentence out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from pipeline.errors import PipelineError
from pipeline.steps.clean.counting import Counts, broken_words
from pipeline.steps.clean.input import CLEAN, BatchInput
from pipeline.steps.clean.rules import Rules

_TERMS = ("malformed", "quarantined", "dropped", "superseded", "inserted", "updated", "older")
_RARE_TERMS = ("rejected", "lost", "added")
NO_ROWS = dict.fromkeys(("read", *_TERMS), 0)


class Reason(NamedTuple):
    """Why rows are bad: a rule, the column it is about, one message, and how many rows."""

    rule: str
    column: str
    example: str
    rows: int


def failed_rules(batch: BatchInput, name: str, found: Counts, rules: Rules) -> str | None:
    """The refusal of a batch that breaks a rule that says fail; None when there is none."""
    for rule in rules.rows:
        rows = found.terms.get(f"failed.{rule.name}", 0)
        if rows:
            return (
                f"clean refused {batch.called(name)}: {_share(rows, found.terms['read'])} break "
                f"'{rule.name}' ({rule.said}), whose on_failure is fail. Nothing was written. "
                f"{next_move(batch, name, 'Correct the rule')}"
            )
    for measured in found.measured:
        if measured.rule.on_failure == "fail" and measured.is_broken:
            broken = broken_words(measured.rule, measured.words, measured.answer)
            return (
                f"clean refused {batch.called(name)}: {broken}. Nothing was written. "
                f"{next_move(batch, name, 'Correct the rule')}"
            )
    return None


def next_move(batch: BatchInput, name: str, correct: str) -> str:
    """What to do about a refused batch. Only one that ingest landed waits for a decision."""
    if batch.step != CLEAN:
        return f"{correct}, and run the same command again."
    return (
        f"{correct}, or decide: 'pipeline clean --accept {batch.batch_id}' takes the batch as it is, "
        f"'--reject {batch.batch_id}' leaves it out, both with --source {name} and a --reason. Later batches "
        f"wait."
    )


def is_too_bad(counts: Mapping[str, int], limit: float) -> bool:
    """Whether more than the allowed share of a batch would go to quarantine."""
    return counts["malformed"] + counts["quarantined"] > limit * counts["read"]


def too_bad(
    batch: BatchInput, name: str, counts: Mapping[str, int], limit: float, reasons: Sequence[Reason]
) -> str:
    """The refusal of a batch with too many bad rows, by the most common reasons."""
    bad = counts["malformed"] + counts["quarantined"]
    head = f"clean refused {batch.called(name)}: {_share(bad, counts['read'])}"
    if len(reasons) == 1 and reasons[0].rows == bad:
        what = _what(reasons[0])
    else:
        what = "are bad: " + ", ".join(f"{reason.rows:,} {_what(reason)}" for reason in reasons)
    return (
        f"{head} {what}; sources.{name}.max_quarantined is {limit:g}. Nothing was written. "
        f"{next_move(batch, name, 'Correct the types or rules of the source')}"
    )


def validate_balance(batch: str, counts: Mapping[str, int]) -> None:
    """Raise PipelineError unless every row that was read is accounted for.

    A rejected batch counts `rejected`, a transform `lost` and `added`: rows that nobody read.
    """
    there = [*_TERMS, *(term for term in _RARE_TERMS if counts.get(term))]
    signs = {term: "-" if term == "added" else "+" for term in there}
    total = sum(-counts[term] if signs[term] == "-" else counts[term] for term in there)
    if counts["read"] != total:
        terms = " ".join(f"{signs[term]} {term} {counts[term]:,}" for term in there).removeprefix("+ ")
        raise PipelineError(
            f"clean cannot account for {batch}: read {counts['read']:,} is not {terms} = {total:,}. The "
            f"batch is not published; this is a mistake in the pipeline or a table that was changed by hand."
        )


def _what(reason: Reason) -> str:
    if reason.rule == "malformed":
        return "are malformed"
    if reason.rule == "unreadable":
        return f"stand for an unreadable file ({reason.example})"
    if reason.rule == "type":
        return f"have a wrong type in {reason.column} ({reason.example})"
    if reason.rule == "key":
        return f"have no {reason.column}, which is part of the key"
    return f"break '{reason.rule}'"


def _share(rows: int, read: int) -> str:
    if rows == read:
        return f"all {read:,} rows"
    return f"{rows:,} of {read:,} rows ({min(100 * rows / read, 99):.2g} %)"
