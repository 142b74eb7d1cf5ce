from __future__ import annotations

import importlib.util
import zipfile
from pathlib import Path
from types import ModuleType

import pytest
from pyarrow import parquet

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def prepare() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "prepare_flights", ROOT / "examples" / "flights" / "prepare.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The files of the package, as it lays them out: the months of the flights are in no order."""
    folder = tmp_path / "package"
    folder.mkdir()
    with zipfile.ZipFile(folder / "flights.csv.zip", "w") as archive:
        archive.writestr("flights.csv", "year,month,day,flight\n2013,1,1,11\n2013,10,1,12\n2013,2,1,13\n")
    (folder / "weather.csv").write_text("origin,year,month,temp\nEWR,2013,2,NA\nJFK,2013,3,40.5\n")
    (folder / "planes.csv").write_text("tailnum,year\nN1,NA\n")
    (folder / "airports.csv").write_text("faa,name,alt,tzone\nORD,Chicago,668,NA\n")
    return folder


def test_a_month_is_a_file_with_a_header(prepare: ModuleType, data: Path, tmp_path: Path) -> None:
    assert prepare.write_months(tmp_path, [1, 2], data) == {"flights": 2, "weather": 1}
    written = {path.relative_to(tmp_path): path.read_text() for path in tmp_path.glob("[fw]*/*.csv")}
    assert written == {
        Path("flights/2013-01.csv"): "year,month,day,flight\n2013,1,1,11\n",
        Path("flights/2013-02.csv"): "year,month,day,flight\n2013,2,1,13\n",
        Path("weather/2013-01.csv"): "origin,year,month,temp\n",
        Path("weather/2013-02.csv"): "origin,year,month,temp\nEWR,2013,2,NA\n",
    }


def test_the_registers_come_whole(prepare: ModuleType, data: Path, tmp_path: Path) -> None:
    prepare.write_registers(tmp_path, data)
    assert (tmp_path / "planes.csv").read_text() == "tailnum,year\nN1,NA\n"
    airports = parquet.read_table(tmp_path / "airports.parquet").to_pylist()
    assert airports == [{"faa": "ORD", "name": "Chicago", "alt": 668, "tzone": None}]


def test_a_missing_package_is_told(prepare: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepare, "PACKAGE", "no_such_package")
    with pytest.raises(
        SystemExit, match=r"The package no_such_package is missing\. Install it: scripts/setup\.sh examples"
    ):
        prepare.package_data()
