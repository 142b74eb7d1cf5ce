from __future__ import annotations

import pytest
from py4j.protocol import Py4JJavaError, Py4JNetworkError
from pyspark.errors import AnalysisException, ParseException, PySparkException, SparkRuntimeException

from pipeline.errors import ConfigError, DataRefused, PromotionRefused, TransientError
from pipeline.explain import Failure, explain

PLAN = """[UNRESOLVED_COLUMN] A column `prise` cannot be resolved. line 1 pos 7;
'Project ['prise]
+- Relation [id#1,price#2] csv
"""
PARSE = """
[PARSE_SYNTAX_ERROR] Syntax error at or near 'FORM'. (line 1, pos 9)

== SQL ==
SELECT * FORM houses
---------^^^
"""


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


@pytest.mark.parametrize(
    ("error", "sentence", "exit_code"),
    [
        (ZeroDivisionError("division by zero"), "Unexpected ZeroDivisionError: division by zero", 1),
        (AssertionError(), "Unexpected AssertionError.", 1),
        (PermissionError(13, "Permission denied", "/lake/x"), "'/lake/x': Permission denied.", 1),
        (
            AnalysisException(PLAN),
            "Spark refuses: [UNRESOLVED_COLUMN] A column `prise` cannot be resolved. line 1 pos 7",
            2,
        ),
        (
            ParseException(PARSE),
            "Spark refuses: [PARSE_SYNTAX_ERROR] Syntax error at or near 'FORM'. (line 1, pos 9)",
            2,
        ),
        (
            SparkRuntimeException("[DIVIDE_BY_ZERO] Division by zero.\n\tat org.apache.spark.X(Y.scala:3)"),
            "Spark failed: [DIVIDE_BY_ZERO] Division by zero.",
            1,
        ),
        (
            PySparkException("Job aborted.\nCaused by: java.io.IOException: No space left on device"),
            "No space is left on the disk that Spark writes to. Free some and run the same command again.",
            1,
        ),
        (
            PySparkException("boom\njava.net.ConnectException: Connection refused\n\tat x"),
            "A server that Spark needs did not answer (Connection refused). Run the same command again.",
            75,
        ),
        (
            PySparkException("io.delta.exceptions.ConcurrentAppendException: files were added"),
            "Another writer changed the same table at the same time. Run the same command again.",
            75,
        ),
        (Py4JNetworkError("Answer from Java side is empty"), "The JVM that runs Spark has ended.", 1),
    ],
)
def test_what_others_raise_is_one_sentence_and_its_traceback_belongs_in_the_log(error, sentence, exit_code):
    found = explain(error)
    assert (found.sentence, found.exit_code, found.logged) == (sentence, exit_code, True)


def test_a_foreign_message_is_cut_however_large_the_plan():
    sentence = explain(ValueError("x" * 100_000)).sentence
    assert len(sentence) < 700
    assert sentence.endswith(" ...")


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


@pytest.mark.spark
def test_a_query_that_spark_refuses_is_one_line(spark):
    with pytest.raises(AnalysisException) as raised:
        spark.sql("SELECT prise FROM VALUES (1) AS t(price)").collect()
    found = explain(raised.value)
    assert "`prise` cannot be resolved" in found.sentence
    assert "\n" not in found.sentence
    assert "Project" not in found.sentence
    assert found.exit_code == 2
