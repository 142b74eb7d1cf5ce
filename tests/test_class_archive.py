"""The archive of Spark's classes: used where it is, never needed."""

from __future__ import annotations

import pytest

from pipeline.class_archive import archive_file, use_archive, write_archive
from pipeline.jars import FOLDER_VARIABLE
from pipeline.local import JAVA_OPTIONS
from pipeline.session import embedded_settings


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder of jars whose path has a space."""
    jars = tmp_path / "my jars"
    jars.mkdir()
    monkeypatch.setenv(FOLDER_VARIABLE, str(jars))
    return jars


def test_without_an_archive_java_is_told_nothing(folder, tmp_path):
    assert use_archive() == ""
    assert "SharedArchiveFile" not in embedded_settings("x", {}, [], tmp_path)[JAVA_OPTIONS]


def test_an_archive_is_named_in_quotes(folder, tmp_path):
    archive_file().touch()
    assert archive_file().parent == folder
    assert use_archive() == f'"-XX:SharedArchiveFile={archive_file()}"'
    assert use_archive() in embedded_settings("x", {}, [], tmp_path)[JAVA_OPTIONS]
    assert write_archive(folder / "new.jsa") == f'"-XX:ArchiveClassesAtExit={folder / "new.jsa"}"'
