"""Failures that Spark tells by a Java stack: what stands somewhere in it, in words."""

from __future__ import annotations

import re

from pipeline.errors import ConfigError, PipelineError, TransientError

JVM_GONE = (
    "The JVM that runs Spark has ended, most often for want of memory. Raise spark.driver.memory under "
    "spark.conf, or free memory on this machine, and run the same command again."
)
_MEMORY = "Raise {what} under spark.conf (under spark-submit: with --conf) and run the same command again."

_Known = tuple[tuple[str, type[PipelineError], str], ...]

# Who worked failed, and what was worked on is not to blame.
_MACHINES: _Known = (
    (
        r"No space left on device",
        PipelineError,
        "No space is left on the disk that Spark writes to. Free some and run the same command again.",
    ),
    (
        r"(?i)exceeding (?:physical|virtual)? ?memory limits|OOMKilled|exit code 137|exit status: 137",
        PipelineError,
        "An executor was killed because it took more memory than it may. "
        + _MEMORY.format(what="spark.executor.memoryOverhead or spark.executor.memory"),
    ),
    (
        r"java\.lang\.OutOfMemoryError",
        PipelineError,
        "Spark ran out of memory. " + _MEMORY.format(what="spark.driver.memory or spark.executor.memory"),
    ),
    (
        r"Python worker exited unexpectedly",
        PipelineError,
        (
            "A Python worker that fits or predicts was killed, most often for want of memory. Leave more "
            "memory free on the machine, or raise spark.executor.memoryOverhead, and run the same command "
            "again."
        ),
    ),
    (
        r"ExecutorLostFailure \(executor (?P<id>\S+) .*?Reason: (?P<said>[^\n]*)",
        TransientError,
        (
            "Executor {id} was lost, as those before it that had the same task: {said}. Run the same command "
            "again; if it goes on so, see why the cluster loses them: its nodes, or their memory."
        ),
    ),
    (
        r"has failed the maximum allowable number of times: (?P<times>\d+)\. Most recent failure reason",
        TransientError,
        (
            "Executors that held rows for a stage were lost {times} times in a row. Run the same command "
            "again; if it goes on so, see why the cluster loses them: its nodes, or their memory."
        ),
    ),
    (
        r"Master removed our application|All masters are unresponsive|because SparkContext was shut down",
        TransientError,
        "The cluster ended this application, or cannot be reached any more. Run the same command again.",
    ),
    (
        r"SPARK_JOB_CANCELLED",
        TransientError,
        "A job of this run was cancelled from outside. Run the same command again.",
    ),
    (
        r"DiskChecker\$DiskErrorException",
        PipelineError,
        (
            "Spark can write to none of the folders that it keeps its own files in (spark.local.dir). Free "
            "space there, or name others, and run the same command again."
        ),
    ),
)
_OTHERS: _Known = (
    (
        r"serialized results of .* is bigger than spark\.driver\.maxResultSize \((?P<most>.*?)\)",
        PipelineError,
        "The results of a job exceed spark.driver.maxResultSize ({most}). Raise it under spark.conf.",
    ),
    (
        r"\bConcurrent\w+Exception",
        TransientError,
        "Another writer changed the same table at the same time. Run the same command again.",
    ),
    (
        r"FILE_NOT_EXIST\][^\n]*?reading file (?P<path>\S+?)\. ",
        PipelineError,
        (
            "The file {path} is gone: something else removed or moved it while it was read. Run the same "
            "command again; if a table of the lake has lost it, restore the table's folder."
        ),
    ),
    (
        r"CANNOT_READ_FILE_FOOTER\][^\n]*?reading file (?P<path>\S+?)\. ",
        PipelineError,
        "{path} is not a Parquet file, or a damaged one. Replace it, or move it away.",
    ),
    (
        r"ChecksumException: Checksum error: (?P<path>\S+)",
        PipelineError,
        "The file {path} was changed by something else after Spark wrote it. Restore it from a copy.",
    ),
    (
        r"FAILED_READ_FILE\.\w+\][^\n]*?reading file (?P<path>\S+?)\. ",
        PipelineError,
        "The file {path} cannot be read: it is damaged, or of another format. Replace it, or move it away.",
    ),
    (
        (
            r"AccessControlException: Permission denied: user=(?P<user>\S+), access=(?P<access>\w+), "
            r'inode="(?P<path>[^"]*)"'
        ),
        PipelineError,
        "{user} has no {access} permission on {path}. Give it, and run the same command again.",
    ),
    (
        r"AccessDeniedException: (?P<path>[^\s:]+(?:://[^\s:]+)?)",
        PipelineError,
        (
            "Spark may not read or write {path}. Give this user the permission, or Spark the credentials, "
            "and run the same command again."
        ),
    ),
    (
        (
            r"(?:Exception: |DELTA_CANNOT_CREATE_LOG_PATH\] Cannot create |Mkdirs failed to create )"
            r"(?P<path>\S+)(?: \(Permission denied\)| \(exists=false|(?=\s+at [^\n]*cannotCreateLogPath))"
        ),
        PipelineError,
        (
            "Spark cannot write {path}. Give this user the permission to write there, and run the same "
            "command again."
        ),
    ),
    (
        r"ParentNotDirectoryException: Parent path is not a directory: (?P<path>\S+)",
        ConfigError,
        "{path} is a file where Spark wants a folder. Name another folder, or move the file away.",
    ),
    (
        r'No FileSystem for scheme "(?P<scheme>[^"]*)"',
        ConfigError,
        (
            "Spark knows no file system '{scheme}://'. Correct the path, or add the file system's package by "
            "spark.jars.packages."
        ),
    ),
    (
        r"ClassNotFoundException: (?:Class )?(?P<name>[\w.$]*fs[\w.$]*)",
        ConfigError,
        (
            "Spark lacks the class {name} that reads this path's file system. Add its package by "
            "spark.jars.packages, such as org.apache.hadoop:hadoop-aws for s3a://."
        ),
    ),
    (
        r"UnknownHostException: (?:Invalid host name: .*?\")?(?P<host>[\w.-]+)",
        TransientError,
        (
            "The host {host} is not known here. Correct its name in the path, or run the same command again "
            "when the network is back."
        ),
    ),
    (
        r"java\.net\.(?:Connect|NoRouteToHost|SocketTimeout)\w*: ?(?P<said>[^\n;]*)",
        TransientError,
        "A server that Spark needs did not answer ({said}). Run the same command again.",
    ),
)


def tells_of_machines(trace: str) -> bool:
    """Whether a stack tells of lost executors, memory, disks, or an end that came from outside."""
    return any(re.search(pattern, trace) for pattern, _, _ in _MACHINES)


def known_in_java(trace: str) -> tuple[type[PipelineError], str] | None:
    """The sentence for a stack that holds a well-known failure."""
    for pattern, kind, sentence in (*_MACHINES, *_OTHERS):
        found = list(re.finditer(pattern, trace))
        if found:  # the last is the nearest to the cause
            words = {name: text.strip().rstrip(".") for name, text in found[-1].groupdict().items()}
            return kind, sentence.format(**words)
    return None


def python_words(text: str) -> str | None:
    """What a Python function in a worker raised, without its traceback."""
    if "Traceback (most recent call last)" not in text:
        return None
    raised = [
        line for line in text.splitlines() if re.match(r"[A-Za-z_][\w.]*(Error|Exception|Exit)?: ", line)
    ]
    return raised[-1].strip() if raised else None


def root_cause(trace: str) -> str:
    """The last "Caused by" of a Java stack, else the exception that py4j names, else the first line."""
    causes = re.findall(r"^Caused by: (.+)$", trace, re.MULTILINE)
    if causes:
        return str(causes[-1])
    named = re.search(r"^: (.+)$", trace, re.MULTILINE)
    return named[1] if named else trace.strip().partition("\n")[0]
