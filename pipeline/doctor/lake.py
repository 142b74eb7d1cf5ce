"""The lake's root: executors write a small Delta table there, and every machine reads what another wrote."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from pipeline.doctor.executors import time_limit
from pipeline.doctor.finding import Finding, fault, fine, refused
from pipeline.doctor.machine import Machine
from pipeline.doctor.words import some
from pipeline.errors import PipelineError
from pipeline.lake import Lake, Txn, reason
from pipeline.log import local_root

TABLE = "doctor"
_ROWS, _PATIENCE = 100, 300.0
_SHARE = "put lake.root where all machines see the same files: a distributed file system or an object store."


@dataclass(frozen=True)
class Token:
    """A file of the driver in the lake. `local` is its path where machines see the lake as a plain folder."""

    text: str
    path: str
    local: str | None
    ahead: float
    """How many seconds the lake's clock is ahead of ours, by the time that it wrote beside the file."""


def leave_token(lake: Lake, folder: str) -> Token:
    """Write one. Raises ConfigError when the lake cannot be written."""
    path, text = f"{folder}/token", uuid4().hex
    begun = time.time()
    lake.files.create(path, text.encode())
    there, ended = lake.files.modified(path), time.time()
    ahead = there - ended if there > ended else min(0.0, there - begun + 1)  # some keep whole seconds only
    local = local_root(path)
    return Token(text, path, None if local is None else str(local), ahead)


def check_lake(spark: SparkSession, folder: str, slots: int) -> Finding:
    """Delta, from executors: a table written in as many files as there are slots, and read again."""
    lake = Lake(spark, folder)
    rows = spark.range(0, _ROWS * slots, 1, slots)
    try:
        with time_limit(spark.sparkContext, _PATIENCE):
            lake.append(TABLE, rows, Txn(TABLE, 1))
            written = [file for file in lake.files.find(lake.path(TABLE)) if file.path.endswith(".parquet")]
            if len(written) < slots:
                return _not_shared(f"of {slots} files that executors wrote, the driver sees {len(written)}")
            read = lake.read(TABLE).agg(F.count("id"), F.sum("id")).head()
    except (PySparkException, Py4JJavaError) as error:
        return _unreadable(reason(error))
    except PipelineError as error:
        return refused("lake", error)
    expected = (_ROWS * slots, _ROWS * slots * (_ROWS * slots - 1) // 2)
    if read is None or tuple(read) != expected:
        return _not_shared(f"{expected[0]} rows were written, and {read and read[0]} are read")
    where = "1 file" if slots == 1 else f"{slots} files"
    return fine("lake", f"executors wrote a Delta table of {where} and read it again")


def check_temporary(token: Token, machines: Sequence[Machine], lake_found: Finding) -> Finding:
    """Models go to and from executors through the lake's `_tmp`: MLflow needs no shared folder of its own."""
    name = "temporary folder"
    if token.local is not None:
        blind = [machine.label for machine in machines if machine.token != token.text]
        if blind:
            said = f"What the driver writes below lake.root is not there for {some(blind)}."
            return fault(name, f"{said} Models would be stored empty.", _SHARE)
    if lake_found.state == "fault" and lake_found.advice == _SHARE:
        return fault(name, "Models pass through the lake, and it is not shared.", _SHARE)
    return fine(name, "not needed: models pass through the lake, which all machines share")


def _not_shared(said: str) -> Finding:
    return fault("lake", f"Machines do not share lake.root: {said}.", _SHARE)


def _unreadable(line: str) -> Finding:
    if "ClassNotFoundException" in line or "NoClassDefFoundError" in line:
        return fault("lake", f"Executors lack classes: {line[:200]}", "see the lines delta and spark.")
    if "FILE_NOT_EXIST" in line or "FileNotFound" in line:
        return _not_shared("an executor does not find a file that another wrote")
    return fault("lake", f"Executors cannot write or read Delta there: {line[:300]}")
