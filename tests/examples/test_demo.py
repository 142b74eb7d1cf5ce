from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def call(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "examples.demo", *words], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_an_unknown_example_is_told_and_the_known_ones_are_named() -> None:
    ended = call("flight")
    assert (ended.returncode, ended.stderr) == (
        2,
        "There is no example 'flight'. Examples: house_prices, flights.\n",
    )


def test_every_example_has_a_configuration_and_a_demo() -> None:
    found = call("")
    names = found.stderr.partition("Examples: ")[2].rstrip(".\n").split(", ")
    assert [name for name in names if not (ROOT / "conf" / f"{name}.yaml").is_file()] == []
    assert [name for name in names if not (ROOT / "examples" / name / "demo.py").is_file()] == []
