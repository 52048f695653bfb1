"""Looks at this machine: its folder for data, its disk, its versions, how jobs are kept apart."""

import asyncio
import getpass
import os
import platform
import re
import shutil
import stat
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bot.ports.doctor import Finding

_GB = 1_000_000_000
_SCARCE = 2 * _GB
_FULL = _GB // 5
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_PRIVATE = (
    "console-token",
    "encryption-key",
    "maintenance-token",
    "signalbox.db",
    "signing-key",
)
"""Files of the data folder that nobody but the bot's user may read."""
_PYTHONS = ((3, 11), (3, 15))
_GIT = (2, 31)
"""The first whose configuration can come from its environment, GIT_CONFIG_COUNT."""


@dataclass(frozen=True, kw_only=True)
class DataFolder:
    """The check of the folder where everything is kept."""

    folder: Path

    async def __call__(self) -> tuple[Finding, ...]:
        """Its rights, those of the secrets in it, and the room on its disk."""
        if not self.folder.is_dir():
            found = f"There is no folder {self.folder} yet."
            remedy = "Nothing is to be done; signalbox up makes it. Or set SIGNALBOX_DATA_DIR."
            return (Finding.not_set_up("folder", found, remedy), self._room())
        return (self._rights(), *self._exposed(), self._room())

    def _rights(self) -> Finding:
        mode = self.folder.stat().st_mode
        if not os.access(self.folder, os.R_OK | os.W_OK | os.X_OK):
            found = f"{self.folder} cannot be written by {_user()}."
            return Finding.error("folder", found, f"Let {_user()} own it, or run as its owner.")
        if mode & stat.S_IRWXO:
            found = f"Every user of this machine can look into {self.folder}."
            return Finding.warning("folder", found, f"Run chmod 700 {self.folder}.")
        return Finding.ok("folder", f"{self.folder} can be written, and is closed to others.")

    def _exposed(self) -> list[Finding]:
        exposed = []
        for name in _PRIVATE:
            with suppress(FileNotFoundError):
                if (self.folder / name).stat().st_mode & _OTHERS:
                    exposed.append(name)
        return [
            Finding.error(
                "secrets",
                f"{name} can be read by other users of this machine.",
                f"Run chmod 600 {self.folder / name}, and replace the secrets in it.",
            )
            for name in exposed
        ]

    def _room(self) -> Finding:
        there = next(path for path in (self.folder, *self.folder.parents) if path.is_dir())
        free = shutil.disk_usage(there).free
        found = f"{free / _GB:.1f} GB are free on the disk of the data folder."
        if free < _FULL:
            return Finding.error("disk", found, "Free some space; without it nothing is kept.")
        if free < _SCARCE:
            return Finding.warning("disk", found, "Free some space, or keep files for less long.")
        return Finding.ok("disk", found)


async def check_versions() -> tuple[Finding, ...]:
    """Python and git."""
    return (_python(), await _git())


def _python() -> Finding:
    oldest, beyond = _PYTHONS
    version = tuple(map(int, platform.python_version_tuple()[:2]))
    found = f"Python {platform.python_version()}."
    if oldest <= version < beyond:
        return Finding.ok("python", found)
    return Finding.error("python", found, "Use Python 3.11 to 3.14.")


async def _git() -> Finding:
    try:
        process = await asyncio.create_subprocess_exec(
            "git", "--version", stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
        )
    except OSError:
        found = "There is no git; workspaces and the examples need it."
        return Finding.error("git", found, "Install git.")
    said, _ = await process.communicate()
    match = re.search(rb"(\d+)\.(\d+)[.\d]*", said)
    if match is None:
        return Finding.error("git", "git does not tell its version.", "Install git anew.")
    found = f"git {match[0].decode()}."
    if (int(match[1]), int(match[2])) < _GIT:
        return Finding.error("git", found, "Use git 2.31 or newer.")
    return Finding.ok("git", found)


@dataclass(frozen=True, kw_only=True)
class JobIsolation:
    """The check of how programs are kept apart from the bot and from each other."""

    slots: int
    """Jobs that the built-in agent runs here."""
    delegated: Callable[[], Path | None]
    """The control group that may be divided, if any."""

    async def __call__(self) -> tuple[Finding, ...]:
        """Whose rights they have, and how they are bound to their cores."""
        if not self.slots:
            found = "This bot runs no jobs itself."
            return (Finding.ok("user", found),)
        return (self._user(), self._cores())

    def _user(self) -> Finding:
        return Finding.warning(
            "user",
            f"Programs run as {_user()}, the user who runs the bot, and can read that user's "
            "files, the bot's tokens among them.",
            "Run only programs that you trust, or let the bot run as a user or on a machine "
            "of its own.",
        )

    def _cores(self) -> Finding:
        if self.delegated():
            return Finding.ok("cores", "Programs are bound to their cores by a control group.")
        return Finding.not_set_up(
            "cores",
            "No control group is delegated: a bound on cores is kept by placing programs on a "
            "number of them.",
            "Under systemd, write Delegate=cpu in the unit of the bot.",
        )


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"user {os.getuid()}"
