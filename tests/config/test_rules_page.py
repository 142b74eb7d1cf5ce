"""Every example on the page about rules is a configuration that loads, and every kind has one."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

from pipeline.config import load_config
from pipeline.config.rules import KINDS, Rule

PAGE = (Path(__file__).parents[2] / "docs" / "rules.md").read_text(encoding="utf-8")
FEATURES = "features: {label: Sale_Price, key: [Order], query: SELECT * FROM houses}\n"
HEAD = f"name: demo\ntask: regression\n{FEATURES}"
SOURCES = "sources:\n  towns: {path: towns/*.csv, key: [name]}\n  houses:\n    path: data/*.csv\n    rules:\n"


def rules_of(folder: Path, text: str) -> dict[str, Rule]:
    path = folder / "conf.yaml"
    path.write_text(text, encoding="utf-8")
    return load_config([path], environ={}).sources["houses"].rules


def test_the_examples_of_the_tables(tmp_path: Path) -> None:
    rows = re.findall(r"^\| `(\w+)` \| `(\{.+\})` \|", PAGE, re.MULTILINE)

    text = "".join(f"      a_{kind}: {example}\n" for kind, example in rows)
    found = rules_of(tmp_path, HEAD + SOURCES + text)

    assert sorted(kind for kind, _ in rows) == sorted(KINDS)
    assert {name: rule.kind for name, rule in found.items()} == {f"a_{kind}": kind for kind in KINDS}


def test_the_blocks(tmp_path: Path) -> None:
    whole, batch = re.findall(r"^```yaml\n(.+?)^```", PAGE, re.MULTILINE | re.DOTALL)

    assert list(rules_of(tmp_path, HEAD + whole)) == ["price_positive", "priced_in_range", "plausible"]
    assert len(rules_of(tmp_path, HEAD + SOURCES + textwrap.indent(textwrap.dedent(batch), " " * 6))) == 4
