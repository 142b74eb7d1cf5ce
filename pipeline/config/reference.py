"""Writes the reference page and the JSON Schema from the model.

Run it as `python -m pipeline.config.reference`; `make reference` does.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, cast

from pydantic import PlainSerializer
from pydantic.fields import FieldInfo

from pipeline.config.base import Section
from pipeline.config.json_schema import json_schema
from pipeline.config.kinds import ROOT, Kind, fields
from pipeline.config.origin import join

_INTRODUCTION = """\
# Configuration reference

Generated from the model in `pipeline/config` by `make reference`; a test keeps it true. Editors read
[pipeline.schema.json](pipeline.schema.json): begin a file with `# yaml-language-server: $schema=<its path>`.

- Four keys are enough: `name`, `task`, `sources.<name>.path` and `features.label`. An unknown key is an
  error.
- `-c` may be given several times: in later files maps merge into earlier ones, other values replace them, and
  null takes them away. `--set key.below=value` comes last; its value is read as YAML, so `[3, 5]` is a list.
- Scalars are YAML 1.2: `1e-3` is a number, `NO` a text. Where a text is wanted, an unquoted number is that
  text. Null is the same as not writing the key: `xgboost:` with nothing behind it is the learner with its
  defaults.
- Relative paths start at the folder of the file that says them; those in `--set` start at the current folder.
- `${env:NAME}` and `${env:NAME:-default}` inside a text read the environment; as in a shell, the default
  stands in for a variable that is missing or empty. An unquoted value that is one such reference is then read
  as a YAML scalar, so that a number can come from the environment; where a text is wanted, and between
  quotes, it stays a text.
- A value that came from the environment, and a setting below `options` or `conf` whose name looks secret
  (`password`, `token`, `secret`, `key`), is shown as `***` and is in no log, fingerprint or table.
"""


def reference_text() -> str:
    """The reference page."""
    return "\n".join([_INTRODUCTION, *_section_lines(ROOT, "", "What the project is and where it begins.")])


def schema_text() -> str:
    """The JSON Schema as a file's text."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


def _section_lines(kind: Kind, path: str, about: str) -> Iterator[str]:
    """A heading, the section's own keys as a table, then the sections below it."""
    assert kind.section is not None
    below: list[tuple[Kind, str, str]] = []
    rows = []
    for name, info in fields(kind.section).items():
        child = Kind.of(info.annotation, info.metadata)
        if child.section:
            below.append((child, join(path, name), _prose(info)))
            continue
        rows.append(_row(join(path, name), child, info))
        if child.values and child.values.section:
            entry = "<metric>" if child.names and child.names.choices else "<name>"
            below.append((child.values, join(path, name, entry), _docstring(child.values.section)))
    heading = f"{'##' if path.count('.') == 0 else '###'} {f'`{path}`' if path else 'The project'}"
    yield from (heading, "", about, "")
    if rows:
        yield from ("| key | allowed | default | |", "| --- | --- | --- | --- |", *rows, "")
    for inner, inner_path, inner_about in below:
        yield from _section_lines(inner, inner_path, inner_about)


def _row(path: str, kind: Kind, info: FieldInfo) -> str:
    cells = [f"`{path}`", _allowed(kind), _default(kind, info), _prose(info)]
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _allowed(kind: Kind) -> str:
    if kind.choices:
        return " ".join(f"`{choice}`" for choice in kind.choices)
    if kind.values and kind.values.section and not kind.values.members:
        return " or ".join(map(_allowed, kind.members)) if kind.members else "a map of names"
    return kind.words.replace(" that is not empty", "")


def _default(kind: Kind, info: FieldInfo) -> str:
    if info.is_required():
        return "**required**"
    value = info.get_default(call_default_factory=True)
    if value is None:
        return "none"
    serializer = kind.mark(PlainSerializer)
    written = cast(Callable[[Any], Any], serializer.func) if serializer else _yaml
    return f"`{written(value)}`"


def _yaml(value: Any) -> str:
    """A default as one would write it."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {_yaml(inner)}" for name, inner in value.items()) + "}"
    if isinstance(value, tuple):
        return json.dumps(list(value))
    if isinstance(value, Section):
        return "{}"
    return value if isinstance(value, str) and value else json.dumps(value)


def _prose(info: FieldInfo) -> str:
    return " ".join((info.description or "").split())


def _docstring(section: type[Section]) -> str:
    return (section.__doc__ or "").split("\n\n")[0].strip()


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the files, or with --check compare them and answer 1 when one is not what it should be."""
    parser = argparse.ArgumentParser(prog="python -m pipeline.config.reference", description=main.__doc__)
    parser.add_argument(
        "--folder", type=Path, default=Path("docs"), help="where the files are (default: docs)"
    )
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when a file has drifted")
    options = parser.parse_args(arguments)
    wanted = {"reference.md": reference_text(), "pipeline.schema.json": schema_text()}
    drifted = [name for name, text in wanted.items() if _read(options.folder / name) != text]
    if options.check:
        for name in drifted:
            sys.stderr.write(f"{options.folder / name} is not what the model says. Run `make reference`.\n")
        return 1 if drifted else 0
    options.folder.mkdir(parents=True, exist_ok=True)
    for name in drifted:
        (options.folder / name).write_text(wanted[name], encoding="utf-8")
    return 0


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None


if __name__ == "__main__":
    sys.exit(main())
