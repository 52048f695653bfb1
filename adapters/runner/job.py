"""`signalbox job --folder DIR`: carries out one claim of a job, from its start to its last report.

The assignment comes as JSON on standard input; nothing of it is written to a file.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from adapters.runner.claim import Claim
from adapters.runner.conduct import Conduct
from adapters.runner.ending import failed
from adapters.runner.environment import resolve_secrets
from adapters.runner.folder import JobFolder
from adapters.runner.loop import Loop
from adapters.runner.masking import Masker
from adapters.runner.processes import become_guardian
from adapters.runner.secret_answers import secret_answers
from bot.domain.assignment import Assignment
from bot.domain.codec import decode
from bot.domain.errors import UserError
from bot.domain.vocabulary import Reason


def main(argv: Sequence[str]) -> int:
    """Carry out the assignment. 0: the claim is over; 1: its last report was not delivered."""
    match argv:
        case ["--folder", path]:
            folder = JobFolder(Path(path).resolve())
        case _:
            sys.stderr.write("Usage: signalbox job --folder DIR < assignment\n")
            return 2
    try:
        assignment = decode(Assignment, json.load(sys.stdin.buffer))
    except (ValueError, TypeError, KeyError) as error:
        sys.stderr.write(f"Standard input holds no assignment: {error}.\n")
        return 2
    folder.write_runner(assignment.job, assignment.fence)
    become_guardian()
    return _conduct(assignment, folder)


def _conduct(assignment: Assignment, folder: JobFolder) -> int:
    secrets, masker, problem = dict[str, str](), Masker({}), None
    try:
        secrets = resolve_secrets(assignment.secrets)
        masker = Masker({**secret_answers(assignment.resume_decision), **secrets})
    except UserError as error:
        problem = failed(Reason.MISSING_PERMISSION, error.text)
    except ValueError as error:
        problem = failed(Reason.INVALID_INPUT, str(error))
    claim = Claim(assignment=assignment, folder=folder, masker=masker, loop=Loop())
    return Conduct(claim, secrets).run(problem)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
