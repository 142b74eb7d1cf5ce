"""Java is found as Spark's scripts find it, and refused with a sentence before Spark trips over it."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline import java
from pipeline.errors import ConfigError

FULL = "java.base jdk.incubator.vector"


def make_java(home: Path, version: str, modules: str = FULL) -> Path:
    (home / "bin").mkdir(parents=True)
    executable = home / "bin" / "java"
    executable.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    executable.chmod(0o755)
    (home / "release").write_text(f'JAVA_VERSION="{version}"\nMODULES="{modules}"\n', encoding="utf-8")
    return executable


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A JAVA_HOME in a folder with a space, and nothing on PATH."""
    folder = tmp_path / "a jdk"
    monkeypatch.setenv("JAVA_HOME", str(folder))
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    return folder


@pytest.mark.parametrize("version", ["17.0.15", "21-ea", "25"])
def test_java_17_and_newer_are_taken(home: Path, version: str) -> None:
    executable = make_java(home, version)
    assert java.require_java() == executable


@pytest.mark.parametrize(("version", "called"), [("1.8.0_392", 8), ("11.0.2", 11), ("16", 16)])
def test_an_older_java_is_refused_by_its_number(home: Path, version: str, called: int) -> None:
    make_java(home, version)
    with pytest.raises(
        ConfigError, match=rf"a jdk/bin/java' is Java {called}\. Spark needs Java 17 or newer"
    ):
        java.require_java()


def test_a_java_without_the_module_of_sparks_launcher_is_refused(home: Path) -> None:
    make_java(home, "17.0.9", modules="java.base java.sql")
    with pytest.raises(ConfigError, match=r"cut-down Java without the module jdk\.incubator\.vector"):
        java.require_java()


def test_a_java_home_without_java_is_refused_though_path_has_one(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = make_java(tmp_path / "other", "17.0.15")
    monkeypatch.setenv("PATH", str(other.parent))
    with pytest.raises(ConfigError, match=r"JAVA_HOME is '.*a jdk', but '.*' cannot be run"):
        java.require_java()
    monkeypatch.delenv("JAVA_HOME")
    assert java.require_java() == other


def test_no_java_at_all_says_how_to_get_one(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("JAVA_HOME")
    with pytest.raises(
        ConfigError, match=r"no 'java' is on PATH\. .*apt-get install openjdk-17-jre-headless"
    ):
        java.require_java()


def test_a_java_that_lists_nothing_is_asked(home: Path) -> None:
    executable = make_java(home, "17")
    (home / "release").unlink()
    executable.write_text("#!/bin/sh\necho 'openjdk version \"11.0.2\" 2019-01-15' >&2\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="is Java 11"):
        java.require_java()
    executable.write_text("#!/bin/sh\necho nonsense\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="does not tell its version"):
        java.require_java()
