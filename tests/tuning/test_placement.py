from __future__ import annotations

from typing import Any

import pytest

from pipeline.tuning.placement import chunks_of, folds_together, place

GB = 2**30


@pytest.mark.parametrize(
    ("estimate", "slots", "bound", "setting", "expected"),
    [
        (GB, 8, 2 * GB, "auto", "local"),
        (2 * GB, 8, 2 * GB, "auto", "local"),
        (2 * GB + 1, 8, 2 * GB, "auto", "distributed"),
        (200 * GB, 1, 2 * GB, "auto", "local"),  # one slot would hold all rows either way
        (200 * GB, 2, 2 * GB, "auto", "distributed"),
        (200 * GB, 8, 2 * GB, "local", "local"),
        (1, 8, 2 * GB, "distributed", "distributed"),
        (1, 1, 2 * GB, "distributed", "distributed"),
    ],
)
def test_place(estimate: int, slots: int, bound: int, setting: Any, expected: str) -> None:
    assert place(estimate, slots, bound, setting) == expected


@pytest.mark.parametrize(
    ("fits", "shipping", "together", "slots", "expected"),
    [
        ([1.0], 1.0, 2, 8, [[0]]),
        ([1.0] * 6, 1.0, 1, 1, [[0, 1, 2, 3, 4, 5]]),
        ([1.0] * 6, 0.5, 1, 2, [[0, 2, 4], [1, 3, 5]]),  # one job on 2 slots would leave one idle
        ([1.0] * 6, 0.5, 2, 4, [[0, 2, 4], [1, 3, 5]]),
        ([1.0] * 6, 0.5, 2, 2, [[0, 1, 2, 3, 4, 5]]),
        ([1.0] * 4, 0.5, 1, 4, [[0], [1], [2], [3]]),
        ([0.01] * 6, 5.0, 1, 2, [[0, 1, 2, 3, 4, 5]]),  # shipping dominates: not split
        ([4.0, 1.0, 1.0, 2.0], 0.5, 1, 2, [[0], [1, 2, 3]]),
        ([1.0] * 40, 1.0, 2, 2, [[at, *range(at + 4, 40, 4)] for at in range(4)]),  # results come as jobs end
        ([], 1.0, 2, 2, []),
    ],
)
def test_chunks_fill_the_slots(
    fits: list[float], shipping: float, together: int, slots: int, expected: list[list[int]]
) -> None:
    assert chunks_of(fits, shipping, together, slots) == expected


@pytest.mark.parametrize("slots", [1, 2, 3, 8, 64])
@pytest.mark.parametrize("together", [1, 2])
def test_every_fit_is_in_one_chunk_and_slots_are_filled_where_there_are_fits(
    slots: int, together: int
) -> None:
    chunks = chunks_of([float(cost) for cost in range(20, 44)], 1.0, together, slots)
    assert sorted(at for chunk in chunks for at in chunk) == list(range(24))
    assert all(chunks)
    assert len(chunks) * together >= min(slots, 24 * together)


@pytest.mark.parametrize(("folds", "expected"), [(1, [1]), (2, [2, 2]), (3, [2, 2, 1]), (5, [2, 2, 2, 2, 1])])
def test_folds_go_in_pairs_and_the_last_may_have_all_slots(folds: int, expected: list[int]) -> None:
    assert [folds_together(number, folds) for number in range(folds)] == expected
