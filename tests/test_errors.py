from __future__ import annotations

import pickle

import pytest

from pipeline.errors import ConfigError, PipelineError, TransientError, short


def test_a_message_of_ten_lines_stays_and_a_longer_one_says_how_much_is_left_out():
    assert short("\n".join("abcdefghij")) == "\n".join("abcdefghij")
    assert short("\n".join("abcdefghijk")).splitlines() == [*"abcdefghi", "… and 2 more lines."]


def test_an_enormous_line_is_cut():
    assert short("x" * 601) == f"{'x' * 600} …"


@pytest.mark.parametrize("kind", [PipelineError, ConfigError, TransientError])
def test_every_error_of_ours_is_short_and_survives_pickling(kind):
    error = pickle.loads(pickle.dumps(kind("line\n" * 50_000)))
    assert type(error) is kind
    assert len(str(error).splitlines()) == 10
    assert str(error).endswith("… and 49,991 more lines.")
