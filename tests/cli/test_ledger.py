from __future__ import annotations

import io
from typing import Any

from pipeline.cli.ledger import ledger_parts
from pipeline.cli.page import Page
from pipeline.shown import Shown


def entry(step: str, batch_id: int, rows: dict[str, int], **details: str) -> dict[str, Any]:
    return {
        "step": step,
        "name": "houses",
        "batch_id": batch_id,
        "rows": rows,
        "details": details,
        "finished_at": "2024-06-01T12:00:01.123Z",
    }


def test_the_ledger_is_a_sum_for_each_batch_with_its_rules_and_decisions():
    rows = (
        entry("refresh", 1, {"read": 0, "inserted": 0}, from_now="true", settings="{}"),
        entry(
            "clean",
            3,
            {
                "read": 6,
                "malformed": 0,
                "quarantined": 2,
                "dropped": 0,
                "superseded": 0,
                "inserted": 6,
                "lost": 0,
                "added": 2,
                "quarantined.type": 2,
                "quarantined.positive": 1,
                "dropped.old": 1,
                "warned.high": 4,
            },
            accepted="checked by hand",
        ),
        entry("clean", 2, {"read": 5, "inserted": 0, "rejected": 5}, rejected="a test file"),
        entry("ingest", 2, {"files": 1, "read": 5}),
    )

    stream = io.StringIO()
    Page(stream).print(*ledger_parts(Shown("ledger", 4, 40, tuple(rows[0]), rows)))

    assert stream.getvalue().splitlines() == [
        "ledger  4 of 40 entries",
        "  finished              step     of      batch  rows",
        "  2024-06-01 12:00:01Z  refresh  houses      1  new settings from now on",
        "  2024-06-01 12:00:01Z  clean    houses      3  read 6 = quarantined 2 + inserted 6 - added 2",
        "                                                quarantined by type 2, positive 1",
        "                                                dropped by old 1",
        "                                                warned by high 4",
        "                                                accepted: checked by hand",
        "  2024-06-01 12:00:01Z  clean    houses      2  read 5 = rejected 5",
        "                                                rejected: a test file",
        "  2024-06-01 12:00:01Z  ingest   houses      2  files 1, read 5",
    ]
