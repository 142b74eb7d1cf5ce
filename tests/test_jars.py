"""Delta's jars: the pinned bytes or nothing, fetched once, from where Spark is told to fetch."""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import shutil
import sys
from pathlib import Path
from typing import Any, NoReturn

import pyspark
import pytest

from pipeline import jars
from pipeline.errors import ConfigError, TransientError
from pipeline.jars import JARS, Jar


class JvmStartedError(Exception):
    """Raised in place of starting a JVM."""


@pytest.fixture
def no_jvm(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> NoReturn:
        raise JvmStartedError

    monkeypatch.setattr(jars, "open_gateway", refuse)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for jars, chosen by the environment, not made yet, with a space in its path."""
    chosen = tmp_path / "some jars"
    monkeypatch.setenv(jars.FOLDER_VARIABLE, str(chosen))
    return chosen


@pytest.fixture(scope="session")
def installed() -> list[Path]:
    return jars.ensure_jars()


@pytest.fixture
def filled(installed: list[Path], folder: Path) -> Path:
    folder.mkdir()
    for file in installed:
        shutil.copy(file, folder)
    return folder


def test_the_jars_fit_the_installed_packages() -> None:
    spark = ".".join(pyspark.__version__.split(".")[:2])
    assert [jar.artifact for jar in JARS] == [f"delta-spark_{spark}_2.13", "delta-storage"]
    assert {jar.version for jar in JARS} == {importlib.metadata.version("delta-spark")}


def test_jars_that_are_there_start_no_jvm(filled: Path, no_jvm: None) -> None:
    assert jars.ensure_jars() == [filled / jar.file_name for jar in JARS]


def test_one_missing_jar_asks_the_jvm_and_leaves_nothing_half_done(filled: Path, no_jvm: None) -> None:
    (filled / JARS[1].file_name).unlink()
    with pytest.raises(
        TransientError, match=r"could not be fetched: io\.delta:delta-storage:4\.4\.0"
    ) as caught:
        jars.ensure_jars()
    assert isinstance(caught.value.__cause__, JvmStartedError)
    assert [file.name for file in filled.iterdir()] == [JARS[0].file_name]


@pytest.mark.parametrize("jar", JARS, ids=lambda jar: str(jar.artifact))
def test_one_flipped_byte_is_refused(filled: Path, jar: Jar, no_jvm: None) -> None:
    file = filled / jar.file_name
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    found = hashlib.sha256(content).hexdigest()
    with pytest.raises(
        ConfigError, match=f"{jar.file_name}: SHA-256 is {found}, .* must be {jar.sha256}. .*delete it"
    ):
        jars.ensure_jars()


def test_fetched_bytes_that_are_not_the_pinned_ones_are_not_kept(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def resolve(wanted: list[Jar], scratch: Path) -> list[Path]:
        for jar in wanted:
            (scratch / jar.file_name).write_bytes(b"something else")
        return [scratch / jar.file_name for jar in wanted]

    monkeypatch.setattr(jars, "resolve", resolve)
    with pytest.raises(ConfigError, match="not the published file and was not kept: check the mirror"):
        jars.ensure_jars()
    assert list(folder.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_told(folder: Path, no_jvm: None) -> None:
    folder.write_text("a file in its place", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"'.*some jars', cannot be written: .*PIPELINE_JARS"):
        jars.ensure_jars()


def test_the_installation_takes_the_jars_where_it_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(jars.FOLDER_VARIABLE, raising=False)
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "venv"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    inside = tmp_path / "venv" / "share" / "spark-training-pipeline" / "jars"
    assert jars.jar_folder() == inside

    monkeypatch.setattr(os, "access", lambda *_: False)
    assert jars.jar_folder() == tmp_path / "cache" / "spark-training-pipeline" / "jars"

    inside.mkdir(parents=True)  # filled by someone who may write there
    for jar in JARS:
        (inside / jar.file_name).touch()
    assert jars.jar_folder() == inside


@pytest.mark.spark
def test_sparks_ivy_takes_the_jars_from_a_mirror_without_their_dependencies(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mirror = tmp_path / "a mirror"
    wanted = tuple(publish(mirror, artifact) for artifact in ("first", "second_2.13"))
    monkeypatch.setattr(jars, "JARS", wanted)
    monkeypatch.setenv("DEFAULT_ARTIFACT_REPOSITORY", mirror.as_uri() + "/")
    assert jars.ensure_jars() == [folder / "first-1.0.jar", folder / "second_2.13-1.0.jar"]
    assert sorted(file.name for file in folder.iterdir()) == ["first-1.0.jar", "second_2.13-1.0.jar"]


def publish(mirror: Path, artifact: str) -> Jar:
    """Put a file under Maven's layout, with a description naming a dependency that exists nowhere."""
    content = f"the bytes of {artifact}".encode()
    home = mirror / "made" / "up" / artifact / "1.0"
    home.mkdir(parents=True)
    (home / f"{artifact}-1.0.jar").write_bytes(content)
    (home / f"{artifact}-1.0.pom").write_text(
        "<project><modelVersion>4.0.0</modelVersion><groupId>made.up</groupId>"
        f"<artifactId>{artifact}</artifactId><version>1.0</version><dependencies><dependency>"
        "<groupId>made.up</groupId><artifactId>missing</artifactId><version>1.0</version>"
        "</dependency></dependencies></project>",
        encoding="utf-8",
    )
    return Jar("made.up", artifact, "1.0", hashlib.sha256(content).hexdigest())
