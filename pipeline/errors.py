"""One tree of errors. The exit code is the interface; the sentence is for a person.

A sentence names the thing, the value found, what was allowed and the next move.
"""

from __future__ import annotations


class PipelineError(Exception):
    """Anything this project refuses or gives up on, with a sentence meant to be read."""

    exit_code = 1
    verdict = "failed"


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
