"""The example notebooks, run as Jupyter would, in a kernel of their own."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell

from tests.short_lives import JAVA

FOLDER = Path(__file__).parents[2] / "examples" / "notebooks"

# Laid over the notebook's own: a lake of the test, and the smallest search.
PARAMETERS = """\
LAKE = {lake!r}
SETS = [
    "train.folds=2",
    "train.search.max_trials=2",
    "spark.conf={{spark.master: 'local[2]', spark.driver.memory: 1g, spark.sql.shuffle.partitions: '2', "
    "spark.driver.extraJavaOptions: {java}, spark.sql.codegen.wholeStage: 'false', "
    "spark.sql.codegen.factoryMode: NO_CODEGEN}}",
]
"""


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.ipynb")), ids=lambda path: path.stem)
def test_a_notebook_is_kept_without_output(path):
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code)
    assert len(code) <= 15


@pytest.mark.e2e
@pytest.mark.spark
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_the_notebook_goes_from_files_to_predictions_and_finds_nothing_new_the_second_time(tmp_path):
    notebook = nbformat.read(FOLDER / "house_prices.ipynb", as_version=4)
    (given,) = (
        place for place, cell in enumerate(notebook.cells) if "parameters" in cell.metadata.get("tags", ())
    )
    lake = tmp_path / "a lake"
    notebook.cells.insert(given + 1, new_code_cell(PARAMETERS.format(lake=str(lake), java=JAVA)))
    NotebookClient(notebook, timeout=500, resources={"metadata": {"path": str(FOLDER)}}).execute()
    said = ["".join(shown(output) for output in cell.get("outputs", ())) for cell in notebook.cells]
    everything = "\n".join(said)
    steps = next(text for text in said if "verdict" in text and "ingest" in text)
    assert [line.split()[1] for line in steps.splitlines()[1:]] == [
        "ingest", "clean", "features", "train", "promote", "score",
    ]  # fmt: skip
    assert "house_prices version 1, by rmse" in everything
    assert "silver_houses" in everything
    assert "area_positive" in everything or "malformed" in everything
    assert "'nothing new'" in said
    assert "Champion(model='house_prices', version=1" in everything
    assert not (lake / "_lease").exists()


def shown(output: nbformat.NotebookNode) -> str:
    """What an output says as text; what goes to stderr too, so that it is seen when a test fails."""
    return output.text if output.output_type == "stream" else output.data.get("text/plain", "")
