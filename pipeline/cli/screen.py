"""What a command shows: each step's verdict as it comes, then where the result is and what to run next."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from pipeline.cli.options import Options
from pipeline.cli.progress import progress_for
from pipeline.cli.text import command, is_styled
from pipeline.cli.verdict import one_line, write_result
from pipeline.explain import Failure

if TYPE_CHECKING:
    from pipeline.cli.page import Page
    from pipeline.work import Outcome


class Screen:
    """The screen of one command. It watches a run, and remembers what to put into `--result`."""

    def __init__(self, name: str, options: Options) -> None:
        self.name = name
        self.options = options
        # spark-submit merges a program's stderr into its stdout: there --json is all that is said.
        self._is_json_alone = options.as_json and "PYSPARK_GATEWAY_PORT" in os.environ
        self.progress = progress_for(options.quiet or self._is_json_alone)
        self.outcomes: list[Outcome] = []
        self._page: Page | None = None
        self._begun = time.monotonic()
        self._step: tuple[str, float] | None = None
        self._spinner = ExitStack()

    @property
    def page(self) -> Page:
        """The page for tables; made when the first one is printed, as its import takes time."""
        if self._page is None:
            from pipeline.cli.page import Page

            self._page = Page()
        return self._page

    def starts(self, step: str) -> None:
        """A step begins."""
        self._step = (step, time.monotonic())
        self._spinner.enter_context(self.progress.task(step))

    def ended(self, outcome: Outcome) -> None:
        """A step ended, or was not due: show its verdict."""
        self._spinner.close()
        self._step = None
        self.outcomes.append(outcome)
        if self.options.as_json:
            self.line(one_line(outcome.to_json()))
            return
        from pipeline.cli.tables import outcome_parts

        self.print(*outcome_parts(outcome))

    def finish(self, verdict: str, exit_code: int) -> None:
        """After the last step: keep the verdict for `--result`. One step is itself; several are a run."""
        steps = [outcome.to_json() for outcome in self.outcomes]
        self.write(self._whole(verdict, exit_code, "", steps) if self.name == "run" else steps[0])

    def say(self, values: dict[str, Any], *lines: str) -> None:
        """Show the result of a command that is no step: as JSON, or as lines; and keep it for `--result`."""
        for line in (one_line(values),) if self.options.as_json else lines:
            self.line(line)
        self.write(values)

    def where(self, line: str) -> None:
        """Say where the result is."""
        if not self.options.as_json:
            self.line(line)

    def line(self, text: str) -> None:
        """One line on stdout."""
        _emit(lambda: click.echo(text))

    def print(self, *parts: Any) -> None:
        """Tables and texts on stdout."""
        _emit(lambda: self.page.print(*parts))

    def verdict(self, verdict: str, **more: Any) -> dict[str, Any]:
        """The JSON object of a command that is no step and went well."""
        return {**_verdict(self.name, verdict, 0, time.monotonic() - self._begun, ""), **more}

    def next(self, *lines: tuple[tuple[str, ...], str]) -> None:
        """Say what to run next: commands on the same project, each with what it is good for."""
        if not self.options.as_json:
            for line in self._next_lines(lines, sys.stdout):
                self.line(line)

    def _next_lines(self, lines: Sequence[tuple[tuple[str, ...], str]], stream: TextIO) -> Iterator[str]:
        """One command a line, what it is good for behind it, or above it where the line would be too long."""
        if not lines:
            return
        commands = [command(*words, *self.options.as_typed) for words, _ in lines]
        purposes = [purpose for _, purpose in lines]
        width = max(len(text) for text in commands)
        widest = max(
            len(f"Next: {text:<{width}}  {purpose}") for text, purpose in zip(commands, purposes, strict=True)
        )
        if widest > shutil.get_terminal_size().columns and stream.isatty():
            yield "Next:"
            for text, purpose in zip(commands, purposes, strict=True):
                yield f"  # {purpose}\n  {text}"
            return
        for place, (text, purpose) in enumerate(zip(commands, purposes, strict=True)):
            yield f"{'Next:' if place == 0 else '     '} {text:<{width}}  {purpose}"

    def write(self, values: dict[str, Any]) -> None:
        """Write the verdict to the file of `--result`, when there is one."""
        if self.options.result_file is not None:
            write_result(self.options.result_file, values)

    def begin(self) -> None:
        """Before anything is done: should this process be killed, no older verdict stands in its place."""
        self.write(self.verdict("running", exit_code=None))

    def interrupted(self, saved: str = "") -> str:
        """What Ctrl-C leaves: the steps that had ended are kept, and what the one at work had committed.

        `saved` is what that step itself says of it, such as `12 trials`.
        """
        if self._step is None and not self.outcomes:
            return "Interrupted before anything was written."
        kept = [outcome.step for outcome in self.outcomes if outcome.result is not None]
        at = ""
        if self._step is not None:
            at = f" during {self._step[0]}"
            kept.append(saved or f"what {self._step[0]} has committed")
        return f"Interrupted{at}. Kept: {', '.join(kept)}. The same command goes on from there."

    def fail(self, failure: Failure, log: Path | None) -> dict[str, Any]:
        """Tell what went wrong on stderr, and with --json on stdout too; returns the verdict."""
        self._spinner.__exit__(*sys.exc_info())  # so that the line of the step does not say that it ended
        step, since = self._step or (self.name, self._begun)
        seconds = time.monotonic() - since
        values = _verdict(step, failure.verdict, failure.exit_code, seconds, failure.sentence)
        if self.options.as_json:
            self.line(one_line(values))
        if not self._is_json_alone:
            tell_error(failure.sentence if log is None else f"{failure.sentence} Log: {log}")
            for line in self._next_lines(failure.nexts, sys.stderr):
                _emit(partial(click.echo, line, err=True))
        if self.name == "run" and (self._step or self.outcomes):
            steps = [outcome.to_json() for outcome in self.outcomes]
            return self._whole(failure.verdict, failure.exit_code, failure.sentence, [*steps, values])
        return values

    def close(self) -> None:
        """Stop what is still moving on the terminal."""
        self._spinner.close()

    def _whole(
        self, verdict: str, exit_code: int, message: str, steps: list[dict[str, Any]]
    ) -> dict[str, Any]:
        tables = {name: version for step in steps for name, version in step["tables"].items()}
        values = _verdict("run", verdict, exit_code, time.monotonic() - self._begun, message)
        return {**values, "tables": tables, "steps": steps}


def _emit(write: Callable[[], None]) -> None:
    """Write to stdout. A reader that has gone, as `head` does, ends the output, not the work."""
    try:
        write()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _verdict(step: str, verdict: str, exit_code: int, seconds: float, message: str) -> dict[str, Any]:
    begin: dict[str, Any] = {"step": step, "verdict": verdict, "exit_code": exit_code}
    return {**begin, "seconds": round(seconds, 3), "rows": {}, "tables": {}, "message": message}


def tell_error(sentence: str) -> None:
    """One sentence on stderr; red where that is a terminal with colours and NO_COLOR is not set."""
    is_plain = bool(os.environ.get("NO_COLOR")) or not is_styled(sys.stderr)
    click.secho(sentence, err=True, fg="red", color=not is_plain)
