"""The image for Kubernetes: Spark's own, with the packed Python, Delta's jars, jobs and configuration."""

from __future__ import annotations

import pyspark

DOCKERFILE = f"""\
# Built from the folder that `pipeline package` made. The image's system must not be older than the one that
# the environment was packed on; SPARK_IMAGE names another.
ARG SPARK_IMAGE=apache/spark:{pyspark.__version__}
FROM ${{SPARK_IMAGE}}
USER root
ADD environment.tar.gz /opt/pipeline/environment/
COPY jars/ /opt/spark/jars/
COPY jobs/ /opt/pipeline/jobs/
COPY conf/ /opt/pipeline/conf/
USER spark
"""

IGNORED = """\
# What was unpacked here for a driver on this machine is no part of the image.
environment/
"""
