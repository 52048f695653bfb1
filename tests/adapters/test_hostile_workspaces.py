"""What a program leaves in its workspace starts nothing and deceives nobody."""

import subprocess
from pathlib import Path

import pytest

from adapters.runner.workspace import WorkspaceError, prepare, push, snapshot
from tests.adapters.git_repositories import BRANCH, commit, git, heads

HOOKS = ("post-checkout", "pre-push", "reference-transaction", "post-receive", "pre-auto-gc")


def arm(repository: Path, trap: Path) -> None:
    """Set everything in a repository's settings and hooks that could start a program."""
    (repository / "hooks").mkdir(exist_ok=True)
    for hook in HOOKS:
        (repository / "hooks" / hook).symlink_to(trap)
    config = repository / "config"
    config.write_text(
        config.read_text()
        + f"""
[core]
    hooksPath = {repository / "hooks"}
    fsmonitor = {trap}
    sshCommand = {trap}
    gitProxy = {trap}
    askPass = {trap}
    pager = {trap}
    alternateRefsCommand = {trap}
    attributesFile = {repository / "attributes"}
[alias]
    upload-pack = !{trap}
    fetch = !{trap}
    diff = !{trap}
[uploadpack]
    packObjectsHook = {trap}
    allowFilter = true
[diff]
    external = {trap}
[diff "evil"]
    textconv = {trap}
    command = {trap}
[filter "evil"]
    clean = {trap}
    smudge = {trap}
[credential]
    helper = !{trap}
[gpg]
    program = {trap}
[push]
    gpgSign = true
[url "ext::{trap} "]
    insteadOf = /
    pushInsteadOf = /
[protocol]
    allow = always
[protocol "ext"]
    allow = always
"""
    )
    (repository / "attributes").write_text("* diff=evil filter=evil\n")


@pytest.fixture
def sprung(tmp_path: Path) -> Path:
    return tmp_path / "sprung"


@pytest.fixture
def trap(tmp_path: Path, sprung: Path) -> Path:
    file = tmp_path / "trap"
    file.write_text(f'#!/bin/sh\necho "$0 $*" >> {sprung}\nexit 1\n')
    file.chmod(0o755)
    return file


def test_nothing_in_a_hostile_workspace_is_started(
    origin: Path, folder: Path, trap: Path, sprung: Path
) -> None:
    base = prepare(folder, str(origin), BRANCH)
    workspace = folder / "workspace"
    head = commit(workspace, code="x")
    arm(workspace / ".git", trap)
    (workspace / ".gitattributes").write_text("* diff=evil filter=evil\n")
    git(workspace, "-c", "core.hooksPath=/dev/null", "status")
    assert sprung.exists(), "the trap does not work"
    sprung.unlink()

    assert snapshot(folder, base).commit == head
    push(folder, head, repository=str(origin), branch=BRANCH)
    assert not sprung.exists()


def test_missing_objects_are_fetched_from_nowhere(
    origin: Path, folder: Path, trap: Path, sprung: Path
) -> None:
    base = prepare(folder, str(origin), BRANCH)
    workspace = folder / "workspace"
    commit(workspace, code="x")
    blob = git(workspace, "rev-parse", "HEAD:code")
    (workspace / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    settings = {
        "core.repositoryFormatVersion": "1",
        "extensions.partialClone": "evil",
        "remote.evil.promisor": "true",
        "remote.evil.url": str(origin),
        "remote.evil.uploadpack": str(trap),
    }
    for key, value in settings.items():
        git(workspace, "config", key, value)
    with pytest.raises(subprocess.CalledProcessError):
        git(workspace, "cat-file", "-p", blob)
    assert sprung.exists(), "the trap does not work"
    sprung.unlink()

    with pytest.raises(WorkspaceError, match="HEAD cannot be read"):
        snapshot(folder, base)
    assert not sprung.exists()


def test_a_mirror_that_was_tampered_with_starts_nothing_either(
    origin: Path, folder: Path, trap: Path, sprung: Path, tmp_path: Path
) -> None:
    base = prepare(folder, str(origin), BRANCH)
    head = commit(folder / "workspace", code="x")
    mirror = folder / "mirror.git"
    elsewhere = tmp_path / "elsewhere"
    git(tmp_path, "clone", "--quiet", "--bare", str(origin), str(elsewhere))
    arm(elsewhere, trap)
    arm(mirror, trap)
    (mirror / "commondir").write_text(str(elsewhere))
    (folder / "base").write_text(head)

    assert snapshot(folder, base).files == ("code",)
    push(folder, head, repository=str(origin), branch=BRANCH)
    assert heads(origin)[BRANCH] == head
    assert not sprung.exists()


def test_replaced_and_grafted_history_deceives_nobody(origin: Path, folder: Path) -> None:
    base = prepare(folder, str(origin), BRANCH)
    workspace = folder / "workspace"
    harmless = commit(workspace, docs="x")
    git(workspace, "reset", "--quiet", "--hard", base)
    head = commit(workspace, code="x")
    git(workspace, "replace", head, harmless)
    git(folder / "mirror.git", "fetch", "--quiet", str(workspace), "+refs/*:refs/*")
    taken = snapshot(folder, base)
    assert (taken.commit, taken.files) == (head, ("code",))
