"""Running git: how long it may take, and what it says."""

import os
from pathlib import Path

import pytest

from adapters.runner.git import GitError, printable, run


def test_a_command_that_hangs_is_ended_with_its_children(tmp_path: Path) -> None:
    with pytest.raises(GitError, match="no answer within 1 seconds"):
        run(["sh", "-c", "sleep 600 & sleep 600"], environment=dict(os.environ),
            folder=tmp_path, seconds=1)  # fmt: skip


def test_a_missing_command_is_named(tmp_path: Path) -> None:
    with pytest.raises(GitError, match="no-such-git is not installed"):
        run(["no-such-git"], environment={}, folder=tmp_path, seconds=1)


def test_what_git_says_is_safe_to_show() -> None:
    assert printable("a\x1b[31m\x00b", longest=300) == "a�[31m�b"
    assert printable("x" * 301) == "x" * 299 + "…"
