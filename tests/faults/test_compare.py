from __future__ import annotations

from collections import Counter

from tests.faults.compare import Difference, difference


def test_rows_are_compared_as_multisets() -> None:
    wanted = {"silver": Counter(["a", "a", "b"]), "quarantine": Counter(["x"])}

    assert difference(wanted, {"quarantine": Counter(["x"]), "silver": Counter(["b", "a", "a"])}).is_none
    assert difference(wanted, {"silver": Counter(["a", "b", "b", "c"])}) == Difference(
        lost=2,
        doubled=2,
        where=("silver lacks a", "quarantine lacks x", "silver has more of b", "silver has more of c"),
    )
