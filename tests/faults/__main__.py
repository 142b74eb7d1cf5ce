"""`make fault-test`: every fault, a line for each, and totals. Names of parts or scenarios choose some."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from pipeline import session
from tests.faults import model_scenarios, parts, scenarios
from tests.faults.report import Totals, say
from tests.faults.shop import CONF

DATA = [each.name for each in scenarios.SCENARIOS]
MODELS = [each.name for each in model_scenarios.SCENARIOS]


def main(wanted: list[str]) -> int:
    """Return the exit code: 1 when a row was lost or doubled, a trial repeated, or anything else wrong."""
    chosen = {*wanted} if wanted else {*DATA, *MODELS, "executors", "server"}
    chosen |= {*DATA} if "data" in chosen else set()
    chosen |= {*MODELS} if "models" in chosen else set()
    totals = Totals()
    with tempfile.TemporaryDirectory(prefix="fault test ") as place:
        folder = Path(place)
        if chosen & {*DATA, *MODELS, "server"}:
            spark = session.get_session("fault test", CONF, log_file=folder / "spark.log")
            try:
                if chosen & {*DATA}:
                    totals.add(parts.data(spark, folder / "data", sorted(chosen)))
                if chosen & {*MODELS}:
                    totals.add(parts.models(spark, folder / "models", sorted(chosen)))
                if "server" in chosen:
                    (folder / "server").mkdir()
                    totals.add(parts.server(folder / "server"))
            finally:
                session.stop()
        if "executors" in chosen:
            totals.add(parts.executors(folder / "executors"))
    say(str(totals))
    for text in totals.wrong:
        say(f"  {text}")
    return totals.exit_code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
