from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from mlflow.entities import FileInfo
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import RESOURCE_DOES_NOT_EXIST

from pipeline.errors import TransientError
from pipeline.tracking.downloads import download


class Broken:
    """A client whose downloads break off; `listed` is what the run has."""

    def __init__(self, *listed: str) -> None:
        self.listed = listed
        self.asked: list[str | None] = []

    def download_artifacts(self, *_: str) -> str:
        raise MlflowException(
            "Failed to download artifacts from path 'sparkml', please ensure that the path is correct.",
            error_code=RESOURCE_DOES_NOT_EXIST,
        )

    def list_artifacts(self, _: str, path: str | None) -> list[FileInfo]:
        self.asked.append(path)
        return [FileInfo(name, True, None) for name in self.listed]


def test_an_artifact_that_is_there_broke_off(tmp_path: Path) -> None:
    client: Any = Broken("model/sparkml")

    with pytest.raises(
        TransientError,
        match=r"^The artifact 'model/sparkml' of run abc broke off while it was downloaded\. Next",
    ):
        download(client, "abc", "model/sparkml", tmp_path)

    assert client.asked == ["model"]


def test_an_artifact_that_is_not_there_is_missing(tmp_path: Path) -> None:
    client: Any = Broken("other.json")

    with pytest.raises(FileNotFoundError, match=r"^run abc has no artifact 'training\.json'$"):
        download(client, "abc", "training.json", tmp_path)

    assert client.asked == [None]
