"""Workspace: the code a job works on, from the first fetch to the one push.

The mirror is the runner's own clone. The program gets a second one, whose remote is the mirror;
what it commits is copied back to the mirror, compared with the base there, and pushed from there.
Functions block; texts of errors never hold a password. Needs git 2.39.4 or later, or a
distribution's package with the security fixes of May 2024.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from adapters.runner.credential_door import Supply
from adapters.runner.git import Git, GitError, Remote, WorkspaceError, printable, read_remote, run

__all__ = ["Snapshot", "WorkspaceError", "prepare", "push", "remove", "snapshot"]

_COMMIT = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_HEADS = "refs/heads/"
_SNAPSHOT = "refs/signalbox/snapshot"
_NO_PUSH = "no-push://use-signalbox-report-push"
_REMOVE_SECONDS = 600
_CHECK_ACCESS = "Check the address, and that the runner's host may read and write there."
_BRANCH_MOVED = "Somebody else has changed that branch: begin again from it, or delete it there."


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """What the program has committed; `files` is every path that differs from the base.

    Paths that are no UTF-8 are written with backslash escapes.
    """

    commit: str
    files: tuple[str, ...]


def prepare(folder: Path, repository: str, branch: str, login: Supply | None = None) -> str:
    """Make `mirror.git` and `workspace` in `folder`, and return the base commit.

    The workspace stands on a new local branch `branch`, at the remote's branch of that name
    where there is one, else at its default branch. A workspace that was prepared before is left
    as it is. `login` is asked where the server wants one. Raises WorkspaceError.
    """
    remote, git = read_remote(repository).supplied(login), Git(folder)
    record = folder / "base"
    if record.exists() and git.workspace.is_dir():
        return _recorded(record)
    for leftover in (record, git.mirror, git.workspace):
        remove(leftover)
    try:
        git.run("init", "--quiet", "--bare", "--template=", str(git.mirror))
        base = _fetch(git, remote, branch)
        _clone(git, branch, base)
    except GitError as error:
        _fail(f"{remote.address} could not be made ready: {error.line}.", _CHECK_ACCESS)
    draft = folder / "base.new"
    draft.write_text(base, encoding="ascii")
    draft.replace(record)
    return base


def snapshot(folder: Path, base: str) -> Snapshot:
    """What the program has committed since `base`, copied to the mirror.

    `base` is what `prepare` returned: it is not read from the folder, where the program may have
    changed it. Raises WorkspaceError when there is nothing to push or it does not follow from
    the base.
    """
    git = Git(folder)
    try:
        git.fetch_head(_SNAPSHOT)
        commit = git.in_mirror("rev-parse", "--verify", f"{_SNAPSHOT}^{{commit}}").strip()
        _check_progress(git, commit, base)
        changed = git.in_mirror(
            *("diff", "--name-only", "-z", "--no-renames", "--no-ext-diff", "--no-textconv"),
            *("--ignore-submodules=none", base, commit, "--"),
        )
    except GitError as error:
        _fail(f"The workspace's HEAD cannot be read: {error.line}.", "Commit the work there.")
    return Snapshot(commit=commit, files=tuple(changed.split("\0")[:-1]))


def push(
    folder: Path, commit: str, *, repository: str, branch: str, login: Supply | None = None
) -> None:
    """Push that very commit from the mirror to the remote's `branch`, never by force.

    Pushing it again is harmless. Raises WorkspaceError, also for the remote's default branch.
    """
    remote, git = read_remote(repository).supplied(login), Git(folder)
    if not _COMMIT.fullmatch(commit):
        _fail(f"“{printable(commit)}” is no full commit id.", "Nothing was pushed.")
    try:
        _look_up(git, remote, branch)
        git.in_mirror(
            *("push", "--quiet", "--no-verify", "--no-follow-tags", "--no-signed"),
            *("--recurse-submodules=no", remote.address, f"{commit}:{_HEADS}{branch}"),
            remote=remote,
        )
    except GitError as error:
        moved = "non-fast-forward" in error.line or "fetch first" in error.line
        _fail(
            f"{commit[:12]} could not be pushed to {branch} of {remote.address}: {error.line}.",
            _BRANCH_MOVED if moved else _CHECK_ACCESS,
        )


def remove(folder: Path) -> None:
    """Delete a folder with all that is in it, also what is write-protected; links are not followed.

    Raises WorkspaceError when something remains.
    """
    delete = ["rm", "-rf", "--", str(folder)]
    open_up = ["chmod", "-R", "u+rwX", "--", str(folder)]
    line = ""
    for command in (delete, open_up, delete):
        if not os.path.lexists(folder):
            return
        line = _attempt(command)
    if os.path.lexists(folder):
        _fail(f"{folder} cannot be deleted: {line}.", "Delete it as the user that owns it.")


def _fail(what: str, remedy: str) -> NoReturn:
    raise WorkspaceError(f"{what} {remedy}")


def _attempt(command: list[str]) -> str:
    """How the command failed; empty when it did not."""
    try:
        run(
            command,
            environment={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
            folder=Path("/"),
            seconds=_REMOVE_SECONDS,
        )
    except GitError as error:
        return error.line
    return ""


def _recorded(record: Path) -> str:
    base = record.read_text(encoding="utf-8", errors="replace").strip()
    if not _COMMIT.fullmatch(base):
        _fail(f"{record} does not hold a commit any more.", "Start the run again.")
    return base


def _fetch(git: Git, remote: Remote, branch: str) -> str:
    """Fill the mirror; the commit that the work begins at."""
    default, exists = _look_up(git, remote, branch)
    git.in_mirror(
        *("fetch", "--quiet", "--no-write-fetch-head", "--no-recurse-submodules"),
        *(remote.address, f"+{_HEADS}*:{_HEADS}*"),
        remote=remote,
    )
    git.in_mirror("symbolic-ref", "HEAD", default)
    start = _HEADS + branch if exists else default
    return git.in_mirror("rev-parse", "--verify", f"{start}^{{commit}}").strip()


def _look_up(git: Git, remote: Remote, branch: str) -> tuple[str, bool]:
    """The remote's default branch as a full reference, and whether it has `branch` already.

    Raises WorkspaceError when there is no default branch, or `branch` is it or is no name.
    """
    ours = _HEADS + branch
    if not _names_branch(git, branch):
        _fail(f"“{printable(branch)}” cannot name a branch.", "Use letters, digits, - and /.")
    lines = git.in_mirror("ls-remote", "--symref", remote.address, "HEAD", ours, remote=remote)
    found = {name: value for value, name in (line.split("\t") for line in lines.splitlines())}
    symbolic = re.search(r"^ref: (\S+)\tHEAD$", lines, re.MULTILINE)
    if symbolic is None:
        _fail(
            f"{remote.address} has no commit on a default branch: it is empty, or its HEAD names "
            "a branch that does not exist.",
            "Push a first commit, or set its default branch.",
        )
    if symbolic[1] == ours:
        _fail(f"{branch} is the default branch of {remote.address}.", "Work on another branch.")
    return symbolic[1], ours in found


def _names_branch(git: Git, branch: str) -> bool:
    """Whether git takes it as a name, and as no short form of another."""
    try:
        return git.in_mirror("check-ref-format", "--branch", branch) == f"{branch}\n" != "\n"
    except GitError:
        return False


def _clone(git: Git, branch: str, base: str) -> None:
    """Make the workspace; nothing of it is shared with the mirror, not even by hard links."""
    settings = {
        "user.name": "Signalbox",
        "user.email": "signalbox@localhost",
        "remote.origin.pushurl": _NO_PUSH,
    }
    git.run(
        *("clone", "--quiet", "--no-hardlinks", "--no-checkout", "--template="),
        *(part for key, value in settings.items() for part in ("--config", f"{key}={value}")),
        *(str(git.mirror), str(git.workspace)),
    )
    git.run("-C", str(git.workspace), "checkout", "--quiet", "--no-track", "-b", branch, base)


def _check_progress(git: Git, commit: str, base: str) -> None:
    if commit == base:
        _fail("There is nothing to push: nothing was committed.", "Commit the work first.")
    try:
        git.in_mirror("merge-base", "--is-ancestor", base, commit)
    except GitError as error:
        if error.code != 1:
            raise
        _fail(
            f"The workspace's HEAD ({commit[:12]}) does not follow from the commit that the "
            f"work began at ({base[:12]}).",
            "Put the commits on top of SIGNALBOX_BASE.",
        )
