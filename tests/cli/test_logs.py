from __future__ import annotations

import logging
import warnings

import pytest

from pipeline.cli.logs import logs, write_traceback


class Follower:
    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, sentence: str) -> None:
        self.said.append(sentence)


def test_warnings_and_log_records_go_to_the_file_and_nowhere_else(tmp_path, capsys):
    file = tmp_path / "lake" / "_logs" / "today.log"
    with logs(file, None), warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.getLogger("a library").warning("a record")
        warnings.warn("a warning", UserWarning, stacklevel=1)
    assert "WARNING a library a record" in file.read_text()
    assert "a warning" in file.read_text()
    assert capsys.readouterr() == ("", "")


def test_nothing_to_log_makes_no_file(tmp_path):
    with logs(tmp_path / "lake" / "_logs" / "today.log", None):
        pass
    assert list(tmp_path.iterdir()) == []


def test_a_follower_is_told_what_is_new_in_the_log_and_where_it_is(tmp_path):
    file = tmp_path / "today.log"
    file.write_text("yesterday's line\n")
    follower = Follower()
    with logs(file, follower), file.open("a") as spark:  # type: ignore[arg-type]
        spark.write("WARN first\nWARN sec")
        spark.flush()
        spark.write("ond\n")
    assert follower.said == [f"log: {file}", "WARN first", "WARN second"]


def test_a_log_that_cannot_be_written_stops_nobody(tmp_path):
    (tmp_path / "taken").write_text("a file")
    with logs(tmp_path / "taken" / "today.log", None):
        logging.getLogger("pipeline").warning("lost")


def test_a_traceback_goes_to_the_log_or_else_to_a_new_file(tmp_path):
    def caught() -> ZeroDivisionError:
        with pytest.raises(ZeroDivisionError) as raised:
            _ = 1 / 0
        return raised.value

    log = tmp_path / "_logs" / "today.log"
    assert write_traceback(caught(), log) == log
    (tmp_path / "taken").write_text("a file")
    elsewhere = write_traceback(caught(), tmp_path / "taken" / "today.log")
    for file in (log, elsewhere):
        assert "Traceback (most recent call last):" in file.read_text()
    assert (tmp_path / "taken").read_text() == "a file"
    elsewhere.unlink()
