"""Whether quarantine may be worked on: nothing half done, and settings that are those of silver."""

from __future__ import annotations

from pipeline.config.sources import Source
from pipeline.errors import ConfigError
from pipeline.steps.clean.books import Books
from pipeline.steps.clean.changes import changed_sentence, find_changes
from pipeline.steps.clean.input import CLEAN, REFRESH
from pipeline.steps.clean.pending import begun_batch, standing

_COMMANDS = {CLEAN: "pipeline clean", REFRESH: "pipeline clean --full-refresh"}


def validate_finished(books: Books, name: str, source: Source) -> None:
    """Raise ConfigError when a load of a source is half done: its rows would be taken for finished ones."""
    intent = begun_batch(books, name)
    if intent is not None and intent.step in _COMMANDS:
        what = "batch" if intent.step == CLEAN else intent.step
        raise ConfigError(
            f"{source.where()}: {what} {intent.batch_id} of {name} is half done, since "
            f"{intent.opened_at:%Y-%m-%d %H:%M}. Run `{_COMMANDS[intent.step]}` first, then this again."
        )


def validate_settled(books: Books, name: str, source: Source) -> None:
    """Raise ConfigError when a load is half done, or when rules, types or cleaning were changed since.

    Rows cleaned by new settings would stand in silver unnoticed: the change is decided about first.
    """
    validate_finished(books, name, source)
    made_by = standing(books.ledger, name)
    changes = find_changes(made_by.settings, source, books.contracts.find(name))
    if changes:
        nexts = [(("clean", "--full-refresh"), "make silver and quarantine anew; nothing is left to replay")]
        if not any(change.is_of_the_contract for change in changes):
            nexts.insert(0, (("clean", "--from-now"), "leave silver as it is; then replay"))
        raise ConfigError(changed_sentence(name, source, changes, made_by.since), nexts=nexts)
