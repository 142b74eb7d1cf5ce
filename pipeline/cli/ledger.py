"""The ledger as a person reads it: a sum for each batch, the rules behind it, and what was decided."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from rich.console import RenderableType
from rich.text import Text

from pipeline.cli.page import table
from pipeline.cli.text import count
from pipeline.lake.ledger import CLEANING_STEPS

if TYPE_CHECKING:
    from pipeline.shown import Shown

_BY_RULE = {"quarantined": "quarantined by", "dropped": "dropped by", "warned": "warned by"}
_DECISIONS = {
    "accepted": "accepted: ",
    "rejected": "rejected: ",
    "reason": "reason: ",
    "without_batches": "without the rejected batches ",
}


def ledger_parts(shown: Shown) -> Iterator[RenderableType]:
    """Every entry with its step, source and batch, and what became of the rows."""
    total = f"{count(len(shown.rows))} of {count(shown.total)} entries"
    yield Text.assemble((shown.table, "bold cyan"), f"  {total}")
    lines = [
        [_moment(row["finished_at"]), row["step"], row["name"], str(row["batch_id"]), "\n".join(_told(row))]
        for row in shown.rows
    ]
    yield table(
        ["finished", "step", "of", "batch", "rows"], lines, left=["finished", "step", "of"], fold=["rows"]
    )


def _told(entry: Mapping[str, Any]) -> Iterator[str]:
    """What one entry says, line by line."""
    rows, details = entry["rows"] or {}, entry["details"] or {}
    whole = {term: number for term, number in rows.items() if "." not in term}
    if details.get("from_now"):
        yield "new settings from now on"
    elif entry["step"] in CLEANING_STEPS:
        yield _sum(whole)
    else:
        yield ", ".join(f"{term} {count(number)}" for term, number in whole.items())
    for kind, words in _BY_RULE.items():
        broken = {
            term.partition(".")[2]: number for term, number in rows.items() if term.startswith(f"{kind}.")
        }
        if broken:
            yield f"{words} " + ", ".join(f"{rule} {count(number)}" for rule, number in broken.items())
    yield from (f"{words}{details[name]}" for name, words in _DECISIONS.items() if details.get(name))


def _sum(rows: Mapping[str, int]) -> str:
    """`read 6 = quarantined 1 + inserted 5`: every term that is not zero."""
    terms = [(term, number) for term, number in rows.items() if term != "read" and number]
    plus = [f"{term} {count(number)}" for term, number in terms if term != "added"]
    minus = "".join(f" - {term} {count(number)}" for term, number in terms if term == "added")
    read = f"read {count(rows['read'])}" if "read" in rows else ""
    return f"{read} = {' + '.join(plus)}{minus}" if read and terms else read or ", ".join(plus)


def _moment(iso: str) -> str:
    """A moment as JSON has it, to the second, in UTC."""
    return f"{iso[:10]} {iso[11:19]}Z"
