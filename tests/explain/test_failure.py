from __future__ import annotations

import pytest
from py4j.protocol import Py4JJavaError, Py4JNetworkError
from pyspark.errors import PySparkException

from pipeline.errors import ConfigError, DataRefused, PipelineError, PromotionRefused, TransientError
from pipeline.explain import Failure, explain, is_of_the_machines


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (ConfigError("no."), Failure("no.", 2, "refused")),
        (DataRefused("no."), Failure("no.", 3, "refused")),
        (PromotionRefused("no."), Failure("no.", 4, "refused")),
        (TransientError("later."), Failure("later.", 75, "busy")),
        (
            KeyboardInterrupt(),
            Failure(
                "Interrupted. What was committed stays; the same command goes on from there.",
                130,
                "interrupted",
            ),
        ),
    ],
)
def test_our_own_errors_and_ctrl_c_are_told_as_they_are_without_a_traceback(error, failure):
    assert explain(error) == failure


TRACE = """An error occurred while calling o1.collectToPython.
: org.apache.spark.SparkException: Job aborted due to stage failure: {said}
\tat org.apache.spark.scheduler.DAGScheduler.abortStage(DAGScheduler.scala:2935)
"""
AGAIN = "Run the same command again."


@pytest.mark.parametrize(
    ("error", "sentence", "exit_code"),
    [
        (ZeroDivisionError("division by zero"), "Unexpected ZeroDivisionError: division by zero", 1),
        (AssertionError(), "Unexpected AssertionError.", 1),
        (PermissionError(13, "Permission denied", "/lake/x"), "'/lake/x': Permission denied.", 1),
        (
            OSError(28, "No space left on device", "/lake/x"),
            "No space is left on the disk for '/lake/x'. Free some and run the same command again.",
            1,
        ),
        (
            PySparkException("Job aborted.\nCaused by: java.io.IOException: No space left on device"),
            "No space is left on the disk that Spark writes to. Free some and run the same command again.",
            1,
        ),
        (
            PySparkException("boom\njava.net.ConnectException: Connection refused\n\tat x"),
            f"A server that Spark needs did not answer (Connection refused). {AGAIN}",
            75,
        ),
        (
            PySparkException("io.delta.exceptions.ConcurrentAppendException: files were added"),
            f"Another writer changed the same table at the same time. {AGAIN}",
            75,
        ),
        (
            PySparkException(
                TRACE.format(
                    said="ExecutorLostFailure (executor 3 exited caused by one of the running tasks) "
                    "Reason: Remote RPC client disassociated."
                )
            ),
            (
                "Executor 3 was lost, as those before it that had the same task: Remote RPC client "
                "disassociated. Run the same command again; if it goes on so, see why the cluster loses "
                "them: its nodes, or their memory."
            ),
            75,
        ),
        (
            PySparkException(
                TRACE.format(
                    said="ShuffleMapStage 3 (save) has failed the maximum allowable number of times: 4. "
                    "Most recent failure reason:"
                )
            ),
            (
                "Executors that held rows for a stage were lost 4 times in a row. Run the same command again"
                "; if it goes on so, see why the cluster loses them: its nodes, or their memory."
            ),
            75,
        ),
        (
            PySparkException(
                TRACE.format(said="Job aborted due to stage failure: Master removed our application")
            ),
            "The cluster ended this application, or cannot be reached any more. Run the same command again.",
            75,
        ),
        (
            PySparkException(
                TRACE.format(
                    said="ExecutorLostFailure (executor 3 exited caused by one of the running tasks) Reason: "
                    "Container killed by YARN for exceeding physical memory limits. 5.5 GB of 5.5 GB used."
                )
            ),
            (
                "An executor was killed because it took more memory than it may. Raise "
                "spark.executor.memoryOverhead or spark.executor.memory under spark.conf (under "
                "spark-submit: with --conf) and run the same command again."
            ),
            1,
        ),
        (
            PySparkException(
                TRACE.format(
                    said="Total size of serialized results of 9 tasks (1.1 GiB) is bigger than "
                    "spark.driver.maxResultSize (1024.0 MiB)"
                )
            ),
            "The results of a job exceed spark.driver.maxResultSize (1024.0 MiB). Raise it under spark.conf.",
            1,
        ),
        (
            PySparkException(
                "org.apache.hadoop.security.AccessControlException: Permission denied: user=ann, "
                'access=WRITE, inode="/lake":hdfs:hdfs:drwxr-xr-x'
            ),
            f"ann has no WRITE permission on /lake. Give it, and {AGAIN[0].lower()}{AGAIN[1:]}",
            1,
        ),
        (
            PySparkException(
                "java.nio.file.AccessDeniedException: s3a://bucket/lake: getFileStatus on s3a://bucket/lake: "
                "(Service: S3, Status Code: 403)"
            ),
            (
                "Spark may not read or write s3a://bucket/lake. Give this user the permission, or Spark the "
                "credentials, and run the same command again."
            ),
            1,
        ),
        (
            PySparkException("java.net.UnknownHostException: namenode.example"),
            (
                "The host namenode.example is not known here. Correct its name in the path, or run the same "
                "command again when the network is back."
            ),
            75,
        ),
        (
            PySparkException(TRACE.format(said="Lost task 0.0: java.lang.OutOfMemoryError: Java heap space")),
            (
                "Spark ran out of memory. Raise spark.driver.memory or spark.executor.memory under "
                "spark.conf (under spark-submit: with --conf) and run the same command again."
            ),
            1,
        ),
        (
            PySparkException("[SPARK_JOB_CANCELLED] Job 3 cancelled by a person"),
            f"A job of this run was cancelled from outside. {AGAIN}",
            75,
        ),
        (
            PySparkException("org.apache.hadoop.util.DiskChecker$DiskErrorException: Could not find any"),
            (
                "Spark can write to none of the folders that it keeps its own files in (spark.local.dir). "
                "Free space there, or name others, and run the same command again."
            ),
            1,
        ),
        (
            PySparkException('UnsupportedFileSystemException: No FileSystem for scheme "bucket"'),
            (
                "Spark knows no file system 'bucket://'. Correct the path, or add the file system's package "
                "by spark.jars.packages."
            ),
            2,
        ),
        (
            Py4JNetworkError("Answer from Java side is empty"),
            (
                "The JVM that runs Spark has ended, most often for want of memory. Raise spark.driver.memory "
                "under spark.conf, or free memory on this machine, and run the same command again."
            ),
            1,
        ),
    ],
)
def test_what_others_raise_is_one_sentence_and_its_traceback_belongs_in_the_log(error, sentence, exit_code):
    found = explain(error)
    assert (found.sentence, found.exit_code, found.logged) == (sentence, exit_code, True)


def test_a_refused_connection_is_the_jvms_end_only_where_it_comes_from_talking_to_it():
    assert explain(ConnectionRefusedError(111, "Connection refused")).sentence == (
        "Unexpected ConnectionRefusedError: [Errno 111] Connection refused"
    )
    inside = {"__name__": "py4j.clientserver"}
    with pytest.raises(ConnectionRefusedError) as raised:
        exec("raise ConnectionRefusedError(111, 'Connection refused')", inside)
    assert explain(raised.value).sentence.startswith("The JVM that runs Spark has ended")


def test_our_own_refusal_has_a_stack_worth_keeping_only_where_spark_is_behind_it():
    def refused(cause: Exception | None) -> bool:
        error = DataRefused("no.")
        error.__cause__ = cause
        return explain(error).logged

    assert [refused(None), refused(OSError("x")), refused(PySparkException("x"))] == [False, False, True]
    assert explain(PipelineError("clean cannot account for batch 7.")).logged


def test_a_foreign_message_is_cut_however_large_the_plan():
    sentence = explain(ValueError("x" * 100_000)).sentence
    assert len(sentence) < 700
    assert sentence.endswith(" …")


@pytest.mark.spark
def test_a_java_exception_is_told_by_its_cause(spark):
    with pytest.raises(Py4JJavaError) as raised:
        spark._jvm.java.io.FileInputStream("/no/such/file")
    found = explain(raised.value)
    assert (
        found.sentence
        == "Spark failed: java.io.FileNotFoundException: /no/such/file (No such file or directory)"
    )
    assert (found.exit_code, found.logged) == (1, True)


@pytest.mark.parametrize(
    ("error", "is_so"),
    [
        (
            PySparkException(
                TRACE.format(
                    said="ExecutorLostFailure (executor 31 exited) Reason: Command exited with code 137"
                )
            ),
            True,
        ),
        (PySparkException(TRACE.format(said="Lost task 0.0: java.lang.OutOfMemoryError: Java heap")), True),
        (PySparkException("[SPARK_JOB_CANCELLED] Job 3 cancelled by a person"), True),
        (PySparkException("Caused by: java.io.IOException: No space left on device"), True),
        (Py4JNetworkError("Answer from Java side is empty"), True),
        (OSError(28, "No space left on device"), True),
        (PySparkException("[FAILED_READ_FILE] reading file file:/d/cancelled.csv.gz. EOFException"), False),
        (PySparkException("java.net.UnknownHostException: bucket"), False),
        (FileNotFoundError(2, "No such file", "gone"), False),
        (ValueError("ExecutorLostFailure"), False),
    ],
)
def test_machines_that_fail_are_told_from_what_they_worked_on(error, is_so):
    assert is_of_the_machines(error) is is_so
