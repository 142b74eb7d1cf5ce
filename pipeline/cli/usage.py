"""A command line that makes no sense: still one sentence, the right code, and the verdict where asked for."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from pipeline.cli.options import Options
from pipeline.cli.screen import Screen, tell_error
from pipeline.errors import ConfigError, PipelineError
from pipeline.explain import INTERRUPTED, Failure


def refuse(error: click.ClickException | click.Abort, args: list[str] | None) -> int:
    """Tell what is wrong with the command line and return the exit code."""
    if isinstance(error, click.Abort):
        return INTERRUPTED
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        error.show()
        return ConfigError.exit_code
    words = sys.argv[1:] if args is None else args
    context = error.ctx if isinstance(error, click.UsageError) else None
    name = context.info_name if context is not None and context.parent is not None else None
    sentence = error.format_message()
    sentence += "" if sentence.endswith((".", "?")) else "."
    where = "pipeline" if context is None else context.command_path
    screen = Screen(name or "pipeline", _wanted(words))
    verdict = screen.fail(
        Failure(f"{sentence} See `{where} --help`.", ConfigError.exit_code, ConfigError.verdict), None
    )
    try:
        screen.write(verdict)
    except PipelineError as unwritten:
        tell_error(str(unwritten))
    return ConfigError.exit_code


def _wanted(words: list[str]) -> Options:
    """What the unread command line says about output: `--json` and `--result FILE`."""
    result: Path | None = None
    for place, word in enumerate(words):
        if word.startswith("--result="):
            result = Path(word.removeprefix("--result="))
        elif word == "--result" and place + 1 < len(words):
            result = Path(words[place + 1])
    return Options(as_json="--json" in words, result_file=result, quiet=True)
