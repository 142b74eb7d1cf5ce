"""Delta's two jars, fetched once through Spark's own Ivy and pinned by their SHA-256.

Only these two are needed: resolving with dependencies would bring 31 more, an older Hadoop client among them.
A company's mirror is used by Spark's usual means (`spark.jars.ivySettings` or `spark.jars.repositories` in
spark-defaults.conf, or DEFAULT_ARTIFACT_REPOSITORY in the environment), and no host name stands here.

`python -m pipeline.jars` fetches them when missing and prints the paths as `spark-submit --jars` takes them.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from pipeline.errors import ConfigError, PipelineError, TransientError
from pipeline.java import require_java
from pipeline.jvm import close_gateway, open_gateway, tail

FOLDER_VARIABLE = "PIPELINE_JARS"


@dataclass(frozen=True)
class Jar:
    """One pinned file: where Ivy finds it, what it is called here, and what its bytes must hash to."""

    group: str
    artifact: str
    version: str
    sha256: str

    @property
    def coordinates(self) -> str:
        return f"{self.group}:{self.artifact}:{self.version}"

    @property
    def file_name(self) -> str:
        return f"{self.artifact}-{self.version}.jar"


JARS = (
    Jar(
        "io.delta",
        "delta-spark_4.2_2.13",
        "4.4.0",
        "27d4fd8b1f879535c573ed1c718177d6a27f24d3e626ba02e216369725721ead",
    ),
    Jar(
        "io.delta",
        "delta-storage",
        "4.4.0",
        "c46735481fa8e326b0957be02b4420cbcab4b325bb08009b7f2045a95133f1cc",
    ),
)


def ensure_jars() -> list[Path]:
    """Return the verified jars, fetching what is missing; the network is used for nothing else.

    Raises ConfigError for bytes that are not the pinned ones, TransientError when they cannot be fetched.
    """
    folder = jar_folder()
    missing = [jar for jar in JARS if not (folder / jar.file_name).is_file()]
    if missing:
        fetch(missing, folder)
    for jar in JARS:
        verify(jar, folder / jar.file_name)
    return [folder / jar.file_name for jar in JARS]


def jar_folder() -> Path:
    """PIPELINE_JARS; else in the installation if that has the jars or can take them; else the cache."""
    chosen = os.environ.get(FOLDER_VARIABLE)
    if chosen:
        return Path(chosen).expanduser().absolute()
    installed = Path(sys.prefix, "share", "spark-training-pipeline", "jars")
    if all((installed / jar.file_name).is_file() for jar in JARS) or _can_write(installed):
        return installed
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache, "spark-training-pipeline", "jars").absolute()


def _can_write(folder: Path) -> bool:
    nearest = next(parent for parent in (folder, *folder.parents) if parent.exists())
    return os.access(nearest, os.W_OK | os.X_OK)


DELETE_IT = "The file is damaged or not the published one: delete it and run the same command again."
CHECK_SOURCE = (
    "What Ivy fetched is not the published file and was not kept: check the mirror or local cache it uses."
)


def verify(jar: Jar, file: Path, advice: str = DELETE_IT) -> None:
    """Raise ConfigError unless the file's bytes are the pinned ones."""
    with file.open("rb") as stream:
        found = sha256(stream)
    if found != jar.sha256:
        raise ConfigError(f"{file}: SHA-256 is {found}, {jar.coordinates} must be {jar.sha256}. {advice}")


def sha256(stream: IO[bytes]) -> str:
    """The digest of a stream, in hexadecimal, read in blocks."""
    digest = hashlib.sha256()
    while block := stream.read(1 << 20):
        digest.update(block)
    return digest.hexdigest()


def fetch(jars: list[Jar], folder: Path) -> None:
    """Resolve the jars in a folder of their own, verify them there, then move each into place in one step.

    A file under its final name is therefore always whole, also after a kill and with two processes at it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=".fetch-", dir=folder))
    except OSError as error:
        raise ConfigError(
            f"The folder for Delta's jars, '{folder}', cannot be written: {error.strerror}."
            f" Choose another with the environment variable {FOLDER_VARIABLE}."
        ) from error
    try:
        for jar, file in zip(jars, resolve(jars, scratch), strict=True):
            verify(jar, file, CHECK_SOURCE)
            file.replace(folder / jar.file_name)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def resolve(jars: list[Jar], scratch: Path) -> list[Path]:
    """Let Spark's Ivy bring the jars, without dependencies, below `scratch`; in the same order."""
    require_java()
    with tempfile.TemporaryFile() as log:
        try:
            gateway = open_gateway({}, log)
            try:
                retrieved = _resolve_in(gateway.jvm, jars, scratch)
            finally:
                close_gateway(gateway)
        except PipelineError:
            raise
        except Exception as error:  # py4j raises whatever Ivy threw; all of it means "not resolved"
            wanted = ", ".join(jar.coordinates for jar in jars)
            raise TransientError(
                f"Delta's jars could not be fetched: {wanted}. Run the same command again with a network;"
                " behind a mirror, set spark.jars.ivySettings in spark-defaults.conf; or put the files"
                f" {', '.join(jar.file_name for jar in jars)} into '{scratch.parent}'."
                f" Spark's Ivy said: {tail(log)}"
            ) from error
    return [_of(jar, retrieved) for jar in jars]


def _of(jar: Jar, retrieved: list[Path]) -> Path:
    """Ivy names what it retrieves group_artifact-version.jar."""
    return next(file for file in retrieved if file.name.endswith(jar.file_name))


def _resolve_in(jvm: Any, jars: list[Jar], scratch: Path) -> list[Path]:
    """Call Spark's MavenUtils, as `spark-submit --packages` does, but not transitively."""
    option, system = jvm.scala.Option, jvm.java.lang.System
    maven = jvm.org.apache.spark.util.MavenUtils
    repositories = option.apply(system.getProperty("spark.jars.repositories"))
    ivy_folder = option.apply(str(scratch))
    settings_file = system.getProperty("spark.jars.ivySettings")
    if settings_file:
        settings = maven.loadIvySettings(settings_file, repositories, ivy_folder, system.err)
    else:
        settings = maven.buildIvySettings(repositories, ivy_folder, True, system.err)
    coordinates = ",".join(jar.coordinates for jar in jars)
    no_exclusions = jvm.scala.jdk.javaapi.CollectionConverters.asScala(jvm.java.util.ArrayList()).toSeq()
    found = maven.resolveMavenCoordinates(
        coordinates, settings, option.empty(), False, no_exclusions, False, system.err
    )
    return [Path(found.apply(i)) for i in range(found.size())]


def main() -> int:
    """Fetch what is missing and print the paths, or an error's sentence; return the exit code."""
    try:
        paths = ensure_jars()
    except PipelineError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    print(*paths, sep=",")
    return 0


if __name__ == "__main__":
    sys.exit(main())
