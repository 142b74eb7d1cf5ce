"""A YARN on loopback: Hadoop's own mini cluster, of the Hadoop that Spark brings, in a JVM of its own.

    with yarn(tmp_path) as conf:
        subprocess.run(["spark-submit", "--master", "yarn", …], env={"HADOOP_CONF_DIR": str(conf), …})

One resource manager and two node managers. Each container is a process with a folder of its own, which knows
nothing of this checkout; the file system is this machine's.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pyspark
from py4j.java_gateway import GatewayParameters, JavaGateway, launch_gateway
from py4j.protocol import Py4JError

from pipeline.jars import Jar, fetch, jar_folder, verify
from pipeline.session import LOG_SETTINGS

JARS = (
    Jar(
        "org.apache.hadoop",
        "hadoop-client-minicluster",
        "3.5.0",
        "06772d24529e59939915979b3edba204d367750ef7dc5120411f35221dd4818c",
    ),
    Jar(
        "org.bouncycastle",
        "bcprov-jdk18on",
        "1.82",
        "14cde2fdfaa8890480a8e5b67aceef0c90f96682c1e23c133bafdc9e0b3255ce",
    ),
    Jar(
        "org.bouncycastle",
        "bcpkix-jdk18on",
        "1.82",
        "bdc723e20834832ac6af136cb5b5ff05e43b71d4fa151cc6510d9212ee086e63",
    ),
    Jar(
        "org.bouncycastle",
        "bcutil-jdk18on",
        "1.82",
        "4420691958ad1c0ba275a6d6d8a6317adbdbdc9277055b6a72aa89c88cda8c7d",
    ),
    Jar(
        "org.junit.jupiter",
        "junit-jupiter-api",
        "5.13.3",
        "1a15a52253a972c82c0dbf77759a983f5afed0583585cdc5b2a3beaa1f4ae0ac",
    ),
    Jar(
        "org.junit.platform",
        "junit-platform-commons",
        "1.13.3",
        "02cd66a55df750a123d8f761e6503e455ac108ff1b365d446e874ba3bc56ca89",
    ),
    Jar(
        "org.opentest4j",
        "opentest4j",
        "1.3.0",
        "48e2df636cab6563ced64dcdff8abb2355627cb236ef0bf37598682ddf742f1b",
    ),
)
"""Hadoop's servers, what the resource manager's certificates need, and what the test code asserts with.

Spark brings the client."""
_OF_SPARK = ("hadoop-client-*", "py4j*", "slf4j-api*", "log4j-*", "jcl-over-slf4j*", "commons-logging*")
_WAIT = 60_000  # milliseconds for the node managers
SETTINGS = {
    "fs.defaultFS": "file:///",
    "yarn.nodemanager.resource.memory-mb": "4096",
    "yarn.nodemanager.resource.cpu-vcores": "4",
    "yarn.nodemanager.pmem-check-enabled": "false",
    "yarn.nodemanager.vmem-check-enabled": "false",
    # On a disk that is nearly full a node would count as ill.
    "yarn.nodemanager.disk-health-checker.max-disk-utilization-per-disk-percentage": "99.9",
    "yarn.scheduler.minimum-allocation-mb": "128",
    "yarn.scheduler.capacity.root.queues": "default",
    "yarn.scheduler.capacity.root.capacity": "100",
    "yarn.scheduler.capacity.root.default.capacity": "100",
    "yarn.scheduler.capacity.maximum-am-resource-percent": "0.9",
}


@contextmanager
def yarn(folder: Path, nodes: int = 2) -> Iterator[Path]:
    """Start YARN below `folder`; the folder to name in HADOOP_CONF_DIR. Its end ends all containers."""
    folder.mkdir(parents=True)
    with (folder / "log").open("w") as log:
        gateway = _gateway(folder, log)
        try:
            cluster = gateway.jvm.org.apache.hadoop.yarn.server.MiniYARNCluster("pipeline", nodes, 1, 1)
            cluster.init(_settings(gateway.jvm))
            cluster.start()
            assert cluster.waitForNodeManagersToConnect(_WAIT), (folder / "log").read_text()[-3000:]
            yield _told(gateway.jvm, cluster, folder / "conf")
            cluster.stop()
        finally:
            with suppress(Py4JError, ConnectionError):
                gateway.shutdown()
            gateway.java_process.stdin.close()  # the JVM ends with its standard input
            gateway.java_process.wait(60)


def _gateway(folder: Path, log: Any) -> JavaGateway:
    installed = Path(pyspark.__file__).parent / "jars"
    of_spark = [file for pattern in _OF_SPARK for file in installed.glob(f"{pattern}.jar")]
    options = ["-Xmx512m", "-XX:TieredStopAtLevel=1", f"-Dlog4j2.configurationFile={LOG_SETTINGS.as_uri()}"]
    port, process = launch_gateway(
        jarpath=str(next(installed.glob("py4j*.jar"))),
        classpath=":".join(map(str, [*of_spark, *_jars()])),
        javaopts=[*options, f"-Dyarn.log.dir={folder}", f"-Dtest.build.data={folder / 'data'}"],
        die_on_exit=True,
        redirect_stdout=log,
        redirect_stderr=log,
        return_proc=True,
    )
    gateway = JavaGateway(gateway_parameters=GatewayParameters(port=port))
    gateway.java_process = process
    return gateway


def _jars() -> list[Path]:
    """Fetched once, through Spark's own Ivy, beside Delta's."""
    folder = jar_folder().with_name("yarn")
    missing = [jar for jar in JARS if not (folder / jar.file_name).is_file()]
    if missing:
        fetch(missing, folder)
    for jar in JARS:
        verify(jar, folder / jar.file_name)
    return [folder / jar.file_name for jar in JARS]


def _settings(jvm: Any) -> Any:
    conf = jvm.org.apache.hadoop.yarn.conf.YarnConfiguration()
    for key, value in SETTINGS.items():
        conf.set(key, value)
    return conf


def _told(jvm: Any, cluster: Any, folder: Path) -> Path:
    """Where the servers listen, as a client reads it."""
    folder.mkdir()
    stream = jvm.java.io.FileOutputStream(str(folder / "yarn-site.xml"))
    cluster.getConfig().writeXml(stream)
    stream.close()
    default = "<property><name>fs.defaultFS</name><value>file:///</value></property>"
    (folder / "core-site.xml").write_text(f"<configuration>{default}</configuration>")
    return folder
