"""Real bots for real crashes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.real_bot import RealBot


@pytest.fixture
def bot(tmp_path: Path) -> Iterator[RealBot]:
    real = RealBot(tmp_path / "data")
    real.start()
    yield real
    if real.process is None:
        real.start()
    for run in (1, 2, 3):
        real.chat(f"/run stop {run}", who="admin")
    real.stop()


@pytest.fixture
def bot_on_postgres(tmp_path: Path, postgres_url: str) -> Iterator[RealBot]:
    real = RealBot(tmp_path / "data", settings={"SIGNALBOX_DATABASE_URL": postgres_url})
    real.start()
    yield real
    real.stop()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealBot]:
    """One bot for tests that leave it as they found it."""
    real = RealBot(tmp_path_factory.mktemp("shared") / "data")
    real.start()
    yield real
    real.stop()
