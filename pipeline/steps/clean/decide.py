"""Which source a decision about a batch is for: that batch must be the one that waits."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.errors import ConfigError
from pipeline.lake import Ledger, LedgerEntry
from pipeline.steps.clean.decision import Decision
from pipeline.steps.clean.input import CLEAN
from pipeline.steps.clean.pending import ACCEPTED, INGEST, REJECTED, pending_batches, standing


def decided_source(ledger: Ledger, sources: Sequence[str], decision: Decision) -> str:
    """The source whose batch the decision names.

    Raises:
        ConfigError: no source has that batch waiting, or several have.
    """
    candidates = sources if decision.source is None else (decision.source,)
    first = {name: _first_pending(ledger, name) for name in candidates}
    found = [name for name, batch in first.items() if batch == decision.batch_id]
    if len(found) > 1:
        raise ConfigError(
            f"{decision.option}: such a batch waits in {' and in '.join(found)}. Say which is meant, as in "
            f"--source {found[0]}."
        )
    if found:
        return found[0]
    done = [(name, entry) for name in candidates if (entry := _done(ledger, name, decision.batch_id))]
    repeated = [name for name, entry in done if _is_repeated(entry, decision)]
    if repeated:
        return repeated[0]
    raise ConfigError(f"{decision.option}: {_why_not(ledger, first, done, decision)}")


def _first_pending(ledger: Ledger, name: str) -> int | None:
    batches = pending_batches(ledger, name, standing(ledger, name).done)
    return batches[0].batch_id if batches else None


def _done(ledger: Ledger, name: str, batch_id: int | None) -> LedgerEntry | None:
    return None if batch_id is None else ledger.find(CLEAN, name, batch_id)


def _is_repeated(entry: LedgerEntry, decision: Decision) -> bool:
    """Whether the same was decided before, by a command that ended before it could say so."""
    before = entry.details.get(REJECTED if decision.accept is None else ACCEPTED)
    return before == decision.reason


def _why_not(
    ledger: Ledger, first: dict[str, int | None], done: Sequence[tuple[str, LedgerEntry]], decision: Decision
) -> str:
    batch_id = decision.batch_id or 0
    for name, waiting in first.items():
        if waiting is not None and waiting < batch_id <= _landed(ledger, name):
            return f"batch {waiting} of {name} comes first: batches are cleaned in their order."
    if done:
        name, entry = done[0]
        what = "rejected" if REJECTED in entry.details else "cleaned"
        return (
            f"batch {batch_id} of {name} was {what} at {entry.finished_at:%Y-%m-%d %H:%M}; "
            f"nothing is left to decide about it. See `pipeline show ledger`."
        )
    landed = {name: _landed(ledger, name) for name in first}
    there = ", ".join(
        f"{name} 1 to {last}" if last > 1 else f"{name} {last or 'none'}" for name, last in landed.items()
    )
    if any(batch_id <= last for last in landed.values()):
        return f"batch {batch_id} was cleaned with all of bronze, in a refresh. Nothing is left to decide."
    return f"there is no batch {batch_id}. Batches that were landed: {there}."


def _landed(ledger: Ledger, name: str) -> int:
    last = ledger.last(INGEST, name)
    return 0 if last is None else last.batch_id
