"""Threads that start Spark jobs, and that end together."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress

from pyspark.sql import SparkSession
from pyspark.util import inheritable_thread_target

_CANCEL_AGAIN_SECONDS = 0.2


class Pool:
    """Threads that carry Spark's local properties; once `stop` is set, what has not begun does nothing."""

    def __init__(
        self, spark: SparkSession, threads: ThreadPoolExecutor, tag: str, stop: threading.Event
    ) -> None:
        self._spark, self._threads, self._tag, self._stop = spark, threads, tag, stop
        self.started: list[Future[None]] = []

    def submit(self, work: Callable[..., None], *arguments: object) -> Future[None]:
        """Run `work` on a thread whose Spark jobs carry the pool's tag."""

        def tagged() -> None:
            if self._stop.is_set():
                return
            self._spark.sparkContext.addJobTag(self._tag)
            try:
                work(*arguments)
            finally:
                self._spark.sparkContext.removeJobTag(self._tag)

        future = self._threads.submit(inheritable_thread_target(self._spark)(tagged))
        self.started.append(future)
        return future

    def end(self) -> None:
        """Stop what runs and wait for it. Queued work is not cancelled: its waiter would wait forever."""
        self._stop.set()  # before anything is cancelled: what fails by that is no result
        self._cancel()
        while wait(self.started, timeout=_CANCEL_AGAIN_SECONDS).not_done:
            self._cancel()  # a trial may start its next job after this one was cancelled

    def _cancel(self) -> None:
        with suppress(Exception):  # a session that is gone has nothing to cancel
            self._spark.sparkContext.cancelJobsWithTag(self._tag)


@contextmanager
def open_pool(spark: SparkSession, size: int, tag: str, stop: threading.Event) -> Iterator[Pool]:
    """A pool that waits for its work, and cancels it where the block raises."""
    with ThreadPoolExecutor(size, thread_name_prefix=tag) as threads:
        pool = Pool(spark, threads, tag, stop)
        try:
            yield pool
        except BaseException:
            pool.end()
            raise


def raise_first(started: Sequence[Future[None]]) -> None:
    """Wait until all have ended, or one has raised: then raise that."""
    finished, _ = wait(started, return_when=FIRST_EXCEPTION)
    for future in finished:
        future.result()
