from __future__ import annotations

import pytest

from pipeline.cli import pace as room
from pipeline.cli.pace import Pace


class Clock:
    now = 0.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(room, "time", made)
    return made


def test_the_time_left_is_that_of_the_parts_done(clock):
    pace = Pace(12)
    assert pace.left == ""
    clock.now = 60.0
    for _ in range(3):
        pace.advance()
    assert (pace.parts, pace.left) == ("3 of 12", "about 3 min 0 s left")
    for _ in range(9):
        pace.advance()
    assert pace.left == ""


def test_without_a_total_there_is_no_time_left(clock):
    pace = Pace(None)
    clock.now = 60.0
    pace.advance()
    assert (pace.parts, pace.left) == ("1", "")


def test_less_than_a_second_is_not_told(clock):
    pace = Pace(2)
    clock.now = 0.5
    pace.advance()
    assert pace.left == ""


def test_what_came_before_the_first_part_is_not_held_against_the_rest(clock):
    pace = Pace(10)
    clock.now = 100.0  # features were prepared
    pace.begin(1)
    clock.now = 110.0
    pace.advance()
    assert pace.left == "about 90 s left"


def test_parts_side_by_side_first_say_nothing_and_then_the_truth(clock):
    pace = Pace(40)  # four at once, ten seconds each: a hundred seconds in all
    said = []
    for turn in range(1, 11):
        for _ in range(4):
            pace.begin(1)
        clock.now = turn * 10.0 - 5.0
        said.append(pace.left)
        clock.now = turn * 10.0
        for _ in range(4):
            pace.advance()
    assert said == ["", *(f"about {left} s left" for left in range(85, 5, -10)), "about 5.0 s left"]


def test_what_was_done_before_costs_no_time(clock):
    pace = Pace(10)
    pace.skip(6)
    assert (pace.parts, pace.left) == ("6 of 10", "")
    pace.begin(1)
    clock.now = 5.0
    pace.advance()
    assert (pace.parts, pace.left) == ("7 of 10", "about 15 s left")
