"""Runs the Python blocks of the documentation, each document in a folder of its own."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser


def pytest_addoption(parser: pytest.Parser) -> None:
    """Lets a run that lost its tests fail, although nothing in it failed."""
    parser.addoption("--least", type=int, default=0, help="fail if fewer tests passed")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Compare the number of tests that passed with the number on record."""
    least = session.config.getoption("--least")
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    passed = len(reporter.stats.get("passed", ())) if reporter else least
    if passed < least:
        reporter.write_line(f"{passed} tests passed, at least {least} must")
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Documents that write files do not write them here."""
    before = Path.cwd()
    os.chdir(tmp_path_factory.mktemp("document"))
    yield
    os.chdir(before)


pytest_collect_file = Sybil(
    parsers=[PythonCodeBlockParser()],
    patterns=["README.md", "*.md"],
    fixtures=["elsewhere"],
).pytest()
