"""The doctor on two workers that have nothing but Spark and what `pipeline package` made."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.packaged import package, put_houses
from tests.cluster.standalone import ROOT, standalone

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.slow,
    pytest.mark.timeout(1200),
    pytest.mark.skipif(
        sys.platform != "linux", reason="every address of 127.0.0.0/8 is this machine on Linux"
    ),
]
OVERLAY = """\
lake: {{root: {shared}/lake/houses}}
sources:
  houses: {{path: {shared}/houses/*.csv}}
"""
EVERYWHERE = "on the driver and 2 executors"


def findings(out: str) -> dict[str, dict[str, Any]]:
    (line,) = [line for line in out.splitlines() if line.startswith('{"step"')]
    return {finding["name"]: finding for finding in json.loads(line)["findings"]}


def test_a_packaged_cluster_is_well_and_folders_of_ones_own_are_not(tmp_path: Path, all_rows: None) -> None:
    shared = tmp_path / "shared"
    put_houses(shared / "houses")
    made = package(tmp_path, ROOT / "conf" / "house_prices.yaml", OVERLAY.format(shared=shared))
    with standalone(tmp_path / "cluster") as cluster:
        well = cluster.type(made.job("doctor"), made.typed)
        alone = cluster.type(made.job("doctor", "--set", "lake.root=/proc/self/cwd/lake"), made.typed)

    found = findings(well.out)
    assert well.code == 0, found
    assert [name for name, finding in found.items() if finding["state"] == "fault"] == []
    assert found["delta"]["said"] == f"Delta 4.4.0 {EVERYWHERE}, the package delta-spark 4.4.0"
    assert found["packages"]["said"] == f"numpy, pandas, pyarrow, scipy, xgboost: the same {EVERYWHERE}"
    assert found["slots"]["said"] == "2 slots on 2 executors"
    assert "executor 0 on 127.0.0." in found["clocks"]["said"]
    assert not (shared / "lake" / "houses" / "_work").exists()

    found = findings(alone.out)
    assert alone.code == 2
    faults = [name for name, finding in found.items() if finding["state"] == "fault"]
    assert faults == ["lake", "temporary folder"]
    assert found["lake"]["said"] == (
        "Machines do not share lake.root: of 2 files that executors wrote, the driver sees 0."
    )
    assert found["temporary folder"]["said"].startswith(
        "What the driver writes below lake.root is not there for executor 0 on 127.0.0."
    )
