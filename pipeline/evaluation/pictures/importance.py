"""Which columns a model leans on."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from pipeline.evaluation.pictures.canvas import BLUE, canvas, plain

_MOST = 20


def importance(shares: Mapping[str, float]) -> Figure:
    """A bar for each of the 20 largest shares, the largest on top."""
    largest = sorted(shares.items(), key=lambda item: (-item[1], item[0]))[:_MOST]
    figure, axes = canvas(9, 1.4 + 0.32 * max(len(largest), 2))
    places = range(len(largest))
    bars = axes.barh(places, [share for _, share in largest], color=BLUE, height=0.7)
    axes.bar_label(bars, [_percent(share) for _, share in largest], padding=3, fontsize=9)
    axes.set_yticks(places, [plain(name) for name, _ in largest])
    axes.set_xlim(0, 1.12 * max((share for _, share in largest), default=0) or 1)
    more = f", the {_MOST} largest of {len(shares)}" if len(shares) > _MOST else ""
    axes.set(xlabel="share", title=f"Importance of the input columns{more}")
    axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=None))
    axes.set_ylim(max(len(largest), 2) - 0.4, -0.6)
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def _percent(share: float) -> str:
    return "0 %" if share == 0 else "< 0.1 %" if share < 0.001 else f"{100 * share:.1f} %"
