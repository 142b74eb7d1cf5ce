"""The contract as DDL beside the YAML, for people to review: the one in the lake counts."""

from __future__ import annotations

import contextlib
from pathlib import Path

from pipeline.config import Config
from pipeline.lake import names
from pipeline.lake.layout import quoted
from pipeline.steps.clean.cleaning import Cleaning
from pipeline.steps.clean.contract import Contract, type_name

_FOLDER = "contracts"


def contract_text(name: str, contract: Contract, cleaning: Cleaning) -> str:
    """The contract of the source `name` as DDL; where a column was renamed, what it is received as."""
    key = ", ".join(contract.key) or "a hash of the row"
    lines = []
    for position, field in enumerate(contract.columns, start=1):
        comma = "," if position < len(contract.columns) else ""
        received = cleaning.received_name(field.name)
        comment = "" if received == field.name else f"  -- received as {received}"
        lines.append(f"  {quoted(field.name)} {type_name(field.dataType)}{comma}{comment}")
    return "\n".join(
        [
            f"-- What {name} is held to, for review. Nothing reads this file: the contract that counts is",
            "-- pinned in the lake. To change it, change the configuration.",
            f"-- Key: {key}",
            f"CREATE TABLE {names.silver(name)} (",
            *lines,
            ") USING DELTA;",
            "",
        ]
    )


def contract_path(config: Config, name: str) -> Path | None:
    """`contracts/<project>/<source>.sql` beside the YAML; None for a configuration made in Python."""
    folder = config.folder()
    return None if folder is None else folder / _FOLDER / config.name / f"{name}.sql"


def write_contract(path: Path, text: str) -> None:
    """Write the file where its text changes. A folder that cannot be written leaves people without it."""
    with contextlib.suppress(OSError):
        if path.exists() and path.read_text(encoding="utf-8") == text:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
