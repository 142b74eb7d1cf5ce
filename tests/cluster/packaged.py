"""A project packaged by the command, its data and its lake in a folder that all nodes share."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.cluster.standalone import ROOT, plain_environment

CHAIN = Path(__file__).with_name("chain.py")
HOUSES = ROOT / "examples" / "house_prices" / "data"


@dataclass(frozen=True)
class Packaged:
    """What `pipeline package` made of a project, and the lines that it says to submit it with."""

    typed: Path
    """The folder where everything is typed; what was made is in `dist` beside it."""
    here: str
    """For this machine, driver and executors in one process."""
    line: str
    """For a standalone cluster, the driver here."""
    on_yarn: str
    """For YARN, the driver on the cluster."""

    def job(self, name: str, *words: str) -> str:
        """The line with another job, which tells its verdict as JSON."""
        assert "dist/jobs/run.py " in self.line
        line = self.line.replace("dist/jobs/run.py ", f"dist/jobs/{name}.py ", 1)
        return " ".join([line, "--json", *words])

    def chain(self, out: Path, jobs: list[list[str]]) -> str:
        """The line with `chain.py` in the place of its job, which runs several."""
        options = self.line.partition("../dist/jobs/run.py ")[0]
        words = [word for job in jobs for word in (*job, "--")][:-1]
        return f"{options} {shlex.join([str(CHAIN), str(out), *words])}"

    def words(self, name: str) -> list[str]:
        """A job and its arguments, as the line says them."""
        job, *words = shlex.split(f"../dist/jobs/{name}.py {self.line.partition('dist/jobs/run.py ')[2]}")
        return [job, *words, "--json"]


def package(folder: Path, config: Path, overlay: str) -> Packaged:
    """Package a configuration with an overlay, by the installed command, and unpack Python for the driver."""
    typed = folder / "typed"
    typed.mkdir(parents=True)
    shutil.copyfile(config, typed / "project.yaml")
    (typed / "shared.yaml").write_text(overlay)
    command = [str(Path(sys.executable).with_name("pipeline")), "package", "--json", "-q"]
    command += ["-c", "project.yaml", "-c", "shared.yaml", "--to", "../dist"]
    done = subprocess.run(
        command, cwd=typed, env=plain_environment(), capture_output=True, text=True, check=False, timeout=500
    )
    assert done.returncode == 0, done.stderr[-3000:]
    said = json.loads(done.stdout)
    subprocess.run(["sh", "-c", said["unpack"]], cwd=typed, check=True)
    lines = {line["title"]: line["command"] for line in said["lines"]}
    titles = ("Here, in one process", "Spark standalone", "YARN, the driver on the cluster")
    return Packaged(typed, *[lines[title] for title in titles])


def put_houses(folder: Path) -> None:
    """The house sales, where all nodes see them."""
    folder.mkdir(parents=True)
    for file in HOUSES.glob("*.csv"):
        shutil.copyfile(file, folder / file.name)


def put_flights(folder: Path, every: int = 1) -> None:
    """The flights of 2013 with their three other tables; of the flights themselves each n-th row."""
    from examples.flights.prepare import MONTHS, write_months, write_registers

    write_registers(folder)
    write_months(folder, MONTHS)
    for file in (folder / "flights").glob("*.csv") if every > 1 else ():
        header, *rows = file.read_text(encoding="utf-8").splitlines()
        file.write_text("\n".join([header, *rows[::every]]) + "\n", encoding="utf-8")
