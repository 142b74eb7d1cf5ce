"""Pictures can be drawn from whatever is measured, and nothing in them overlaps or is cut."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from pipeline.evaluation.class_measures import ClassMeasures, Tally, measure
from pipeline.evaluation.histogram import ScoreHistogram
from pipeline.evaluation.pictures import pictures
from pipeline.evaluation.pictures.canvas import LONGEST, plain, short
from pipeline.evaluation.residuals import BINS, Residuals

NAMES = [
    "Cabernet Sauvignon",
    "Gewürztraminer",
    "Châteauneuf-du-Pape, appellation d'origine contrôlée",
    "$5 and $x_{",
    "Señorío de Ñandú",
    *(f"a very long name that ends with {place}" for place in range(7)),
]


def measures(classes: int) -> ClassMeasures:
    rng = np.random.default_rng(classes)
    histograms = {
        index: ScoreHistogram(
            np.linspace(0, 1, 50), rng.integers(0, 40, 50) * 1.0, rng.integers(0, 900, 50) * 1.0
        )
        for index in ([1] if classes == 2 else range(classes))
    }
    confusion = rng.integers(0, 2_000_000, (classes, classes)).tolist()
    return measure(Tally(tuple(map(tuple, confusion)), histograms, 1.0), exact=True)


def spread() -> Residuals:
    counts = np.random.default_rng(1).integers(0, 3, (BINS, BINS))
    return Residuals(
        60_000.0,
        480_000.0,
        tuple(map(tuple, counts.tolist())),
        -90_000.0,
        80_000.0,
        tuple(counts[0].tolist()),
        int(counts.sum()),
        0,
    )


def written(figure: Figure) -> list[tuple[Text, Bbox]]:
    """All texts that were really drawn (not the ticks beyond an axis' ends), and where, in pixels."""
    found: dict[int, Text] = {}
    draw = Text.draw

    def record(self: Text, renderer: Any) -> None:
        if self.get_visible() and self.get_text().strip():
            found[id(self)] = self
        draw(self, renderer)

    canvas = FigureCanvasAgg(figure)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Text, "draw", record)
        canvas.draw()
    return [(text, text.get_window_extent(canvas.get_renderer())) for text in found.values()]


def assert_readable(figures: Mapping[str, Figure]) -> None:
    for name, figure in figures.items():
        texts = written(figure)
        assert texts
        for text, box in texts:
            corners = [*box.min, *(figure.bbox.max - box.max)]
            assert min(corners) > -1, f"{name}: '{text.get_text()}' is cut"
        # The box of a slanted text is mostly empty: those may touch.
        straight = [
            (text.get_text(), box.padded(-1)) for text, box in texts if text.get_rotation() in (0, 90)
        ]
        for (one, first), (other, second) in itertools.combinations(straight, 2):
            assert not first.overlaps(second), f"{name}: '{one}' overlaps '{other}'"


@pytest.mark.parametrize("classes", [2, 3, 12])
def test_a_classifiers_pictures_are_readable(classes: int) -> None:
    shares = {f"{NAMES[place % 12]} {place}": 1 / (place + 1) for place in range(30)}
    task = "binary" if classes == 2 else "multiclass"
    found = pictures(task, measures(classes), NAMES[:classes], importance=shares)
    assert list(found) == [
        "confusion_matrix.png",
        "roc.png",
        "precision_recall.png",
        "calibration.png",
        "feature_importance.png",
    ]
    assert_readable(found)


def test_residuals_are_readable() -> None:
    found = pictures("regression", spread(), label="Prix_de_vente_en_€", importance={"only": 1.0})
    assert list(found) == ["residuals.png", "feature_importance.png"]
    assert_readable(found)


def test_of_very_many_classes_the_worst_are_drawn() -> None:
    names = [f"class {place}" for place in range(80)]
    found = pictures("multiclass", measures(80), names)
    assert found["roc.png"].axes[0].get_title() == "ROC, the 12 lowest of 80 classes"
    assert_readable({"roc.png": found["roc.png"]})


def test_what_was_not_measured_is_not_drawn() -> None:
    margin = measure(Tally(((3, 1), (1, 3)), {}, None), exact=True)
    assert list(pictures("binary", margin, ["no", "yes"])) == ["confusion_matrix.png"]
    with pytest.raises(TypeError, match="task binary is drawn from ClassMeasures"):
        pictures("binary", spread())


@pytest.mark.parametrize(
    ("text", "expected"),
    [("ça va", "ça va"), ("two\nlines", "two lines"), ("$x", r"\$x"), ("", "(empty)"), ("a" * 40, "a" * 14)],
)
def test_names_are_one_short_line(text: str, expected: str) -> None:
    assert plain(text).split("…")[0] == expected
    assert len(plain(text)) <= LONGEST


@pytest.mark.parametrize(
    ("count", "expected"), [(950, "950"), (9_540, "9.5k"), (9_960, "10k"), (3_400_000, "3.4M")]
)
def test_counts_are_short(count: int, expected: str) -> None:
    assert short(count) == expected
