from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from pipeline.package.checkout import Checkout

ROOT = Path(__file__).parents[2]


def test_this_program_runs_from_its_checkout() -> None:
    found = Checkout.of_this_program()
    assert found.root == ROOT
    assert "train.py" in [job.name for job in found.jobs]


def test_an_installed_program_says_what_is_missing_and_where_to_go(tmp_path: Path) -> None:
    """As in site-packages: the package alone."""
    shutil.copytree(ROOT / "pipeline", tmp_path / "pipeline", ignore=shutil.ignore_patterns("__pycache__"))
    code = "from pipeline.package.checkout import Checkout; Checkout.of_this_program()"
    done = subprocess.run(
        [sys.executable, "-P", "-c", f"import sys; sys.path.insert(0, {str(tmp_path)!r}); {code}"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.stderr.splitlines()[-1] == (
        "pipeline.errors.ConfigError: `pipeline package` works from a checkout: beside the installed program,"
        f" in {tmp_path}, there is no setup.py, no pyproject.toml, no requirements.in, no README.md,"
        " no LICENSE, no requirements.txt, no jobs. Next: clone the repository, set it up by `make demo`,"
        " and run .venv/bin/pipeline package -c FILE, which may be anywhere."
    )
