"""`make fault-test`: thirty kills, a line for each, and the totals. Names of scenarios choose some."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from pipeline import session
from tests.faults.chain import Found, killed_in_a_row
from tests.faults.scenarios import SCENARIOS
from tests.faults.shop import CONF


def main(wanted: list[str]) -> int:
    """Kill, print, and return the exit code: 1 when a row was lost or doubled."""
    found: list[Found] = []
    _say(f"{'':8}  {'killed when':58} {'batches':>7} {'rows':>5} {'lost':>5} {'doubled':>7}")
    with tempfile.TemporaryDirectory(prefix="fault test ") as folder:
        spark = session.get_session("fault test", CONF, log_file=Path(folder) / "spark.log")
        try:
            for scenario in SCENARIOS:
                if wanted and scenario.name not in wanted:
                    continue
                for each in killed_in_a_row(spark, Path(folder) / scenario.name, scenario):
                    found.append(each)
                    _say(_line(each))
        finally:
            session.stop()
    kills = [each for each in found if each.is_hit]
    lost = sum(each.difference.lost for each in found)
    doubled = sum(each.difference.doubled for each in found)
    looked = sum(each.seen.rows for each in found)
    _say(f"{len(kills)} kills, {len(found)} looks at {looked:,} rows: {lost} lost, {doubled} doubled")
    for each in found:
        for row in each.difference.where[:5]:
            _say(f"  {each.scenario}, {each.where}: {row}")
    return int(bool(lost or doubled))


def _line(found: Found) -> str:
    where = found.where if found.is_hit else f"({found.where})"
    counts = (found.seen.batches, found.seen.rows, found.difference.lost, found.difference.doubled)
    numbers = " ".join(f"{number:{width}}" for number, width in zip(counts, (7, 5, 5, 7), strict=True))
    return f"{found.scenario:8}  {where:58} {numbers}"


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
