from __future__ import annotations

import io
import math

import pytest

from pipeline.cli import text


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (24103.4, "24,103"),
        (999.5, "999.50"),
        (12.345, "12.35"),
        (0.91234, "0.9123"),
        (-0.05, "-0.0500"),
        (-5000.0, "-5,000"),
        (0.0, "0.0000"),
        (None, "-"),
        (math.nan, "nan"),
    ],
)
def test_a_figure_has_the_digits_that_matter(value, said):
    assert text.figure(value) == said


def test_a_spread_has_the_decimals_of_its_mean():
    assert [text.figure(99.5, like=mean) for mean in (24103.0, 12.0, 0.5)] == ["100", "99.50", "99.5000"]


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.04, "0.0 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (119, "119 s"),
        (120, "2 min 0 s"),
        (7300, "2 h 1 min"),
    ],
)
def test_a_duration_is_said_in_its_unit(seconds, said):
    assert text.elapsed(seconds) == said


def test_each_metric_shows_where_it_should_go():
    assert [text.direction(name) for name in ("rmse", "mape", "r2")] == ["rmse ↓", "mape ↓", "r2 ↑"]


def test_a_command_can_be_pasted_whatever_is_in_a_path():
    assert text.command("run", "-c", "my conf.yaml", program="pipeline") == "pipeline run -c 'my conf.yaml'"


def test_the_program_is_named_as_it_was_started(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", "/nowhere")
    program = tmp_path / ".venv" / "bin" / "pipeline"
    monkeypatch.setattr("sys.executable", str(program.with_name("python")))
    monkeypatch.setattr("sys.argv", ["jobs/train.py"])
    assert text.this_program() == "pipeline"  # not installed beside this Python
    program.parent.mkdir(parents=True)
    program.touch(mode=0o755)
    assert text.this_program() == ".venv/bin/pipeline"
    monkeypatch.setattr("sys.argv", [str(program)])
    assert text.this_program() == str(program)
    monkeypatch.setenv("PATH", str(program.parent))
    assert text.this_program() == "pipeline"


def test_a_long_list_is_cut():
    assert text.listed(["a", "b", "c"], most=3) == "a, b, c"
    assert text.listed(["a", "b", "c", "d"], most=2) == "a, b and 2 more"


def test_what_a_model_has_to_beat_is_told_by_its_metric():
    assert text.baseline_words("r2") == "predict the median"
    assert text.baseline_words("log_loss") == "predict class frequencies"


@pytest.mark.parametrize(
    ("is_terminal", "term", "styled"), [(True, "xterm", True), (True, "dumb", False), (False, "xterm", False)]
)
def test_lines_are_styled_on_terminals_that_can(monkeypatch, is_terminal, term, styled):
    class Stream(io.StringIO):
        def isatty(self) -> bool:
            return is_terminal

    monkeypatch.setenv("TERM", term)
    assert text.is_styled(Stream()) is styled
