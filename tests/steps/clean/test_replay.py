from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pipeline.errors import ConfigError
from pipeline.lake import Lake, Ledger
from pipeline.steps.clean import aside
from pipeline.steps.clean import batch as batch_module
from pipeline.steps.clean.choice import Choice
from pipeline.steps.clean.decision import Decision
from pipeline.steps.clean.step import run
from tests.doubles import Killed, killed
from tests.small_project import NOON

pytestmark = pytest.mark.spark

Make = Callable[..., Any]
RULES = {"positive": {"check": "price > 0"}, "cheap": {"check": "price < 1000"}}
BROKEN = {"quarantined.type": 1, "quarantined.positive": 2, "quarantined.cheap": 1}


def replay(project: Any, **choice: Any) -> aside.QuarantineResult:
    return aside.replay(project.spark, project.config, now=NOON, choice=Choice(**choice))


def discard(project: Any, **choice: Any) -> aside.QuarantineResult:
    return aside.discard(
        project.spark, project.config, now=NOON, reason="test sales", choice=Choice(**choice)
    )


def from_now(project: Any) -> None:
    run(project.spark, project.config, now=NOON, decision=Decision(from_now=True))


def counts(result: aside.QuarantineResult) -> dict[str, int]:
    return {term: count for term, count in result.rows.items() if count}


@pytest.fixture
def project(make_project: Make) -> Any:
    """Two batches: three bad rows of the first, among them one that a row of the second is newer than."""
    project = make_project(
        key=["id"],
        types={"price": "DOUBLE"},
        rules=RULES,
        max_quarantined=1,
        deduplicate={"order_by": "day"},
        batch_size=1,
    )
    first = ["id,day,price", "1,2024-01-01,10", "2,2024-01-01,0", "3,2024-01-05,0", "4,,x"]
    (project.files / "a.csv").write_text("\n".join(first) + "\n")
    project.land("b.csv", "id,day,price", "3,2024-01-05,33", "5,2024-01-01,2000")
    project.clean()
    return project


def test_after_a_rule_is_mended_exactly_the_mended_rows_move_and_only_once(project: Any) -> None:
    before = project.errors("id", "_batch_id")
    unmended = replay(project)
    assert counts(unmended) == {"read": 4, "quarantined": 4, **BROKEN}
    assert project.errors("id", "_batch_id") == before
    assert [(row[0], row[1], row[2][0][0]) for row in before] == [
        ("2", 1, "positive"),
        ("3", 1, "positive"),
        ("4", 1, "type"),
        ("5", 2, "cheap"),
    ]

    project.source["rules"] = {**RULES, "positive": {"check": "price >= 0"}}
    with pytest.raises(ConfigError, match=r"--from-now"):
        replay(project)
    from_now(project)
    result = replay(project, rule="positive")

    # The row of key 3 was as new as the one of the later batch, which stays.
    assert counts(result) == {"read": 2, "inserted": 1, "older": 1}
    assert project.rows("silver_houses", "id", "price", "_batch_id") == [
        (1, 10.0, 1),
        (2, 0.0, 1),
        (3, 33.0, 2),
    ]
    assert project.errors("id", "_batch_id") == [row for row in before if row[0] in "45"]

    versions = project.versions()
    again = replay(project, rule="positive")
    assert (again.verdict, again.changed, again.reasons) == (
        "nothing new",
        False,
        ("Nothing in quarantine matches: rule 'positive'.",),
    )
    assert project.versions() == versions

    assert counts(discard(project, batch=2)) == {"read": 1, "discarded": 1}
    assert replay(project, batch=2).reasons == ("Nothing in quarantine matches: batch 2.",)
    assert project.errors("id", "_batch_id") == [row for row in before if row[0] == "4"]
    ledger = Ledger(Lake(project.spark, str(project.lake)))
    entry = ledger.last("discard", "houses")
    assert entry is not None
    assert (entry.batch_id, entry.details["reason"], entry.details["batch"]) == (1, "test sales", "2")
    table = "quarantine_houses"
    assert ledger.published_version("clean", "houses", table) == entry.tables[table]


def test_what_was_killed_is_finished_first(project: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    project.source["rules"] = {}
    from_now(project)
    with monkeypatch.context() as patched:
        patched.setattr(batch_module, "_silver", killed)
        with pytest.raises(Killed):
            replay(project)
    assert project.rows("quarantine_houses", "id") == [("4",)]
    assert (2, 0.0) not in project.rows("silver_houses", "id", "price")

    result = replay(project)

    assert counts(result)["inserted"] == 2
    assert project.rows("silver_houses", "id", "price") == [
        (1, 10.0),
        (2, 0.0),
        (3, 33.0),
        (5, 2000.0),
    ]
    assert project.rows("quarantine_houses", "id") == [("4",)]

    project.land("c.csv", "id,day,price", "9,2024-01-05,0")
    with monkeypatch.context() as patched:
        patched.setattr(batch_module, "_silver", killed)
        with pytest.raises(Killed):
            project.clean()
    with pytest.raises(ConfigError, match=r"batch 3 of houses is half done, .* Run `pipeline clean` first"):
        replay(project)
    with pytest.raises(ConfigError, match=r"batch 3 of houses is half done"):
        discard(project)
