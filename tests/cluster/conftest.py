"""`make cluster-test` asks for all of it; the default suite for the small form."""

from __future__ import annotations

import pytest

OPTION = "--all-rows"
YARN = "--yarn"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(OPTION, action="store_true", help="each job by itself, on all rows of the examples")
    parser.addoption(YARN, action="store_true", help="the flow on Hadoop's mini cluster")


@pytest.fixture(scope="session")
def all_rows(request: pytest.FixtureRequest) -> None:
    """Skip what takes minutes, unless it was asked for."""
    # The option is known only where pytest was started on this folder.
    if not request.config.getoption(OPTION, default=False):
        pytest.skip("`make cluster-test` runs it")


@pytest.fixture(scope="session")
def on_yarn(request: pytest.FixtureRequest) -> None:
    """Skip what needs Hadoop's own servers, unless it was asked for."""
    if not request.config.getoption(YARN, default=False):
        pytest.skip("`make yarn-test` runs it")
