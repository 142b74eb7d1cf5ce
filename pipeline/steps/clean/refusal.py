"""When a batch may not enter silver, and the sentence that says so. Pure: counts in, sentence out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from pipeline.errors import PipelineError
from pipeline.steps.clean.rules import RowRule

_TERMS = ("malformed", "quarantined", "dropped", "superseded", "inserted", "updated", "older")


class Reason(NamedTuple):
    """Why rows are bad: a rule, the column it is about, one message, and how many rows."""

    rule: str
    column: str
    example: str
    rows: int


def failed_rules(batch: str, counts: Mapping[str, int], rules: Sequence[RowRule]) -> str | None:
    """The refusal of a batch in which a row breaks a rule that says fail; None when there is none."""
    for rule in rules:
        rows = counts.get(f"failed.{rule.name}", 0)
        if rows:
            return (
                f"clean refused {batch}: {_share(rows, counts['read'])} break '{rule.name}' ({rule.check}), "
                f"whose on_failure is fail. Nothing was written. Correct the files or the rule."
            )
    return None


def is_too_bad(counts: Mapping[str, int], limit: float) -> bool:
    """Whether more than the allowed share of a batch would go to quarantine."""
    return counts["malformed"] + counts["quarantined"] > limit * counts["read"]


def too_bad(batch: str, name: str, counts: Mapping[str, int], limit: float, reasons: Sequence[Reason]) -> str:
    """The refusal of a batch with too many bad rows, by the most common reasons."""
    bad = counts["malformed"] + counts["quarantined"]
    head = f"clean refused {batch}: {_share(bad, counts['read'])}"
    if len(reasons) == 1 and reasons[0].rows == bad:
        what = _what(reasons[0])
    else:
        what = "are bad: " + ", ".join(f"{reason.rows:,} {_what(reason)}" for reason in reasons)
    return (
        f"{head} {what}; sources.{name}.max_quarantined is {limit:g}. Nothing was written. "
        f"Correct the types or rules of the source, or allow more."
    )


def validate_balance(batch: str, counts: Mapping[str, int]) -> None:
    """Raise PipelineError unless every row that was read is accounted for."""
    total = sum(counts[term] for term in _TERMS)
    if counts["read"] != total:
        terms = " + ".join(f"{term} {counts[term]:,}" for term in _TERMS)
        raise PipelineError(
            f"clean cannot account for {batch}: read {counts['read']:,} is not {terms} = {total:,}. The "
            f"batch is not published; this is a mistake in the pipeline or a table that was changed by hand."
        )


def _what(reason: Reason) -> str:
    if reason.rule == "malformed":
        return "are malformed"
    if reason.rule == "type":
        return f"have a wrong type in {reason.column} ({reason.example})"
    if reason.rule == "key":
        return f"have no {reason.column}, which is part of the key"
    return f"break '{reason.rule}'"


def _share(rows: int, read: int) -> str:
    if rows == read:
        return f"all {read:,} rows"
    return f"{rows:,} of {read:,} rows ({min(100 * rows / read, 99):.2g} %)"
