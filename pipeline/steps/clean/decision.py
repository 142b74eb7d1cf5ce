"""What a person decided: about a refused batch, or about rows cleaned by other settings than those of now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.config.hints import did_you_mean
from pipeline.errors import ConfigError


@dataclass(frozen=True)
class Decision:
    """At most one of four: accept or reject the batch of that number, all anew, or only from now on."""

    accept: int | None = None
    reject: int | None = None
    full_refresh: bool = False
    from_now: bool = False
    reason: str = ""
    source: str | None = None

    @property
    def option(self) -> str:
        """The decision as it is typed, nothing where there is none."""
        return next(iter(self._options()), "")

    @property
    def batch_id(self) -> int | None:
        """The batch that was decided about."""
        return self.reject if self.accept is None else self.accept

    def validate(self, sources: Sequence[str]) -> None:
        """Raise ConfigError unless the parts fit together, and the source is one of these."""
        options = self._options()
        if len(options) > 1:
            raise ConfigError(f"{' and '.join(options)} exclude each other. Give one of them.")
        if self.batch_id is not None and not self.reason.strip():
            raise ConfigError(
                f"{options[0]} needs --reason TEXT: it is kept in the ledger, for whoever asks later."
            )
        if self.reason and self.batch_id is None and not self.full_refresh:
            raise ConfigError("--reason belongs to --accept, --reject or --full-refresh. Give one of them.")
        if self.source is not None and not options:
            raise ConfigError(
                "--source says whose batch or settings are meant. Give it with --accept, --reject, "
                "--full-refresh or --from-now."
            )
        if self.source is not None and self.source not in sources:
            raise ConfigError(
                f"--source is '{self.source}'.{did_you_mean(self.source, sources)} "
                f"Sources: {', '.join(sources)}."
            )

    def _options(self) -> list[str]:
        given = {
            f"--accept {self.accept}": self.accept is not None,
            f"--reject {self.reject}": self.reject is not None,
            "--full-refresh": self.full_refresh,
            "--from-now": self.from_now,
        }
        return [option for option, is_given in given.items() if is_given]


NO_DECISION = Decision()


def choice(batch_id: int, source: str) -> tuple[tuple[tuple[str, ...], str], ...]:
    """The commands that decide about a refused batch, as words after `pipeline`, each with what it does."""
    whose = (str(batch_id), "--source", source, "--reason", "WHY")
    return (
        (("clean", "--accept", *whose), f"clean batch {batch_id} of {source} all the same"),
        (("clean", "--reject", *whose), f"leave batch {batch_id} of {source} out for good"),
    )
