"""Every overlay on the page about clusters is a right one, over a project of one source."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.config import load_config

PAGE = Path(__file__).parents[2] / "docs" / "cluster.md"
OVERLAYS = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize("overlay", OVERLAYS, ids=range(len(OVERLAYS)))
def test_an_overlay_of_the_page_is_right(overlay: str, write: Callable[..., str], minimal: str) -> None:
    base = write("lake: {root: ../lake}\n", "base.yaml")
    above = write(overlay, "above.yaml")

    lake = load_config([minimal, base, above], environ={"MLFLOW_TRACKING_URI": "http://mlflow:5000"}).lake

    assert lake.place in (
        "s3a://team-lake/house_prices",
        "spark_catalog.house_prices",
        "spark_catalog.houses",
    )


def test_the_page_has_its_overlays() -> None:
    assert len(OVERLAYS) == 3
