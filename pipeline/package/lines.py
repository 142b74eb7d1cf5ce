"""The lines that submit a packaged project, filled in."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from pipeline.jars import JARS
from pipeline.session import DELTA

PYTHON = "environment/bin/python"
_ARCHIVE = "environment.tar.gz#environment"
_IN_IMAGE = "/opt/pipeline"


@dataclass(frozen=True)
class Line:
    """One way to submit: what it is for, the command, and where it was tried."""

    title: str
    command: str
    tried: str | None
    """None: nowhere; the words and options are those of Spark's documentation."""


@dataclass(frozen=True)
class Packed:
    """What the lines talk about: the folder as it is typed, the configuration files in it, the variables."""

    folder: str
    configs: Sequence[str]
    variables: Sequence[str] = ()

    def at(self, *parts: str) -> str:
        return str(PurePosixPath(self.folder, *parts))

    @property
    def jars(self) -> str:
        return ",".join(self.at("jars", jar.file_name) for jar in JARS)


def submit_lines(packed: Packed) -> list[Line]:
    """A line for each kind of cluster, from the laptop outwards."""
    return [
        Line("Here, in one process", _local(packed), "in the tests"),
        Line("Spark standalone", _client(packed, "spark://HOST:7077"), "in the tests, on two workers"),
        Line("YARN, the driver here", _client(packed, "yarn"), None),
        Line("YARN, the driver on the cluster", _yarn_cluster(packed), "on Hadoop's mini cluster"),
        Line("Kubernetes, by the image of Dockerfile", _kubernetes(packed), None),
    ]


def unpack_line(packed: Packed) -> str:
    """What gives the driver the same Python as the executors."""
    place = shlex.quote(packed.at("environment"))
    return f"mkdir -p {place} && tar -xzf {shlex.quote(packed.at('environment.tar.gz'))} -C {place}"


def thin_steps(packed: Packed, wheel: str) -> list[str]:
    """How a managed Spark gets the program: its own PySpark and Delta stay."""
    job = packed.at("jobs", "run.py")
    delta = " ".join(f"{key} {value}" for key, value in DELTA.items())
    return [
        "The platform needs Spark 4.2 with Delta 4.4, and Python 3.10 to 3.13.",
        f"Install on driver and workers: pip install -r {packed.at('requirements.txt')}",
        f"and then: pip install --no-deps {packed.at(wheel)}",
        f"Spark settings, where the platform has not set them: {delta}",
        f"Job: {job} with the arguments {' '.join(_configs(packed, packed.at('conf')))}",
        *(f"Variable of the job, as a secret where it is one: {name}" for name in packed.variables),
    ]


def _local(packed: Packed) -> str:
    words = ["--master", "local[*]", "--conf", f"spark.pyspark.python={packed.at(PYTHON)}"]
    return _command(packed, [*words, "--jars", packed.jars, *_delta()])


def _client(packed: Packed, master: str) -> str:
    words = ["--master", master, *_python_of(packed)]
    words += ["--conf", f"spark.pyspark.driver.python={packed.at(PYTHON)}", "--jars", packed.jars, *_delta()]
    return _command(packed, words)


def _yarn_cluster(packed: Packed) -> str:
    files = ",".join(packed.at("conf", name) for name in packed.configs)
    words = ["--master", "yarn", "--deploy-mode", "cluster", *_python_of(packed), "--jars", packed.jars]
    words += ["--files", files, *_variables(packed, "spark.yarn.appMasterEnv."), *_delta()]
    return _lines(words, packed.at("jobs", "run.py"), _configs(packed, ""))


def _kubernetes(packed: Packed) -> str:
    image = f"REGISTRY/{PurePosixPath(packed.configs[0]).stem.replace('_', '-')}"
    build = f"docker build -t {image} {shlex.quote(packed.folder)} && docker push {image}\n"
    words = ["--master", "k8s://https://HOST:6443", "--deploy-mode", "cluster"]
    words += ["--conf", f"spark.kubernetes.container.image={image}"]
    words += ["--conf", f"spark.pyspark.python={_IN_IMAGE}/{PYTHON}"]
    words += [*_variables(packed, "spark.kubernetes.driverEnv."), *_delta()]
    job = f"local://{_IN_IMAGE}/jobs/run.py"
    return build + _lines(words, job, _configs(packed, f"{_IN_IMAGE}/conf"))


def _python_of(packed: Packed) -> list[str]:
    """Spark unpacks the archive beside each executor, and on YARN beside the driver that it starts itself."""
    archive = packed.at(_ARCHIVE)
    return ["--archives", archive, "--conf", f"spark.pyspark.python=./{PYTHON}"]


def _delta() -> list[str]:
    return [word for key, value in DELTA.items() for word in ("--conf", f"{key}={value}")]


def _variables(packed: Packed, prefix: str) -> list[str]:
    return [word for name in packed.variables for word in ("--conf", f"{prefix}{name}=${name}")]


def _configs(packed: Packed, folder: str) -> list[str]:
    return [word for name in packed.configs for word in ("-c", str(PurePosixPath(folder, name)))]


def _command(packed: Packed, words: Sequence[str]) -> str:
    """With the driver here, the configuration is read here and the verdict written here."""
    configs = _configs(packed, packed.at("conf"))
    return _lines(words, packed.at("jobs", "run.py"), [*configs, "--result", "verdict.json"])


def _lines(words: Sequence[str], job: str, arguments: Sequence[str]) -> str:
    """A command over several lines: an option and its value on each, the job and its arguments last."""
    options = [f"{words[n]} {_quoted(words[n + 1])}" for n in range(0, len(words), 2)]
    return " \\\n  ".join(["spark-submit", *options, " ".join(map(_quoted, [job, *arguments]))])


def _quoted(word: str) -> str:
    """As a shell takes it; `$NAME` of a variable is for the shell to fill in."""
    key, equals, value = word.partition("=")
    if equals and value.startswith("$"):
        return f'{key}="{value}"'
    return shlex.quote(word)
