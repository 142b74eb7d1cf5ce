from __future__ import annotations

from importlib.metadata import PackageNotFoundError

import pytest

from pipeline.doctor import packages, required
from pipeline.doctor.finding import fine
from pipeline.doctor.packages import check_driver_packages, check_packages, task_modules
from tests.doctor.made import PACKAGES, WELL, config, with_second


def test_tasks_need_xgboost_only_where_it_learns() -> None:
    assert task_modules(config()) == ("numpy", "pandas", "pyarrow", "scipy", "xgboost")
    linear = config(learners={"linear_regression": {}})
    assert task_modules(linear) == ("numpy", "pandas", "pyarrow", "scipy")


def test_the_same_packages_everywhere_are_fine() -> None:
    said = "numpy, pandas, pyarrow, scipy, xgboost: the same on the driver and 2 executors"
    assert check_packages(WELL) == fine("packages", said)


def test_this_installation_has_what_is_required() -> None:
    assert check_driver_packages().state == "fine"


def test_a_package_missing_on_an_executor_is_a_fault() -> None:
    have = {name: version for name, version in PACKAGES.items() if name != "xgboost"}
    found = check_packages(with_second(packages=have, broken={"xgboost": "is missing"}))
    assert (found.state, found.said) == ("fault", "xgboost is missing on executor 2 on b.")
    assert found.advice.startswith(
        "run executors in the driver's environment: `pipeline package`, then --archives"
    )


def test_a_version_that_is_not_allowed_is_a_fault() -> None:
    found = check_packages(with_second(packages={**PACKAGES, "pyarrow": "11.0.0"}))
    assert (found.state, found.said) == ("fault", "pyarrow is 11.0.0, not >=18, on executor 2 on b.")


def test_another_version_that_is_allowed_is_a_warning() -> None:
    found = check_packages(with_second(packages={**PACKAGES, "scipy": "1.17.2"}))
    assert (found.state, found.said) == (
        "warning",
        "scipy is 1.17.2, not 1.17.1 as on the driver, on executor 2 on b: results may differ.",
    )


def test_what_the_driver_lacks_is_told_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "installed", lambda: ({"numpy": "2.4.6"}, ["optuna", "rich"]))
    found = check_packages(with_second(broken={"xgboost": "is missing"}))
    assert (found.state, found.said) == ("fault", "On the driver optuna, rich are missing.")


def test_without_metadata_only_agreement_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(required, "DISTRIBUTION", "no-such-distribution")
    required.requirements.cache_clear()
    try:
        assert check_driver_packages().state == "warning"
        assert required.fits("0.1", "numpy")
    finally:
        required.requirements.cache_clear()


def test_a_clusters_own_pyspark_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    def version(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(required, "version", version)
    found, missing = required.installed()
    assert set(found) == {"pyspark", "py4j"}
    assert "numpy" in missing


def test_xgboost_comes_by_one_of_two_names() -> None:
    found, missing = required.installed()
    assert "xgboost-cpu" in found
    assert missing == []
    assert required.fits("3.2.0", "xgboost-cpu")
    assert not required.fits("2.1.0", "xgboost-cpu")
    assert required.fits("built here", "numpy")
