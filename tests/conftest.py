"""Where CI is set, a test that did not run to its end is an error, not a footnote."""

import os

import pytest

_NOT_RUN = ("skipped", "xfailed", "xpassed")


def _not_run(config: pytest.Config) -> list[pytest.TestReport]:
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or not os.environ.get("CI"):
        return []
    return [report for outcome in _NOT_RUN for report in reporter.stats.get(outcome, [])]


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Turn a green run with gaps red."""
    if session.exitstatus == pytest.ExitCode.OK and _not_run(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Name what did not run."""
    gaps = _not_run(config)
    if gaps:
        terminalreporter.section("CI is set: these tests must run, or go", red=True)
        for gap in gaps:
            terminalreporter.line(gap.nodeid)
