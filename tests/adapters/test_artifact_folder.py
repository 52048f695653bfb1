"""The folder of artifacts."""

import hashlib
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.artifact_folder import ArtifactFolder
from bot.domain.errors import UserError
from bot.ports.artifact_files import ARTIFACT_LIMIT

CONTENT = b"of some length" * 10_000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


async def chunks(content: bytes, *, then: Exception | None = None) -> AsyncIterator[bytes]:
    for start in range(0, len(content), 65_536):
        yield content[start : start + 65_536]
    if then:
        raise then


def kept(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def test_content_is_found_by_its_hash(tmp_path: Path) -> None:
    folder = ArtifactFolder(tmp_path)
    for _ in range(2):
        await folder.put(SHA256, chunks(CONTENT), size=len(CONTENT))
    file = tmp_path / SHA256[:2] / SHA256
    assert kept(tmp_path) == [file] == [folder.path(SHA256)]
    assert file.read_bytes() == CONTENT
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("sha256", "content", "size"),
    [
        ("0" * 64, CONTENT, len(CONTENT)),
        (SHA256, CONTENT[:-1], len(CONTENT)),
        (SHA256, CONTENT + b"x", len(CONTENT)),
        (SHA256, CONTENT, ARTIFACT_LIMIT + 1),
        ("../../etc/passwd", CONTENT, len(CONTENT)),
        (SHA256.upper(), CONTENT, len(CONTENT)),
        (SHA256 + "\n", CONTENT, len(CONTENT)),
    ],
)
async def test_what_does_not_fit_leaves_nothing(
    tmp_path: Path, sha256: str, content: bytes, size: int
) -> None:
    with pytest.raises(UserError):
        await ArtifactFolder(tmp_path).put(sha256, chunks(content), size=size)
    assert kept(tmp_path) == []


async def test_a_broken_transfer_leaves_nothing(tmp_path: Path) -> None:
    source = chunks(CONTENT, then=ConnectionError("gone"))
    with pytest.raises(ConnectionError):
        await ArtifactFolder(tmp_path).put(SHA256, source, size=len(CONTENT))
    assert kept(tmp_path) == []
