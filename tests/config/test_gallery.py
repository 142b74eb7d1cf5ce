"""A gallery of wrong configurations, each with the whole sentences that a person reads.

`gallery/*.txt` holds the cases: `####` and a title, the file, then each line of the error behind `>>>>`.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from pipeline.config import load_config
from pipeline.errors import ConfigError

FOLDER = Path(__file__).parent / "gallery"


class Case(NamedTuple):
    """A wrong file and what is said about it."""

    title: str
    text: str
    sentences: list[str]


def read_cases(path: Path) -> list[Case]:
    cases = []
    for part in path.read_text(encoding="utf-8").split("#### ")[1:]:
        title, *lines = part.rstrip("\n").split("\n")
        text = "".join(f"{line}\n" for line in lines if not line.startswith(">>>> "))
        sentences = [line.removeprefix(">>>> ") for line in lines if line.startswith(">>>> ")]
        cases.append(Case(f"{path.stem}: {title}", text, sentences))
    return cases


CASES = [case for path in sorted(FOLDER.glob("*.txt")) for case in read_cases(path)]


@pytest.mark.parametrize("case", CASES, ids=[case.title for case in CASES])
def test_a_mistake_is_told_with_its_line(case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("conf.yaml").write_text(case.text, encoding="utf-8")
    with pytest.raises(ConfigError) as refused:
        load_config(["conf.yaml"], environ={})
    assert str(refused.value).splitlines() == case.sentences


def test_the_gallery_was_found() -> None:
    assert len(CASES) > 90
    assert all(case.text.strip() and case.sentences for case in CASES)
