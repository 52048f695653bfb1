"""Pages of output: whatever was said, turning them back and forth shows all of it, once."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.ports.output_store import LogChunk
from bot.services import log_reading
from bot.services.log_reading import Stretch, read_after, read_before
from tests.fakes.clock import NOON
from tests.unit.domain_samples import a_job

PAGE = 20


class Chunks:
    """The two readings of the Logs port, over a list."""

    def __init__(self, texts: list[str], first: int) -> None:
        self._chunks = [
            LogChunk(job_id=7, seq=seq, at=NOON, stream="out", text=text)
            for seq, text in enumerate(texts, start=first)
        ]

    def last(self, _: int, *, limit: int, before: int | None = None) -> tuple[Any, ...]:
        fitting = [chunk for chunk in self._chunks if before is None or chunk.seq < before]
        return tuple(fitting[-limit:])

    def since(self, _: int, *, after: int, limit: int) -> tuple[Any, ...]:
        return tuple([chunk for chunk in self._chunks if chunk.seq > after][:limit])


@pytest.fixture(autouse=True, scope="module")
def _small_pages() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(log_reading, "SHOWN", PAGE)
        patch.setattr(log_reading, "_BATCH", 3)
        patch.setattr(log_reading, "_WHOLE", 8)
        yield


line = st.text("ab ", max_size=45).map(lambda text: text + "\n")
chunk = st.lists(line, min_size=1, max_size=4).map("".join) | st.text("ab", min_size=1, max_size=50)


@given(st.lists(chunk, max_size=12), st.integers(1, 5))
def test_pages_join_without_a_gap(texts: list[str], first: int) -> None:
    tx: Any = SimpleNamespace(logs=Chunks(texts, first))
    pages: list[Stretch] = [read_before(tx, a_job(), None)]
    assert not pages[0].newer
    while pages[0].older:
        pages.insert(0, read_before(tx, a_job(), pages[0].start))
        assert pages[0].newer
    assert "".join(page.text for page in pages) == "".join(texts)
    assert all(0 < len(page.text) <= PAGE for page in pages if texts)
    forth = [pages[0]]
    while forth[-1].newer:
        forth.append(read_after(tx, a_job(), forth[-1].end))
        assert forth[-1].text
    assert "".join(page.text for page in forth) == "".join(texts)
    assert all(page.gone == (bool(texts) and first > 1) for page in pages)
