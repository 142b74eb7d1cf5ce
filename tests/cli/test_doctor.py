from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.doctor import examine
from pipeline.doctor.finding import Finding, fault, fine, warning
from tests.cli.conftest import Command

FINE = fine("java", "Java 17 on the driver")
LOOK = warning("disk", "Only 2.0 GB free.", "free some space.")
FAIL = fault("dynamic allocation", "It is on.", "switch it off.")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What the doctor was asked; it finds all that is put before it."""
    found: list[Any] = [FINE, LOOK, FAIL]

    def ask(config: Any, start: Any, least_disk: int | None) -> Iterator[Finding]:
        findings = list(found)
        found[:] = [config.name, least_disk]
        yield from findings

    monkeypatch.setattr(examine, "examine", ask)
    return found


def test_one_line_each(command: Command, asked: list[Any]) -> None:
    said = command("doctor", "--disk", "20g")
    assert said.code == 2
    assert said.out.splitlines() == [
        "java                fine     Java 17 on the driver",
        "disk                warning  Only 2.0 GB free. Next: free some space.",
        "dynamic allocation  fault    It is on. Next: switch it off.",
        "Next: pipeline doctor  look again, when it is mended",
    ]
    assert asked == ["tiny", 20 * 2**30]


def test_warnings_alone_are_no_refusal(command: Command, asked: list[Any], tmp_path: Path) -> None:
    del asked[2]
    said = command("doctor", "--json", "--result", str(tmp_path / "told.json"))
    (told,) = said.objects
    assert (said.code, told["step"], told["verdict"], told["exit_code"]) == (0, "doctor", "warnings", 0)
    assert told["findings"] == [FINE.to_json(), LOOK.to_json()]
    assert json.loads((tmp_path / "told.json").read_text()) == told


def test_faults_are_the_message(command: Command, asked: list[Any]) -> None:
    (told,) = command("doctor", "--json").objects
    assert (told["verdict"], told["exit_code"]) == ("faults", 2)
    assert told["message"] == "dynamic allocation: It is on. Next: switch it off."


@pytest.mark.parametrize("size", ["20", "G", "-1G", "2.5G", ""])
def test_a_size_that_is_none_is_refused(command: Command, asked: list[Any], size: str) -> None:
    said = command("doctor", "--disk", size)
    assert said.code == 2
    assert f"'{size}' is no size. Write a number and K, M, G or T, such as 20G." in said.err
