from __future__ import annotations

import pytest

from pipeline.config.date_formats import format_mistake, has_time, read_alike


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("dd/MM/yyyy", "MM/dd/yyyy", True),
        ("dd/MM/yyyy", "M/d/yyyy", True),
        ("dd/MM/yyyy", "d/M/yyyy", False),
        ("dd/MM/yy", "yy/MM/dd", True),
        ("dd/MM/yy", "dd/MM/yyyy", False),
        ("yyyyMMdd", "ddMMyyyy", True),
        ("yyyy-MM-dd", "dd.MM.yyyy", False),
        ("yyyy-MM-dd", "yyyy-dd-MM", True),
        ("d MMM yyyy", "MMM d yyyy", False),
        ("yyyy-MM-dd HH:mm", "yyyy-MM-dd'T'HH:mm", False),
        ("yyyy-MM-dd HH:mm", "yyyy-dd-MM HH:mm", True),
        ("yyyy 'of' MM", "yyyy 'at' MM", False),
    ],
)
def test_two_formats_that_one_text_fits_with_two_meanings(one: str, other: str, alike: bool) -> None:
    assert read_alike(one, other) is alike
    assert read_alike(other, one) is alike


@pytest.mark.parametrize(
    "pattern",
    ["yyyy-MM-dd", "d.M.yyyy", "dd/MM/yy hh:mm a", "yyyy-MM-dd'T'HH:mm:ss.SSSXXX", "MM/yyyy", "yyyyDDD"],
)
def test_a_format_that_can_be_read(pattern: str) -> None:
    assert format_mistake(pattern) is None


def test_a_format_with_hours_reads_moments() -> None:
    assert [has_time(pattern) for pattern in ("yyyy-MM-dd", "yyyy-MM-dd HH", "yyyy 'H'", "h a d/M/yyyy")] == [
        False,
        True,
        False,
        True,
    ]
