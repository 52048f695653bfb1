"""Git: the one place where the runner starts `git`, with settings that no repository can change.

What a job's program left in its workspace, or in the mirror where it runs as the same user, is
hostile: no hook, alias, helper or setting of either repository is ever carried out.
"""

import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import unquote

from adapters.runner import credential_helper
from adapters.runner.credential_door import CredentialDoor, Login, Supply
from bot.domain.errors import UserError

_NETWORK_SECONDS = 600
_LOCAL_SECONDS = 300

_SCHEMES = ("file", "git", "http", "https", "ssh")
_SCP_LIKE = re.compile(r"(?:[A-Za-z0-9_][\w.+-]*@)?[A-Za-z0-9][\w.-]*:(?![-:])[^\s].*")
_AUTHORITY = re.compile(
    r"(?:[A-Za-z0-9_][\w.+~-]*@)?(?:[A-Za-z0-9][\w.-]*|\[[0-9A-Fa-f:.]+\])(?::\d+)?"
)
_PASSWORD = re.compile(r"://.*@", re.DOTALL)

_SETTINGS = {
    "core.hooksPath": "/dev/null",
    "core.fsmonitor": "false",
    "core.askPass": "",
    "credential.helper": "",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "protocol.ext.allow": "never",
    "submodule.recurse": "false",
}
_FLAGS = [part for key, value in _SETTINGS.items() for part in ("-c", f"{key}={value}")]

_SERVE_WORKSPACE = shlex.join(["git", "-c", "safe.directory=*", *_FLAGS, "upload-pack"])
"""Git starts the other end of a local fetch without our settings, so they are said again; the
program's files may belong to another user. What `upload-pack` then reads of the workspace's own
settings starts nothing: git takes its only hook, uploadpack.packObjectsHook, from no repository,
and GIT_NO_LAZY_FETCH keeps it from fetching what is missing."""

_MIRROR_CONFIG = "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = true\n"

_ENVIRONMENT = {
    "LC_ALL": "C",
    "GIT_ALLOW_PROTOCOL": ":".join(_SCHEMES),
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_SSH_COMMAND": "ssh -o BatchMode=yes -o ConnectTimeout=30 -o ControlMaster=no",
    "GIT_TERMINAL_PROMPT": "0",
}
_TO_THE_NETWORK = (
    "ALL_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "SSH_AUTH_SOCK",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
    "http_proxy",
    "https_proxy",
    "no_proxy",
)
"""What of the host's environment leads out; only commands that speak to a remote get it."""

_BOILERPLATE = re.compile(
    r"hint:|Please make sure you have|and the repository exists"
    r"|fatal: Could not read from remote|error: failed to push some refs|To |Done$"
)


class WorkspaceError(UserError):
    """The job's code cannot be fetched, read or pushed; the text says why and what to do."""


class GitError(Exception):
    """A git command failed; `line` is what it said, for people, and `code` how it ended."""

    def __init__(self, code: int, line: str) -> None:
        super().__init__(line)
        self.code = code
        self.line = line


@dataclass(frozen=True)
class Remote:
    """A checked repository; `address` may be shown and be seen in a process list."""

    address: str
    supply: Supply | None = field(default=None, repr=False)
    """Where the login comes from when the server asks for one."""

    @property
    def environment(self) -> dict[str, str]:
        """What git needs to reach it."""
        return {name: os.environ[name] for name in _TO_THE_NETWORK if name in os.environ}

    def supplied(self, supply: Supply | None) -> "Remote":
        """The remote with a login from elsewhere, unless its address has one."""
        web = self.address.startswith(("http://", "https://"))
        return replace(self, supply=supply) if web and self.supply is None else self

    def door(self) -> CredentialDoor | None:
        """What git may ask for the login; None where nobody has one."""
        if self.supply is None:
            return None
        scheme, _, rest = self.address.partition("://")
        return CredentialDoor(self.supply, scheme=scheme, host=rest.partition("/")[0])

    def helper(self, door: CredentialDoor) -> list[str]:
        """The setting that leads git to the door, for this server and no other."""
        origin = "/".join(self.address.split("/")[:3])
        command = shlex.join([sys.executable, "-I", "-S", credential_helper.__file__, door.name])
        return ["-c", f"credential.{origin}.helper=!{command}"]


def read_remote(repository: str) -> Remote:
    """A remote from a blueprint's words: a URL, `git@host:path`, or an absolute path.

    Raises WorkspaceError for anything else, above all for what git would take as an option or
    as a command.
    """
    scheme, separator, rest = repository.partition("://")
    if not repository.isprintable():
        raise _refusal(repository, "it holds control characters")
    if separator and scheme in _SCHEMES:
        return _read_url(repository, scheme, rest)
    if not separator and (repository.startswith("/") or _SCP_LIKE.fullmatch(repository)):
        return Remote(repository)
    raise _refusal(repository, "it is no address that the runner fetches from")


def _read_url(repository: str, scheme: str, rest: str) -> Remote:
    authority, slash, path = rest.partition("/")
    user, _, host = authority.rpartition("@")
    name, _, password = user.partition(":")
    web = scheme in {"http", "https"}
    shown = f"{name}@{host}" if name and not web else host
    if not slash or not (_AUTHORITY.fullmatch(shown) or (scheme == "file" and not authority)):
        raise _refusal(repository, "its host cannot be read")
    login = Login(unquote(name), unquote(password))
    return Remote(f"{scheme}://{shown}/{path}", (lambda: login) if web and user else None)


def _refusal(repository: str, reason: str) -> WorkspaceError:
    shown = printable(_PASSWORD.sub("://", repository))
    return WorkspaceError(
        f"The repository “{shown}” cannot be used: {reason}. Give a URL (https, http, ssh, git "
        "or file), git@host:path, or an absolute path."
    )


@dataclass(frozen=True)
class Git:
    """Runs git for the job that lives in `folder`."""

    folder: Path

    @property
    def mirror(self) -> Path:
        """The runner's own clone."""
        return self.folder / "mirror.git"

    @property
    def workspace(self) -> Path:
        """Where the program works."""
        return self.folder / "workspace"

    def run(self, *arguments: str) -> str:
        """What git prints. Raises GitError."""
        return self._start(arguments, {}, _LOCAL_SECONDS)

    def in_mirror(self, *arguments: str, remote: Remote | None = None) -> str:
        """What git prints, run in the mirror; `remote` opens the way to it. Raises GitError."""
        if not self.mirror.is_dir():
            raise GitError(128, f"{self.mirror} is gone")
        self._restore_config()
        environment = {"GIT_COMMON_DIR": str(self.mirror)}
        command = (f"--git-dir={self.mirror}", *arguments)
        if remote is None:
            return self._start(command, environment, _LOCAL_SECONDS)
        environment |= remote.environment
        door = remote.door()
        if door is None:
            return self._start(command, environment, _NETWORK_SECONDS)
        with door:
            command = (*remote.helper(door), *command)
            return self._start(command, environment, _NETWORK_SECONDS, door)

    def fetch_head(self, reference: str) -> None:
        """Copy the workspace's HEAD and what it needs to a reference of the mirror."""
        self.in_mirror(
            "fetch",
            "--quiet",
            "--no-tags",
            "--no-write-fetch-head",
            "--no-recurse-submodules",
            f"--upload-pack={_SERVE_WORKSPACE}",
            str(self.workspace),
            f"+HEAD:{reference}",
        )

    def _restore_config(self) -> None:
        """The program may have written to it, where it runs as the same user."""
        fresh = self.mirror / "config.new"
        fresh.unlink(missing_ok=True)
        fresh.write_text(_MIRROR_CONFIG, encoding="ascii")
        fresh.replace(self.mirror / "config")

    def _start(
        self,
        arguments: tuple[str, ...],
        environment: Mapping[str, str],
        seconds: int,
        door: CredentialDoor | None = None,
    ) -> str:
        home = {"HOME": str(self.folder / "home"), "PATH": os.environ.get("PATH", os.defpath)}
        return run(
            ["git", *_FLAGS, *arguments],
            environment=home | _ENVIRONMENT | dict(environment),
            folder=self.folder,
            seconds=seconds,
            door=door,
        )


def run(
    command: list[str],
    *,
    environment: Mapping[str, str],
    folder: Path,
    seconds: int,
    door: CredentialDoor | None = None,
) -> str:
    """What a command prints; names that are no UTF-8 keep their bytes as backslash escapes.

    The command may ask at the `door`. Raises GitError when it fails, is missing, or takes longer
    than `seconds`.
    """
    try:
        process = subprocess.Popen(  # noqa: S603 - a list without a shell, arguments checked
            command,
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except FileNotFoundError:
        raise GitError(127, f"{command[0]} is not installed on the runner's host") from None
    if door:
        door.admit(process.pid)
    try:
        out, err = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        # Its children hold the pipes open, so all of its session goes.
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        raise GitError(124, f"no answer within {seconds} seconds") from None
    if process.returncode != 0:
        line = printable(door.problem) if door else ""
        line = line or _telling_line(err.decode("utf-8", "replace"))
        raise GitError(process.returncode, line or f"it ended with code {process.returncode}")
    return out.decode("utf-8", "backslashreplace")


def _telling_line(errors: str) -> str:
    """The last fatal line, or else the last that is no general advice; empty without any."""
    lines = [line.strip() for line in errors.splitlines() if line.strip()]
    telling = [line for line in lines if not _BOILERPLATE.match(line)] or lines or [""]
    fatal = [line for line in telling if line.startswith("fatal:")]
    return printable((fatal or telling)[-1])


def printable(text: str, *, longest: int = 300) -> str:
    """The text without anything a terminal would obey, cut to `longest` characters."""
    shown = "".join(character if character.isprintable() else "�" for character in text)
    return shown if len(shown) <= longest else shown[: longest - 1] + "…"
