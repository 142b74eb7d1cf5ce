"""What a Spark that lives for one test is started with: it never repays what compiling takes.

Without Java's second compiler, and with the collector that has no threads of its own, a short life takes a
third less processor time; where Spark generates no code, another fifth less. The jobs that `tests/e2e`
submits run generated code.
"""

# Without its second compiler Java reserves only 48 MB for compiled code, which the tests of one worker fill:
# from then on nothing more would be compiled.
JAVA = "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m -XX:+UseSerialGC"
INTERPRETED = {"spark.sql.codegen.wholeStage": "false", "spark.sql.codegen.factoryMode": "NO_CODEGEN"}
