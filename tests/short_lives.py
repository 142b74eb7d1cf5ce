"""What a Spark that lives for one test is started with: it never repays what compiling takes.

Java's second compiler, a collector with threads of its own and Spark's generated code are for long lives. The
jobs that `tests/e2e` submits run generated code.
"""

# Without its second compiler Java reserves only 48 MB for compiled code, which the tests of one worker fill:
# from then on nothing more would be compiled.
JAVA = "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m -XX:+UseSerialGC"
INTERPRETED = {"spark.sql.codegen.wholeStage": "false", "spark.sql.codegen.factoryMode": "NO_CODEGEN"}

# For a process that makes its own session: the value of PYSPARK_SUBMIT_ARGS.
SUBMIT_ARGS = " ".join(
    [
        f"--driver-java-options '{JAVA}'",
        *(f"--conf {name}={value}" for name, value in INTERPRETED.items()),
        "pyspark-shell",
    ]
)
