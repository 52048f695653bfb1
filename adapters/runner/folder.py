"""A job's folder: what lies where, and the files that a restarted bot reads."""

import json
import os
import shlex
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from adapters.proc import boot_id, read_process
from bot.domain.codec import JSON, encode
from bot.domain.issue import Issue
from bot.domain.pull_request import Review
from bot.domain.runbook import Runbook

_CODE = Path(__file__).resolve().parents[2]

_LAUNCHER = """\
#!/bin/sh
case "$1" in
report) shift; exec {python} -I -S -c {report} "$@" ;;
runbook) shift; exec {python} -I -S -c {runbook} "$@" ;;
esac
echo "Inside a job there is only “signalbox report”; see signalbox report --help." >&2
exit 2
"""
_START = """\
import sys
sys.path.insert(0, {code!r})
from adapters.runner.{module} import main
sys.exit(main(sys.argv[1:]))
"""


@dataclass(frozen=True)
class JobFolder:
    """The folder of one job; its names are those of docs/job-protocol.md."""

    path: Path

    @property
    def address(self) -> Path:
        """The file that holds the bot's address, in the data folder."""
        return self.path.parent.parent / "address"

    @property
    def workspace(self) -> Path:
        """Where the program works."""
        return self.path / "workspace"

    @property
    def tmp(self) -> Path:
        """The program's TMPDIR."""
        return self.path / "tmp"

    @property
    def home(self) -> Path:
        """The program's HOME."""
        return self.path / "home"

    @property
    def bin(self) -> Path:
        """First on the program's PATH; holds `signalbox`."""
        return self.path / "bin"

    @property
    def socket(self) -> Path:
        """What `signalbox report` speaks to."""
        return self.path / "socket"

    @property
    def replies(self) -> Path:
        """Messages of people, a JSON object a line."""
        return self.path / "replies.jsonl"

    @property
    def runbook(self) -> Path:
        """What the built-in program of flows and guides reads."""
        return self.path / "runbook.json"

    @property
    def review(self) -> Path:
        """What reviewers of the pull request asked for."""
        return self.path / "review.json"

    @property
    def issue(self) -> Path:
        """The issue that the job works on, as JSON."""
        return self.path / "issue.json"

    def furnish(self) -> None:
        """Make what the program needs beside its workspace."""
        for folder in (self.tmp, self.home, self.bin):
            folder.mkdir(mode=0o700, exist_ok=True)
        modules = {"report": "report_command", "runbook": "runbook.__main__"}
        starts = {
            word: shlex.quote(_START.format(code=str(_CODE), module=module))
            for word, module in modules.items()
        }
        launcher = self.bin / "signalbox"
        launcher.write_text(
            _LAUNCHER.format(python=shlex.quote(sys.executable), **starts),
            encoding="utf-8",
        )
        launcher.chmod(0o755)

    def write_runner(self, job: str, fence: int) -> None:
        """Say who works here."""
        own = read_process(os.getpid())
        assert own is not None
        record = {"job": job, "fence": fence, "pid": own.pid}
        record |= {"start_time": own.start_time, "boot_id": boot_id()}
        write_whole(self.path / "runner.json", record)

    def write_exit(self, kind: str, data: Mapping[str, JSON]) -> None:
        """Keep the last report, so that it is not lost with this process."""
        write_whole(self.path / "exit.json", {"kind": kind, **data})

    def write_runbook(self, runbook: Runbook, secrets: Collection[str]) -> None:
        """What the built-in program carries out, and which variables are never to be shown."""
        write_whole(self.runbook, {"runbook": encode(runbook), "secrets": sorted(secrets)})

    def write_reviews(self, reviews: Sequence[Review]) -> None:
        """What reviewers asked for, for the program to read."""
        write_whole(self.review, {"reviews": encode(reviews)})

    def write_issue(self, issue: Issue) -> None:
        """What the tracker said of the issue that the job works on."""
        write_whole(self.issue, encode(issue))

    def remove_records(self) -> None:
        """The last report has been taken: nobody needs to know of this runner any more."""
        (self.path / "runner.json").unlink(missing_ok=True)
        (self.path / "exit.json").unlink(missing_ok=True)


def write_whole(path: Path, data: Mapping[str, JSON]) -> None:
    """All of it or nothing, for the owner's eyes only, safe from a loss of power."""
    draft = path.with_suffix(".new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with open(descriptor, "w", encoding="utf-8") as file:  # noqa: PTH123 - it is open already
        json.dump(data, file)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
