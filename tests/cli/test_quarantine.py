from __future__ import annotations

from typing import Any

import pytest

from pipeline.cli.quarantine import quarantine
from pipeline.project import Project
from pipeline.quarantine import Fault, Faults
from pipeline.run import Outcome
from pipeline.shown import Shown
from pipeline.steps.clean.aside import QuarantineResult
from pipeline.steps.result import StepResult

FAULTS = Faults(
    1203,
    (
        Fault("houses", 12, "price_positive", "price", 1200, "price > 0 is false: price = -1.0"),
        Fault("houses", 3, "type", "sold", 4, "'soon' is no DATE"),
    ),
)
REPLAYED = QuarantineResult(
    "replay",
    "done",
    seconds=1.5,
    rows={"read": 5, "quarantined": 2, "inserted": 3, "updated": 0},
    tables={"silver_houses": 4},
    sources={"houses": {"read": 5, "quarantined": 2, "inserted": 3, "updated": 0}},
)
NOTHING = QuarantineResult(
    "replay", "nothing new", changed=False, reasons=("Nothing in quarantine matches: rule 'x'.",)
)
DISCARDED = QuarantineResult(
    "discard", "done", rows={"read": 5, "discarded": 5}, sources={"houses": {"read": 5, "discarded": 5}}
)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, folder: Any) -> dict[str, Any]:
    """What the project's methods were asked, each of which answers with what is set under its name."""
    (folder / "lake").mkdir()
    asked: dict[str, Any] = {}

    def answers(name: str, answer: Any) -> None:
        def method(self: Project, **given: Any) -> Any:
            asked[name] = given
            result = asked.get("answer", answer)
            if isinstance(result, QuarantineResult):
                assert self._watch is not None
                self._watch.starts(result.step)
                message = " ".join(result.reasons)
                self._watch.ended(Outcome(result.step, result.verdict, 0, result.seconds, message, result))
            return result

        monkeypatch.setattr(Project, name, method)

    row = {"_source": "houses", "id": "7", "_batch_id": 3, "_errors": [{"rule": "type", "message": "bad"}]}
    answers("quarantine_faults", FAULTS)
    answers("quarantine_rows", Shown("quarantine_houses", 2, 9, tuple(row), (row,)))
    answers("quarantine_replay", REPLAYED)
    answers("quarantine_discard", DISCARDED)
    return asked


def test_every_command_of_the_group_has_an_example_and_the_common_options(command):
    assert list(quarantine.commands) == ["list", "show", "replay", "discard"]
    for name in quarantine.commands:
        shown = command("quarantine", name, "--help").out
        assert f"Example: pipeline quarantine {name} " in shown
        for option in ("--config", "--json", "--result", "--source", "--batch", "--rule"):
            assert option in shown


def test_list_tells_the_faults_by_batch_and_rule(command, asked):
    said = command("quarantine", "list", "--source", "houses")
    assert said.out.splitlines() == [
        "1,203 rows in quarantine",
        "  source  batch  rule            column   rows  for example",
        "  houses     12  price_positive  price   1,200  price > 0 is false: price = -1.0",
        "  houses      3  type            sold        4  'soon' is no DATE",
        "Next: pipeline quarantine show    the rows themselves",
        "      pipeline quarantine replay  send them through the rules of now",
    ]
    assert asked["quarantine_faults"] == {"limit": 20, "source": "houses", "batch": None, "rule": None}

    (answer,) = command("quarantine", "list", "--json").objects
    assert (answer["step"], answer["total"], answer["data"][1]["example"]) == (
        "quarantine list",
        1203,
        "'soon' is no DATE",
    )


def test_list_and_show_say_when_there_is_nothing(command, asked):
    asked["answer"] = Faults(0, ())
    assert command("quarantine", "list").out == "Nothing is in quarantine that matches.\n"
    asked["answer"] = Shown("quarantine", 0, 0, (), ())
    assert command("quarantine", "show").out == "Nothing is in quarantine that matches.\n"


def test_show_prints_rows_or_writes_them(command, asked, folder):
    said = command("quarantine", "show", "-n", "1", "--rule", "type")
    assert said.out.splitlines() == [
        "quarantine_houses  1 of 9 rows",
        "  houses batch 3",
        "    type: bad",
        "    id=7",
        "Next: pipeline quarantine list    what is wrong with which rows",
        "      pipeline quarantine replay  send them through the rules of now",
    ]
    assert asked["quarantine_rows"] == {"limit": 1, "source": None, "batch": None, "rule": "type"}

    said = command("quarantine", "show", "--csv", "bad.csv")
    assert said.out.splitlines()[0] == "1 of 9 rows of quarantine_houses are in bad.csv."
    assert (folder / "bad.csv").read_text().splitlines()[0] == "_source,id,_batch_id,_errors"


def test_replay_says_what_moved_and_what_to_run_next(command, asked, folder):
    said = command("quarantine", "replay", "--batch", "12")
    assert said.out.splitlines() == [
        "✓ replay   done              1.5 s",
        "          read  quarantined  inserted  updated",
        "  houses     5            2         3        0",
        "  silver_houses v4",
        f"Lake: {folder}/lake",
        "Next: pipeline run              bring the mended rows to features and predictions",
        "      pipeline quarantine list  what is wrong with which rows",
    ]
    assert asked["quarantine_replay"] == {"source": None, "batch": 12, "rule": None, "wait": False}


def test_replay_of_nothing_says_so_and_ends_well(command, asked):
    asked["answer"] = NOTHING
    said = command("quarantine", "replay", "--rule", "x")
    assert said.code == 0
    assert "Nothing in quarantine matches: rule 'x'." in said.out
    (answer,) = command("quarantine", "replay", "--rule", "x", "--json").objects
    assert (answer["step"], answer["verdict"], answer["message"]) == (
        "replay",
        "nothing new",
        "Nothing in quarantine matches: rule 'x'.",
    )


def test_discard_needs_a_reason(command, asked):
    said = command("quarantine", "discard", "--batch", "3")
    assert (said.code, said.err) == (
        2,
        "Missing option '--reason'. See `pipeline quarantine discard --help`.\n",
    )
    said = command("quarantine", "discard", "--batch", "3", "--reason", "test sales")
    assert said.code == 0
    assert asked["quarantine_discard"]["reason"] == "test sales"
    said = command("quarantine", "discard", "--reason", " ")
    assert (said.code, said.err) == (2, "--reason is empty. Say why: it is kept in the ledger.\n")


def test_new_settings_from_now_on_are_followed_by_a_replay(command, folder, monkeypatch):
    cleaned = StepResult("clean", "done", rows={"read": 0})

    def clean(self: Project, **given: Any) -> StepResult:
        assert self._watch is not None
        self._watch.starts("clean")
        self._watch.ended(Outcome("clean", "done", 0, 1.0, "", cleaned))
        return cleaned

    monkeypatch.setattr(Project, "clean", clean)
    replays = "pipeline quarantine replay  send bad rows through the settings of now"
    assert replays in command("clean", "--from-now").out
    assert replays not in command("clean").out
