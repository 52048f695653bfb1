"""What a program finds in its environment, secrets included."""

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path

from adapters.runner.folder import JobFolder
from adapters.runner.secret_answers import without_names
from bot.domain.assignment import Assignment
from bot.domain.blueprint import Replies, Value
from bot.domain.codec import canonical_json
from bot.domain.errors import UserError

_OF_THE_HOST = ("PATH", "LANG", "TZ")
_USUAL_PATH = "/usr/local/bin:/usr/bin:/bin"


def resolve_secrets(references: Mapping[str, str]) -> dict[str, str]:
    """The values behind `env:NAME` and `file:PATH`; a file's last line break does not count.

    Raises UserError naming the variable and its reference, never a value.
    """
    return {name: _resolve(name, reference) for name, reference in references.items()}


def program_environment(
    assignment: Assignment, folder: JobFolder, *, secrets: Mapping[str, str], base: str
) -> dict[str, str]:
    """Nothing of the runner's own but what the protocol names; `base` is a commit or empty."""
    environment = {name: os.environ[name] for name in _OF_THE_HOST if name in os.environ}
    environment |= {"HOME": str(folder.home), "TMPDIR": str(folder.tmp)}
    environment |= {**assignment.env, **secrets}
    environment["PATH"] = f"{folder.bin}:{environment.get('PATH', _USUAL_PATH)}"
    environment |= {
        "SIGNALBOX_RUN": assignment.run,
        "SIGNALBOX_JOB": assignment.job,
        "SIGNALBOX_ATTEMPT": str(assignment.attempt),
        "SIGNALBOX_MODE": assignment.mode.value,
        "SIGNALBOX_TITLE": assignment.title,
        "SIGNALBOX_INPUTS": canonical_json(assignment.inputs),
        "SIGNALBOX_BRANCH": assignment.branch,
        "SIGNALBOX_BASE": base,
        "SIGNALBOX_SOCKET": str(folder.socket),
        "SIGNALBOX_URL": _address(folder.address),
    }
    if assignment.runbook is not None:
        environment["SIGNALBOX_RUNBOOK"] = str(folder.runbook)
    if assignment.issue is not None:
        environment["SIGNALBOX_ISSUE_FILE"] = str(folder.issue)
    for name, value in assignment.inputs.items():
        variable = re.sub(r"\W", "_", name, flags=re.ASCII).upper()
        environment[f"SIGNALBOX_INPUT_{variable}"] = _text(value)
    if assignment.reviews:
        environment["SIGNALBOX_REVIEW"] = str(folder.review)
    if assignment.replies is Replies.FILE:
        environment["SIGNALBOX_REPLIES"] = str(folder.replies)
    if assignment.resume_gate:
        environment["SIGNALBOX_RESUME"] = assignment.resume_gate
        decision = without_names(assignment.resume_decision)
        environment["SIGNALBOX_DECISION"] = canonical_json(decision)
    return environment


def _address(file: Path) -> str:
    """Where the bot is now; empty while it is away."""
    address, _ = _read(file)
    return (address or "").strip()


def _text(value: Value) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _resolve(name: str, reference: str) -> str:
    kind, _, place = reference.partition(":")
    value = None
    if kind == "env":
        value = os.environ.get(place)
        problem = f"the variable {place} is not set on the machine that runs the job"
    elif kind == "file":
        value, problem = _read(Path(place).expanduser())
    else:
        problem = "it is neither env:NAME nor file:PATH"
    if value is None:
        raise UserError(
            f"The secret {name} could not be read from “{reference}”: {problem}. "
            "Set it there, or correct the blueprint's secrets."
        )
    return value


def _read(path: Path) -> tuple[str | None, str]:
    try:
        return path.read_text(encoding="utf-8").removesuffix("\n"), ""
    except OSError as error:
        return None, error.strerror or "it cannot be read"
    except ValueError:
        return None, "it is not text in UTF-8"
