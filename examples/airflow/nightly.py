"""A nightly run in Airflow 3: each job by spark-submit, each turn of the way by its verdict.

Copy this file and `verdicts.py` into the DAGs folder and set two variables: `pipeline_submit`, the line that
`pipeline package` printed, up to and without the job; `pipeline_home`, a folder that the driver and Airflow's
workers share, with the jobs and the configuration that were packaged.
"""

from __future__ import annotations

import shlex
import subprocess
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from airflow.exceptions import AirflowFailException
from airflow.sdk import Variable, dag, get_current_context, task
from verdicts import NeedsAPersonError, after_data, after_models, read_verdict, settled


def submit(job: str, *words: str) -> dict[str, Any]:
    """Submit one job and wait for its verdict. What should run again is a failure that Airflow retries."""
    home = Path(Variable.get("pipeline_home"))
    name = get_current_context()["task_instance"].task_id
    result = home / "verdicts" / f"{name}.json"
    result.unlink(missing_ok=True)  # what an earlier run left is not this one's verdict
    line = [*shlex.split(Variable.get("pipeline_submit")), str(home / "jobs" / f"{job}.py")]
    line += ["-c", str(home / "conf" / "pipeline.yaml"), "-c", str(home / "conf" / "cluster.yaml")]
    subprocess.run([*line, "--result", str(result), *words], check=False)
    try:
        return settled(read_verdict(result))
    except NeedsAPersonError as error:
        raise AirflowFailException(str(error)) from error


@dag(
    schedule="0 2 * * *",
    start_date=datetime(2026, 1, 1),
    catchup=False,  # one run brings everything up to date, however many nights were missed
    max_active_runs=1,
    default_args={"retries": 5, "retry_delay": timedelta(minutes=10)},
)
def nightly() -> None:
    """Data, then models where they are due, then predictions."""

    @task
    def data() -> dict[str, Any]:
        return submit("run", "--to", "features")

    @task.branch
    def by_data(verdict: dict[str, Any]) -> str:
        return after_data(verdict)

    @task
    def models() -> dict[str, Any]:
        return submit("run", "--from", "train", "--to", "promote")

    @task.branch
    def by_models(verdict: dict[str, Any]) -> list[str]:
        return after_models(verdict)

    @task
    def score() -> dict[str, Any]:
        return submit("score")

    @task(retries=0)
    def ask_about_batch(verdict: dict[str, Any]) -> None:
        raise AirflowFailException(verdict["message"])  # the sentence names the two commands that decide

    @task
    def tell_of_refusal(verdict: dict[str, Any]) -> None:
        print(verdict["message"] or verdict["verdict"])

    found, trained = data(), models()
    by_data(found) >> [trained, ask_about_batch(found)]
    by_models(trained) >> [score(), tell_of_refusal(trained)]


nightly()
