"""Who holds a lease, for tests: this process, a dead one, one elsewhere."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path

from pipeline.lake import lease as lease_module
from pipeline.lake.lease import Holder


def holder(**changes: object) -> Holder:
    """The test process, holding for another minute."""
    mine = lease_module._this_process()
    return replace(replace(mine, since=0.0, expires=time.time() + 60), **changes)


def dead_process() -> int:
    ended = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True
    )
    return int(ended.stdout)


def left_behind(path: Path, **changes: object) -> Holder:
    """A lease, or a claim for one, whose holder is dead or as told."""
    given = holder(**{"owner": "dead", "pid": dead_process(), **changes})
    path.write_text(json.dumps(asdict(given)))
    return given
