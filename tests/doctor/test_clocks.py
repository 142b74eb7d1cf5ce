from __future__ import annotations

import pytest

from pipeline.doctor.clocks import check_clocks
from pipeline.doctor.finding import fine
from tests.doctor.made import ONE, TWO, WELL, with_second


def test_clocks_that_agree_are_fine() -> None:
    said = f"within 5 seconds of the driver's: {ONE}, {TWO}, the tracking server"
    assert check_clocks(with_second(ahead=-4.9), {"the tracking server": 1.0}) == fine("clocks", said)


@pytest.mark.parametrize(
    ("ahead", "state", "words"),
    [(7.0, "warning", "7 seconds ahead"), (-3600.0, "fault", "3,600 seconds behind")],
)
def test_an_executors_clock_that_is_off(ahead: float, state: str, words: str) -> None:
    found = check_clocks(with_second(ahead=ahead), {})
    assert (found.state, found.said) == (state, f"Beside the driver's clock, that of {TWO} is {words}.")
    assert found.advice == "let all machines follow the same time server (NTP)."


def test_a_servers_clock_that_is_off() -> None:
    found = check_clocks(WELL, {"the tracking server": 200.0, "the lake": 0.0})
    assert found.said == "Beside the driver's clock, that of the tracking server is 200 seconds ahead."
    assert found.state == "fault"
