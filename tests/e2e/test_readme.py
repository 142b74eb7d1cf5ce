"""The README tells the truth: its commands parse, its example loads, its links lead somewhere."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import click
import pytest

from pipeline.cli.commands import group
from pipeline.config import load_config

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", README, re.DOTALL)
COMMANDS = [
    line.partition("#")[0].removeprefix(".venv/bin/pipeline ").strip()
    for language, text in BLOCKS
    if language == "bash"
    for line in text.splitlines()
    if line.startswith(".venv/bin/pipeline ")
]


def test_commands_were_found():
    named = {command.split()[0] for command in COMMANDS}
    assert named == {
        "init",
        "validate",
        "run",
        "status",
        "show",
        "ui",
        "clean",
        "package",
        "quarantine",
        "doctor",
        "plan",
    }


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_readme_parses(command):
    name, *words = shlex.split(command)
    known = group.commands[name]
    if isinstance(known, click.Group):
        name, *words = words
        known = known.commands[name]
    known.make_context(name, list(words)).close()
    with pytest.raises(click.UsageError):
        known.make_context(name, [*words, "--no-such-option"])


def test_the_four_keys_are_enough(tmp_path):
    (example,) = (text for language, text in BLOCKS if language == "yaml")
    assert len(re.findall(r"\b(?:name|task|path|label):", example)) == 4
    (tmp_path / "pipeline.yaml").write_text(example, encoding="utf-8")
    config = load_config([tmp_path / "pipeline.yaml"])
    assert config.features.label == "Sale_Price"


def test_links_and_files_exist():
    files = re.findall(r"\]\(([^)#:]+)\)", README) + re.findall(r"\b(?:jobs|conf)/[\w.]+\b", README)
    assert len(files) > 8
    assert [file for file in files if not (ROOT / file).exists()] == []


def test_make_knows_the_targets():
    targets = set(re.findall(r"^make (\w+)", README, re.MULTILINE))
    assert targets == {"demo", "test"}
    for target in targets:
        subprocess.run(["make", "-n", target], cwd=ROOT, check=True, capture_output=True)
