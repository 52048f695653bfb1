import base64
import os
import re
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from adapters.runner.git import GitError, printable, read_remote, run
from adapters.runner.workspace import WorkspaceError, prepare, push, remove, snapshot

BRANCH = "signalbox/R-1"


def git(folder: Path, *arguments: str) -> str:
    """Git as a person or a program runs it, with whatever the repository says."""
    environment = {
        **os.environ,
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_AUTHOR_NAME": "Ana",
        "GIT_AUTHOR_EMAIL": "ana@example.org",
        "GIT_COMMITTER_NAME": "Ana",
        "GIT_COMMITTER_EMAIL": "ana@example.org",
    }
    return subprocess.run(
        ["git", *arguments], cwd=folder, env=environment, check=True, capture_output=True, text=True
    ).stdout.strip()


def commit(folder: Path, **files: str) -> str:
    for name, content in files.items():
        (folder / name).write_text(content)
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "work")
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture
def origin(tmp_path: Path) -> Path:
    """A bare repository with one commit on main, and a clone beside it that people work in."""
    bare, people = tmp_path / "origin.git", tmp_path / "people"
    git(tmp_path, "init", "--quiet", "--bare", "--initial-branch=main", str(bare))
    git(tmp_path, "init", "--quiet", "--initial-branch=main", str(people))
    git(people, "remote", "add", "origin", str(bare))
    commit(people, readme="hello\n")
    git(people, "push", "--quiet", "origin", "main")
    return bare


@pytest.fixture
def people(origin: Path) -> Path:
    return origin.parent / "people"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    job = tmp_path / "jobs" / "R-1.1"
    (job / "home").mkdir(parents=True)
    return job


def heads(repository: Path) -> dict[str, str]:
    lines = git(repository, "for-each-ref", "--format=%(refname:short) %(objectname)").splitlines()
    return dict(line.split() for line in lines)


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


# --- addresses -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("repository", "address"),
    [
        ("/srv/git/a repo.git", "/srv/git/a repo.git"),
        ("file:///srv/repo.git", "file:///srv/repo.git"),
        ("https://example.org/a.git", "https://example.org/a.git"),
        ("https://u:p%40ss@example.org:8443/a.git", "https://example.org:8443/a.git"),
        ("https://token@example.org/a.git", "https://example.org/a.git"),
        ("ssh://git@example.org:2222/a.git", "ssh://git@example.org:2222/a.git"),
        ("ssh://git:pw@example.org/a.git", "ssh://git@example.org/a.git"),
        ("git@example.org:team/a.git", "git@example.org:team/a.git"),
        ("git://[::1]/a.git", "git://[::1]/a.git"),
    ],
)
def test_an_address_is_read_without_its_password(repository: str, address: str) -> None:
    assert read_remote(repository).address == address
    assert not re.search("p%40ss|p@ss|token|pw", repr(read_remote(repository)))


@pytest.mark.parametrize(
    "repository",
    [
        "",
        "-oProxyCommand=x",
        "--upload-pack=x",
        "ext::sh -c id",
        "fd::3",
        "ext://x/y",
        "relative/path",
        "../up",
        "https://",
        "https:///x",
        "https://-oProxyCommand=x/y",
        "ssh://-oProxyCommand=x/y",
        "ssh://user@-host/y",
        "-host:path",
        "git@-host:path",
        "host:-path",
        "https://example.org/a\nb",
        "/srv/a\x00b",
        "https://u:hunter22/x@example.org/a",
        "https://u:hunter22@exa mple.org/a",
        "https://u:hunter22 x@exa mple.org/a",
        "https://u:hunter22\n@example.org/a",
        "ftp://u:hunter22@example.org/a",
    ],
)
def test_what_is_no_address_is_refused(repository: str) -> None:
    with pytest.raises(WorkspaceError, match="cannot be used") as raised:
        read_remote(repository)
    assert "hunter22" not in raised.value.text
    assert raised.value.text.isprintable()


class GitServer(ThreadingHTTPServer):
    """Serves a repository over HTTP, behind a password; `seen` is what it was given."""

    def __init__(self, repository: Path) -> None:
        super().__init__(("127.0.0.1", 0), GitOverHttp)
        self.repository = repository
        self.seen: list[str] = []

    @contextmanager
    def running(self) -> Iterator[str]:
        """Yields host and port."""
        with self:
            thread = threading.Thread(target=self.serve_forever)
            thread.start()
            try:
                yield f"127.0.0.1:{self.server_port}"
            finally:
                self.shutdown()
                thread.join()


class GitOverHttp(BaseHTTPRequestHandler):
    """Git's own server program."""

    def do_GET(self) -> None:
        assert isinstance(self.server, GitServer)
        self.server.seen.append(self.headers.get("Authorization", ""))
        if not self.server.seen[-1]:
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="git"')
            self.end_headers()
            return
        path, _, query = self.path.partition("?")
        size = int(self.headers.get("Content-Length", 0))
        answer = subprocess.run(
            ["git", "http-backend"],
            input=self.rfile.read(size),
            env={
                "PATH": os.environ["PATH"],
                "GIT_PROJECT_ROOT": str(self.server.repository),
                "GIT_HTTP_EXPORT_ALL": "1",
                "REMOTE_USER": "ana",
                "REQUEST_METHOD": self.command,
                "PATH_INFO": path,
                "QUERY_STRING": query,
                "CONTENT_TYPE": self.headers.get("Content-Type", ""),
                "CONTENT_LENGTH": str(size),
                "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            },
            capture_output=True,
            check=True,
        ).stdout
        self.wfile.write(b"HTTP/1.0 200 OK\r\n" + answer)

    do_POST = do_GET  # noqa: N815  # the library names it

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the library names it
        """Tests are quiet."""


def test_a_password_goes_to_the_server_and_nowhere_else(origin: Path, folder: Path) -> None:
    server = GitServer(origin)
    with server.running() as host:
        repository = f"http://ana:hunter%2022@{host}/"
        base = prepare(folder, repository, BRANCH)
        head = commit(folder / "workspace", code="x")
        push(folder, snapshot(folder, base).commit, repository=repository, branch=BRANCH)
        login = f"Basic {base64.b64encode(b'ana:hunter 22').decode()}"
        assert set(server.seen) == {"", login}
        with pytest.raises(WorkspaceError, match="could not read Username"):
            push(folder, head, repository=f"http://{host}/", branch=BRANCH)
    assert heads(origin) == {"main": base, BRANCH: head}
    written = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert b"hunter" not in written


# --- hostile programs ------------------------------------------------------------------------

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


# --- commands and folders --------------------------------------------------------------------


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
