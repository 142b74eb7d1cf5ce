from __future__ import annotations

import pytest

from pipeline.plan.query import mentions


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("SELECT * FROM a", {"a": 1}),
        ("SELECT * FROM A JOIN b USING (k)", {"a": 1, "b": 1}),
        ("SELECT * FROM a WHERE k IN (SELECT k FROM a)", {"a": 2}),
        (
            "WITH x AS (SELECT * FROM a) SELECT * FROM x JOIN x AS y USING (k) JOIN b USING (k)",
            {"a": 2, "b": 1},
        ),
        ("WITH x AS (SELECT * FROM a), y AS (SELECT * FROM x, b) SELECT * FROM y, a", {"a": 2, "b": 1}),
    ],
)
def test_a_source_is_read_as_often_as_the_query_comes_to_it(query: str, found: dict[str, int]) -> None:
    assert dict(mentions(query, ["a", "b"])) == found
