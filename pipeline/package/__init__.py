"""What a cluster needs of this project, made ready in one folder; nothing here starts Spark."""

from __future__ import annotations

from pipeline.package.checkout import Checkout
from pipeline.package.dist import MANIFEST, Built, build
from pipeline.package.lines import Line

__all__ = ["MANIFEST", "Built", "Checkout", "Line", "build"]
