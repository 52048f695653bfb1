"""A job's workspace: prepared from the remote, pushed as a branch, removed."""

import os
import subprocess
from pathlib import Path

import pytest

from adapters.runner.workspace import WorkspaceError, prepare, push, remove, snapshot
from tests.adapters.git_repositories import BRANCH, commit, git, heads


def test_work_goes_from_the_remote_to_a_branch_of_it(origin: Path, folder: Path) -> None:
    base = prepare(folder, str(origin), BRANCH)
    workspace = folder / "workspace"
    assert base == heads(origin)["main"]
    assert git(workspace, "branch", "--show-current") == BRANCH
    assert (workspace / "readme").read_text() == "hello\n"

    head = commit(workspace, code="x = 1\n")
    assert git(workspace, "config", "--local", "user.name") == "Signalbox"
    taken = snapshot(folder, base)
    assert (taken.commit, taken.files) == (head, ("code",))

    push(folder, taken.commit, repository=str(origin), branch=BRANCH)
    push(folder, taken.commit, repository=str(origin), branch=BRANCH)
    assert heads(origin) == {"main": base, BRANCH: head}

    head = commit(workspace, code="x = 2\n")
    push(folder, snapshot(folder, base).commit, repository=str(origin), branch=BRANCH)
    assert heads(origin)[BRANCH] == head


def test_every_changed_path_is_listed(origin: Path, people: Path, folder: Path) -> None:
    commit(people, old="the same content\n", gone="-\n")
    git(people, "push", "--quiet", "origin", "main")
    base = prepare(folder, f"file://{origin}", BRANCH)
    workspace = folder / "workspace"
    (workspace / "old").rename(workspace / "new")
    (workspace / "gone").unlink()
    (workspace / "line\nbreak").write_text("")
    (workspace / "grün").write_text("")
    Path(os.fsdecode(os.fsencode(workspace) + b"/\xff")).write_text("")
    (workspace / "link").symlink_to("/etc")
    commit(workspace)
    commit(workspace, readme="hello\n", passing="")
    assert set(snapshot(folder, base).files) == {
        "old", "new", "gone", "line\nbreak", "grün", "\\xff", "link", "passing"
    }  # fmt: skip


def test_an_existing_branch_is_continued(origin: Path, people: Path, folder: Path) -> None:
    git(people, "checkout", "--quiet", "-b", BRANCH)
    earlier = commit(people, code="x = 1\n")
    git(people, "push", "--quiet", "origin", BRANCH)
    assert prepare(folder, str(origin), BRANCH) == earlier
    assert git(folder / "workspace", "branch", "--show-current") == BRANCH
    head = commit(folder / "workspace", code="x = 2\n")
    push(folder, snapshot(folder, earlier).commit, repository=str(origin), branch=BRANCH)
    assert heads(origin)[BRANCH] == head


def test_a_parked_job_finds_its_workspace_again(origin: Path, people: Path, folder: Path) -> None:
    base = prepare(folder, str(origin), BRANCH)
    (folder / "workspace" / "draft").write_text("half done")
    commit(people, readme="moved on\n")
    git(people, "push", "--quiet", "origin", "main")
    assert prepare(folder, str(origin), BRANCH) == base
    assert (folder / "workspace" / "draft").read_text() == "half done"
    (folder / "base").write_text("--output=x")
    with pytest.raises(WorkspaceError, match="does not hold a commit"):
        prepare(folder, str(origin), BRANCH)


def test_a_preparation_that_was_cut_short_begins_anew(origin: Path, folder: Path) -> None:
    (folder / "mirror.git").mkdir()
    (folder / "workspace").mkdir()
    (folder / "workspace" / "half").write_text("")
    base = prepare(folder, str(origin), BRANCH)
    assert base == heads(origin)["main"]
    assert not (folder / "workspace" / "half").exists()
    remove(folder / "workspace")
    remove(origin)
    with pytest.raises(WorkspaceError):
        prepare(folder, str(origin), BRANCH)
    assert not (folder / "base").exists()


def test_the_program_cannot_push(origin: Path, folder: Path) -> None:
    prepare(folder, str(origin), BRANCH)
    workspace = folder / "workspace"
    before = heads(origin)
    commit(workspace, code="x")
    for target in (["origin", "HEAD"], ["origin", "HEAD:main"], ["--all"]):
        with pytest.raises(subprocess.CalledProcessError) as raised:
            git(workspace, "push", *target)
        assert "no-push" in raised.value.stderr
    assert heads(origin) == before
    assert str(origin) not in (workspace / ".git" / "config").read_text()


def test_workspace_and_mirror_share_no_file(origin: Path, folder: Path) -> None:
    prepare(folder, str(origin), BRANCH)
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert all(path.stat().st_nlink == 1 for path in files)
    assert [path for path in (folder / "mirror.git").rglob("*") if _runs(path)] == []


def _runs(path: Path) -> bool:
    return path.is_file() and bool(path.stat().st_mode & 0o111)


def test_nothing_to_push_is_said(origin: Path, folder: Path) -> None:
    base = prepare(folder, str(origin), BRANCH)
    (folder / "workspace" / "draft").write_text("not committed")
    with pytest.raises(WorkspaceError, match="nothing was committed"):
        snapshot(folder, base)


def test_work_must_follow_from_the_base(origin: Path, folder: Path) -> None:
    base = prepare(folder, str(origin), BRANCH)
    git(folder / "workspace", "checkout", "--quiet", "--orphan", "other")
    with pytest.raises(WorkspaceError, match="HEAD cannot be read"):
        snapshot(folder, base)
    commit(folder / "workspace", code="x")
    with pytest.raises(WorkspaceError, match="does not follow from"):
        snapshot(folder, base)


@pytest.mark.parametrize("damage", ["workspace", "workspace/.git", "mirror.git"])
def test_what_the_program_deleted_is_said(origin: Path, folder: Path, damage: str) -> None:
    base = prepare(folder, str(origin), BRANCH)
    commit(folder / "workspace", code="x")
    remove(folder / damage)
    with pytest.raises(WorkspaceError, match="HEAD cannot be read"):
        snapshot(folder, base)


def test_others_work_is_never_overwritten(origin: Path, people: Path, folder: Path) -> None:
    base = prepare(folder, str(origin), BRANCH)
    commit(folder / "workspace", code="ours")
    ours = snapshot(folder, base).commit
    git(people, "checkout", "--quiet", "-b", BRANCH)
    theirs = commit(people, code="theirs")
    git(people, "push", "--quiet", "origin", BRANCH)
    with pytest.raises(WorkspaceError, match="Somebody else has changed that branch"):
        push(folder, ours, repository=str(origin), branch=BRANCH)
    assert heads(origin)[BRANCH] == theirs


def test_the_default_branch_is_never_pushed(origin: Path, folder: Path) -> None:
    with pytest.raises(WorkspaceError, match="main is the default branch"):
        prepare(folder, str(origin), "main")
    base = prepare(folder, str(origin), BRANCH)
    head = commit(folder / "workspace", code="x")
    snapshot(folder, base)
    with pytest.raises(WorkspaceError, match="main is the default branch"):
        push(folder, head, repository=str(origin), branch="main")
    git(origin, "branch", "later", "main")
    git(origin, "symbolic-ref", "HEAD", "refs/heads/later")
    with pytest.raises(WorkspaceError, match="later is the default branch"):
        push(folder, head, repository=str(origin), branch="later")
    assert set(heads(origin).values()) == {base}


@pytest.mark.parametrize("name", ["", "-f", "a..b", "a b", "-", "a:b", "@{-1}", "x.lock", "a\nb"])
def test_a_branch_needs_a_proper_name(origin: Path, folder: Path, name: str) -> None:
    with pytest.raises(WorkspaceError, match="cannot name a branch"):
        prepare(folder, str(origin), name)


@pytest.mark.parametrize("commit_id", ["HEAD", "main", "-f", "", "a" * 39, "+" + "a" * 40])
def test_only_a_full_commit_is_pushed(origin: Path, folder: Path, commit_id: str) -> None:
    prepare(folder, str(origin), BRANCH)
    with pytest.raises(WorkspaceError, match="no full commit id"):
        push(folder, commit_id, repository=str(origin), branch=BRANCH)


def test_a_refusal_of_the_remote_is_told(origin: Path, folder: Path) -> None:
    base = prepare(folder, str(origin), BRANCH)
    commit(folder / "workspace", code="x")
    hook = origin / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    with pytest.raises(WorkspaceError, match="pre-receive hook declined"):
        push(folder, snapshot(folder, base).commit, repository=str(origin), branch=BRANCH)


def test_an_empty_or_headless_remote_is_told(tmp_path: Path, origin: Path, folder: Path) -> None:
    git(tmp_path, "init", "--quiet", "--bare", "empty.git")
    with pytest.raises(WorkspaceError, match="it is empty") as raised:
        prepare(folder, str(tmp_path / "empty.git"), BRANCH)
    assert str(tmp_path / "empty.git") in raised.value.text
    git(origin, "symbolic-ref", "HEAD", "refs/heads/missing")
    with pytest.raises(WorkspaceError, match="names a branch that does not exist"):
        prepare(folder, str(origin), BRANCH)


def test_an_unreachable_remote_is_told(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(WorkspaceError, match="does not appear to be a git repository"):
        prepare(folder, str(tmp_path / "nowhere"), BRANCH)
    with pytest.raises(WorkspaceError, match="could not be made ready") as raised:
        prepare(folder, "http://user:hunter22@127.0.0.1:1/x.git", BRANCH)
    assert "http://127.0.0.1:1/x.git" in raised.value.text
    assert "hunter22" not in raised.value.text


def test_a_folder_is_deleted_whole_and_links_are_not_followed(tmp_path: Path) -> None:
    kept, doomed = tmp_path / "kept", tmp_path / "doomed"
    kept.mkdir()
    (kept / "file").write_text("precious")
    (doomed / "locked" / "deeper").mkdir(parents=True)
    (doomed / "locked" / "deeper" / "file").write_text("")
    (doomed / "locked" / "link").symlink_to(kept)
    (doomed / "link").symlink_to(kept / "file")
    (doomed / "locked" / "deeper").chmod(0)
    (doomed / "locked").chmod(0o500)
    remove(doomed)
    remove(doomed)
    assert not doomed.exists()
    assert (kept / "file").read_text() == "precious"
    doomed.symlink_to(kept)
    remove(doomed)
    assert (kept / "file").exists()
    assert not doomed.is_symlink()


def test_a_very_deep_folder_is_deleted(tmp_path: Path) -> None:
    at = os.open(tmp_path, os.O_DIRECTORY)
    for _ in range(3_000):
        os.mkdir("deep", dir_fd=at)
        below = os.open("deep", os.O_DIRECTORY, dir_fd=at)
        os.close(at)
        at = below
    os.close(at)
    remove(tmp_path / "deep")
    assert not (tmp_path / "deep").exists()
