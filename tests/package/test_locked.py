from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import pytest

from pipeline.errors import ConfigError
from pipeline.package.locked import locked_distributions, pins, thin_requirements

LOCK = """\
# Written by `make lock`.
numpy==1.0 ; python_version < '3.9' \\
    --hash=sha256:00
numpy=={numpy} ; python_version >= '3.9' \\
    --hash=sha256:11
nvidia-nccl-cu12==2.1 \\
    --hash=sha256:22
only-on-windows==3.0 ; sys_platform == 'win32' \\
    --hash=sha256:33
pyspark==4.2.0 \\
    --hash=sha256:44
"""


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    file = tmp_path / "requirements.txt"
    file.write_text(LOCK.format(numpy=version("numpy")))
    return file


def test_pins_are_the_versions_that_a_lock_allows(lock: Path) -> None:
    assert pins(lock) == {
        "numpy": {"1.0", version("numpy")},
        "nvidia-nccl-cu12": {"2.1"},
        "only-on-windows": {"3.0"},
        "pyspark": {"4.2.0"},
    }


def test_what_is_for_other_systems_pyspark_and_cuda_stay_behind(lock: Path) -> None:
    assert [found.name for found in locked_distributions(lock)] == ["numpy"]


def test_another_version_than_the_locks_is_refused(lock: Path) -> None:
    lock.write_text("pandas==0.1 \\\n    --hash=sha256:00\n")
    with pytest.raises(ConfigError) as refused:
        locked_distributions(lock)
    assert str(refused.value).startswith(f"pandas {version('pandas')} is installed in ")
    assert str(refused.value).endswith(
        "; the lock says 0.1. What is packed must be what was tested. Next: "
        ".venv/bin/python -m pip install pandas==0.1, or `make lock` for newer pins."
    )


def test_thin_requirements_keep_ranges_and_leave_spark_and_delta_to_the_platform(tmp_path: Path) -> None:
    file = tmp_path / "requirements.in"
    file.write_text(
        "# why\nclick>=8.1,<9\ndelta-spark==4.4.0\npy4j>=0.10.9\npyspark>=4.2,<4.3\nnumpy>=1.26\n"
    )
    assert thin_requirements(file) == "click>=8.1,<9\nnumpy>=1.26\nxgboost-cpu>=3.2,<3.3\n"
