"""The candidates of a training as runs below it, written by a thread of their own while trials go on."""

from __future__ import annotations

import getpass
import queue
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from mlflow import MlflowClient
from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID, MLFLOW_SOURCE_NAME, MLFLOW_USER

from pipeline.tracking.batches import Measured, log_in_batches
from pipeline.tracking.calls import calls

MODEL = "pipeline.model"
PARENT = MLFLOW_PARENT_RUN_ID
REASON = "reason"
KEY = "pipeline.candidate"
"""The tag that names a child among its siblings."""

# How long a note waits for others of the same child, so that they go in one call.
_LINGER_SECONDS = 0.05


@dataclass(frozen=True)
class Note:
    """What to write of one child; the first one that names it makes the run."""

    key: str
    name: str
    params: Mapping[str, Any] = field(default_factory=dict)
    metrics: tuple[Measured, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    ended: Literal["FINISHED", "FAILED"] | None = None
    """None: it is at work."""

    def then(self, later: Note) -> Note:
        """Both in one: what is said later holds."""
        return Note(
            self.key,
            self.name,
            {**self.params, **later.params},
            self.metrics + later.metrics,
            {**self.tags, **later.tags},
            later.ended,
        )


@dataclass(frozen=True)
class Child:
    """A child run that is there."""

    run_id: str
    status: str
    tags: Mapping[str, str]
    has_params: bool = True


class Children:
    """The runs below one parent. Notes are durable within moments; the order of one child's notes is kept."""

    def __init__(
        self, client: MlflowClient, address: str, experiment_id: str, parent_id: str, model: str
    ) -> None:
        self._client, self._address = client, address
        self._experiment_id, self._parent_id, self._model = experiment_id, parent_id, model
        self._children: dict[str, Child] = {}
        self._notes: queue.SimpleQueue[Note | None] = queue.SimpleQueue()
        self._writer: threading.Thread | None = None
        self._error: BaseException | None = None

    def find(self) -> Mapping[str, Child]:
        """The children that an earlier driver left, by key; to be asked for before the first note."""
        token: str | None = ""
        with calls(self._address):
            while token is not None:
                page = self._client.search_runs(
                    [self._experiment_id],
                    f"tags.`{PARENT}` = '{self._parent_id}'",
                    page_token=token or None,
                )
                for run in page:
                    tags = run.data.tags
                    if KEY in tags:
                        found = Child(run.info.run_id, run.info.status, tags, bool(run.data.params))
                        self._children[tags[KEY]] = found
                token = page.token or None
        return dict(self._children)

    def write(self, note: Note) -> None:
        """Hand over a note. Raises what an earlier one failed by, as `calls` says."""
        if self._error is not None:
            raise self._error
        if self._writer is None:
            self._writer = threading.Thread(target=self._write_all, name="mlflow-children", daemon=True)
            self._writer.start()
        self._notes.put(note)

    def close(self) -> None:
        """Write what waits, and mark as KILLED what has not ended. Raises what a note failed by."""
        if self._writer is not None:
            self._notes.put(None)
            self._writer.join()
        if self._error is not None:
            raise self._error
        with calls(self._address):
            for child in self._children.values():
                if child.status == "RUNNING":
                    self._client.set_terminated(child.run_id, "KILLED")

    def _write_all(self) -> None:
        """The writer's life: all notes that wait at once, until the end."""
        is_over = False
        try:
            while not is_over:
                waiting = [self._notes.get()]
                if waiting[0] is not None:
                    time.sleep(_LINGER_SECONDS)
                while not self._notes.empty():
                    waiting.append(self._notes.get())
                is_over = waiting[-1] is None
                with calls(self._address):
                    for note in _merged(note for note in waiting if note is not None):
                        self._write(note)
        except BaseException as error:  # noqa: BLE001 - raised where the next note is handed over
            self._error = error

    def _write(self, note: Note) -> None:
        child = self._children.get(note.key)
        if child is None:
            own = {**origin(), KEY: note.key, MODEL: self._model, PARENT: self._parent_id}
            created = self._client.create_run(self._experiment_id, run_name=note.name, tags=own)
            child = Child(created.info.run_id, "RUNNING", {})
            log_in_batches(
                self._client, child.run_id, metrics=note.metrics, params=note.params, tags=note.tags
            )
        else:
            if note.ended is None and child.status != "RUNNING":
                self._client.update_run(child.run_id, "RUNNING")
            params = {} if child.has_params else note.params
            log_in_batches(self._client, child.run_id, metrics=note.metrics, params=params, tags=note.tags)
        if note.ended is not None:
            self._client.set_terminated(child.run_id, note.ended)
        self._children[note.key] = Child(child.run_id, note.ended or "RUNNING", child.tags)


def _merged(notes: Iterable[Note]) -> list[Note]:
    """One note for each child."""
    found: dict[str, Note] = {}
    for note in notes:
        found[note.key] = found[note.key].then(note) if note.key in found else note
    return list(found.values())


def origin() -> dict[str, str]:
    """Who and what, as MLflow's page shows it."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container's user number without a name
        user = "unknown"
    return {MLFLOW_USER: user, MLFLOW_SOURCE_NAME: "pipeline"}
