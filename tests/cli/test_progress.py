from __future__ import annotations

import threading

import pytest

from pipeline.cli import progress as room
from pipeline.cli.progress import Lines, Live, progress_for
from pipeline.progress import SILENT


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every look at the clock is a second after the one before."""
    seconds = iter(range(1000))
    monkeypatch.setattr(room.time, "monotonic", lambda: next(seconds))


def test_lines_say_what_begins_what_came_out_and_what_ends(capsys):
    lines = Lines()
    lines.say("three sources")
    with lines.task("trials", 2) as task:
        task.advance("rmse 5")
        task.advance()
    with lines.task("starting Spark"):
        pass
    said = capsys.readouterr()
    assert said.err.splitlines() == [
        "three sources",
        "trials ...",
        "trials 1 of 2: rmse 5, about 2.0 s left",
        "trials: 2 of 2, 4.0 s",
        "starting Spark ...",
        "starting Spark: 2.0 s",
    ]
    assert said.out == ""


def test_parts_that_end_in_several_threads_are_all_counted(capsys):
    with Lines().task("trials", 200) as task:
        threads = [threading.Thread(target=lambda: [task.advance() for _ in range(50)]) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert capsys.readouterr().err.splitlines()[-1].startswith("trials: 200 of 200")


def test_live_draws_only_while_there_is_a_task_and_keeps_what_was_said(capsys):
    live = Live()
    with live.task("train"), live.task("trials", 2) as task:
        task.advance("rmse 5")
        live.say("[b]said inside[/b]")
        assert live._bars is not None
    assert live._bars is None
    live.say("said outside")
    said = capsys.readouterr()
    assert "[b]said inside[/b]" in said.err
    assert said.err.endswith("said outside\n")
    assert said.out == ""


def test_live_stops_drawing_when_the_work_fails():
    live = Live()
    with pytest.raises(ZeroDivisionError), live.task("train"):
        _ = 1 / 0
    assert live._bars is None


def test_stderr_decides_how_progress_looks(monkeypatch):
    assert progress_for(quiet=True) is SILENT
    assert isinstance(progress_for(quiet=False), Lines)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    assert isinstance(progress_for(quiet=False), Live)
    monkeypatch.setenv("TERM", "dumb")
    assert isinstance(progress_for(quiet=False), Lines)


def test_lines_say_how_the_work_stands_and_many_come_seldom(capsys):
    with Lines().task("trials", 400) as task:
        for number in range(300):
            task.begin()
            task.tell(f"best {number}")
            task.advance("rmse 5")
    lines = capsys.readouterr().err.splitlines()
    assert lines[1].startswith("trials 1 of 400: rmse 5, best 0, about ")
    assert lines[-1].startswith("trials: 300 of 400, best 299, ")
    assert 100 < len(lines) < 200


def test_live_says_how_much_time_is_left(monkeypatch):
    live = Live()
    with live.task("trials", 4) as task:
        task.advance("rmse 5")
        assert live._bars is not None
        assert live._bars.tasks[0].fields["left"].startswith("about ")


def test_live_says_how_the_work_stands():
    live = Live()
    with live.task("trials", 4) as task:
        task.skip(2)
        task.begin()
        task.tell("1 running, best rmse 5")
        assert live._bars is not None
        fields = live._bars.tasks[0].fields
        assert (fields["parts"], fields["status"]) == ("2 of 4", "1 running, best rmse 5")
