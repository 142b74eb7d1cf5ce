"""Ctrl-C, SIGTERM, and a reader that has gone."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from pipeline.errors import DataRefused
from pipeline.project import Project
from pipeline.run import RunResult
from pipeline.steps.result import StepResult
from pipeline.work import Outcome
from tests.cli.doubles import CLEANED, ends


def test_a_reader_that_has_gone_ends_the_output_but_not_the_work(folder):
    done = folder / "done"
    script = (
        "import sys, time\nfrom pathlib import Path\nfrom pipeline.cli.execute import execute\n"
        "from pipeline.cli.options import Options\n"
        "def work(project, screen):\n"
        "    for _ in range(3):\n        screen.line('x' * 100_000)\n"
        f"    Path({str(done)!r}).touch()\n    return 0\n"
        "sys.exit(execute('status', Options(), work))"
    )
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, env=environ) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.wait() == 0
    assert done.exists()


def test_sigterm_ends_as_ctrl_c_does_and_gives_the_signal_back(command, folder, monkeypatch):
    before = signal.getsignal(signal.SIGTERM)

    def terminated(self: Project, **given: Any) -> StepResult:
        signal.raise_signal(signal.SIGTERM)
        raise AssertionError("it went on")

    monkeypatch.setattr(Project, "clean", terminated)
    said = command("clean", "-q", "--result", "verdict.json")
    assert said.code == 130
    assert json.loads((folder / "verdict.json").read_text())["verdict"] == "interrupted"
    assert signal.getsignal(signal.SIGTERM) is before


def test_ctrl_c_says_what_is_kept_and_exits_130(command, monkeypatch):
    monkeypatch.setattr(Project, "clean", ends("clean", KeyboardInterrupt()))
    said = command("clean", "-q")
    assert said.code == 130
    assert said.err == (
        "Interrupted during clean. Kept: what clean has committed. The same command goes on from there.\n"
    )


def test_ctrl_c_tells_what_the_step_says_it_keeps(command, monkeypatch):
    monkeypatch.setattr(Project, "train", ends("train", KeyboardInterrupt("12 trials")))
    assert command("train", "-q").err == (
        "Interrupted during train. Kept: 12 trials. The same command goes on from there.\n"
    )


def test_ctrl_c_in_a_run_names_the_steps_that_had_ended(command, monkeypatch):
    def interrupted(self: Project, **given: Any) -> RunResult:
        assert self._watch is not None
        self._watch.ended(Outcome("clean", "done", 0, 1.25, "", CLEANED))
        self._watch.ended(Outcome("train", "not due"))
        self._watch.starts("score")
        raise KeyboardInterrupt

    monkeypatch.setattr(Project, "run", interrupted)
    assert command("run", "-q").err == (
        "Interrupted during score. Kept: clean, what score has committed. "
        "The same command goes on from there.\n"
    )


def test_a_step_that_fails_is_not_told_as_ended(command, monkeypatch):
    monkeypatch.setattr(Project, "clean", ends("clean", DataRefused("clean refused batch 7.")))
    assert command("clean").err.splitlines() == ["clean ...", "clean refused batch 7."]


def test_ctrl_c_before_the_first_step_says_that_nothing_was_done(command, monkeypatch):
    def interrupted(self: Project) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Project, "spark", interrupted)
    assert command("run", "-q").err == "Interrupted before anything was written.\n"
