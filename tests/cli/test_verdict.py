from __future__ import annotations

import json
import math
import os
from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path

import pytest

from pipeline.cli.verdict import one_line, plain, write_result
from pipeline.errors import ConfigError


def test_values_that_json_has_no_word_for_become_plain():
    values = {
        "nan": math.nan,
        "inf": [math.inf, 1.5],
        "when": datetime(2011, 1, 31, tzinfo=timezone.utc),
        "path": Path("a/b"),
        "price": Decimal("1.25"),
        1: (True, None, "Ü"),
    }
    assert plain(values) == {
        "nan": None,
        "inf": [None, 1.5],
        "when": "2011-01-31T00:00:00+00:00",
        "path": "a/b",
        "price": 1.25,
        "1": [True, None, "Ü"],
    }


def test_one_object_is_one_line():
    assert (
        one_line({"message": "two\nlines", "value": math.nan}) == '{"message": "two\\nlines", "value": null}'
    )


def test_the_file_is_whole_or_as_it_was(tmp_path, monkeypatch):
    file = tmp_path / "new folder" / "verdict.json"
    write_result(file, {"verdict": "done"})
    assert json.loads(file.read_text()) == {"verdict": "done"}
    who_reads = file.open()
    write_result(file, {"verdict": "done", "again": True})
    with who_reads:
        assert json.load(who_reads) == {"verdict": "done"}  # not a byte of the new one
    monkeypatch.setattr(
        os, "fsync", lambda handle: (_ for _ in ()).throw(OSError(28, "No space left on device"))
    )
    with pytest.raises(
        ConfigError, match=r"--result: '.*verdict.json' cannot be written: No space left on device"
    ):
        write_result(file, {"verdict": "refused"})
    assert json.loads(file.read_text()) == {"verdict": "done", "again": True}
    assert list(file.parent.iterdir()) == [file]


def test_the_file_has_the_mode_of_any_new_file(tmp_path):
    plainly = tmp_path / "plain"
    plainly.touch()
    write_result(tmp_path / "verdict.json", {})
    assert (tmp_path / "verdict.json").stat().st_mode == plainly.stat().st_mode


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match=r"--result: '.*' cannot be written: "):
        write_result(tmp_path / "file" / "verdict.json", {})
