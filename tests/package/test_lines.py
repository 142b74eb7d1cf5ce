from __future__ import annotations

from pipeline.package.lines import Packed, submit_lines, thin_steps, unpack_line

PACKED = Packed("my dist", ["house_prices.yaml", "packaged.yaml"], ["MLFLOW_TRACKING_URI"])
DELTA = """\
  --conf spark.sql.extensions=io.delta.sql.DeltaSparkSessionExtension \\
  --conf spark.sql.catalog.spark_catalog=org.apache.spark.sql.delta.catalog.DeltaCatalog \\
"""
JARS = "  --jars 'my dist/jars/delta-spark_4.2_2.13-4.4.0.jar,my dist/jars/delta-storage-4.4.0.jar' \\\n"
ENVIRONMENT = """\
  --archives 'my dist/environment.tar.gz#environment' \\
  --conf spark.pyspark.python=./environment/bin/python \\
"""
DRIVER = "  --conf 'spark.pyspark.driver.python=my dist/environment/bin/python' \\\n"
HERE = (
    "  'my dist/jobs/run.py' -c 'my dist/conf/house_prices.yaml' -c 'my dist/conf/packaged.yaml'"
    " --result verdict.json"
)


def test_each_kind_of_cluster_has_its_line_and_says_where_it_was_tried() -> None:
    found = {line.title: (line.command, line.tried) for line in submit_lines(PACKED)}
    standalone = f"spark-submit \\\n  --master spark://HOST:7077 \\\n{ENVIRONMENT}{DRIVER}{JARS}{DELTA}{HERE}"
    assert found == {
        "Here, in one process": (
            (
                "spark-submit \\\n  --master 'local[*]' \\\n"
                f"  --conf 'spark.pyspark.python=my dist/environment/bin/python' \\\n{JARS}{DELTA}{HERE}"
            ),
            "in the tests",
        ),
        "Spark standalone": (standalone, "in the tests, on two workers"),
        "YARN, the driver here": (standalone.replace("spark://HOST:7077", "yarn"), None),
        "YARN, the driver on the cluster": (
            (
                f"spark-submit \\\n  --master yarn \\\n  --deploy-mode cluster \\\n{ENVIRONMENT}{JARS}"
                "  --files 'my dist/conf/house_prices.yaml,my dist/conf/packaged.yaml' \\\n"
                '  --conf spark.yarn.appMasterEnv.MLFLOW_TRACKING_URI="$MLFLOW_TRACKING_URI" \\\n'
                f"{DELTA}  'my dist/jobs/run.py' -c house_prices.yaml -c packaged.yaml"
            ),
            "on Hadoop's mini cluster",
        ),
        "Kubernetes, by the image of Dockerfile": (
            (
                "docker build -t REGISTRY/house-prices 'my dist' && docker push REGISTRY/house-prices\n"
                "spark-submit \\\n  --master k8s://https://HOST:6443 \\\n  --deploy-mode cluster \\\n"
                "  --conf spark.kubernetes.container.image=REGISTRY/house-prices \\\n"
                "  --conf spark.pyspark.python=/opt/pipeline/environment/bin/python \\\n"
                '  --conf spark.kubernetes.driverEnv.MLFLOW_TRACKING_URI="$MLFLOW_TRACKING_URI" \\\n'
                f"{DELTA}  local:///opt/pipeline/jobs/run.py"
                " -c /opt/pipeline/conf/house_prices.yaml -c /opt/pipeline/conf/packaged.yaml"
            ),
            None,
        ),
    }
    assert unpack_line(PACKED) == (
        "mkdir -p 'my dist/environment' && tar -xzf 'my dist/environment.tar.gz' -C 'my dist/environment'"
    )


def test_the_steps_for_managed_spark_leave_spark_and_delta_alone() -> None:
    assert thin_steps(Packed("dist", ["p.yaml"], ["TOKEN"]), "ours.whl") == [
        "The platform needs Spark 4.2 with Delta 4.4, and Python 3.10 to 3.13.",
        "Install on driver and workers: pip install -r dist/requirements.txt",
        "and then: pip install --no-deps dist/ours.whl",
        (
            "Spark settings, where the platform has not set them:"
            " spark.sql.extensions io.delta.sql.DeltaSparkSessionExtension"
            " spark.sql.catalog.spark_catalog org.apache.spark.sql.delta.catalog.DeltaCatalog"
        ),
        "Job: dist/jobs/run.py with the arguments -c dist/conf/p.yaml",
        "Variable of the job, as a secret where it is one: TOKEN",
    ]
