"""One tree of errors. The exit code is the interface; the sentence is for a person.

A sentence names the thing, the value found, what was allowed and the next move.
"""

from __future__ import annotations

from collections.abc import Sequence

_MOST_LINES = 10
_MOST_CHARACTERS = 600  # of one line: Spark's may hold a whole plan


def short(text: str) -> str:
    """A message that a person reads to its end: at most ten lines, each cut where it is enormous."""
    lines = text.splitlines()
    if len(lines) > _MOST_LINES:
        lines = [*lines[: _MOST_LINES - 1], f"… and {len(lines) - _MOST_LINES + 1:,} more lines."]
    return "\n".join(
        line if len(line) <= _MOST_CHARACTERS else f"{line[:_MOST_CHARACTERS]} …" for line in lines
    )


class PipelineError(Exception):
    """Anything this project refuses or gives up on, with a sentence meant to be read."""

    exit_code = 1
    verdict = "failed"

    def __init__(self, *said: object, nexts: Sequence[tuple[tuple[str, ...], str]] = ()) -> None:
        """`nexts` are commands that may come next, as words after `pipeline`, each with what it does."""
        super().__init__(*said)
        self.nexts = tuple(nexts)

    def __str__(self) -> str:
        return short(super().__str__())


class ConfigError(PipelineError):
    """The configuration, the command line or the set-up of the machine is wrong."""

    exit_code = 2
    verdict = "refused"


class DataRefused(PipelineError):
    """The data breaks a rule that says: do not go on."""

    exit_code = 3
    verdict = "refused"


class PromotionRefused(PipelineError):
    """The challenger may not become champion; the standing champion stays."""

    exit_code = 4
    verdict = "refused"


class TransientError(PipelineError):
    """Something outside is busy or away: the same command may work later."""

    exit_code = 75
    verdict = "busy"
