"""Carries out the runbook of this job, from its beginning or from where a person was asked."""

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from adapters.runner.runbook.engine import Engine
from adapters.runner.runbook.memory import Memory, load_memory
from adapters.runner.runbook.speech import Speech
from bot.domain.codec import decode
from bot.domain.errors import UserError
from bot.domain.runbook import Runbook
from bot.domain.runbook_course import Course


def main(argv: Sequence[str]) -> int:
    """The program's exit code: 0 done, 75 a person is asked, 1 it failed, 2 wrong use."""
    place = os.environ.get("SIGNALBOX_RUNBOOK")
    if argv or not place:
        sys.stderr.write("“signalbox runbook” takes no words and works only inside a job.\n")
        return 2
    given = json.loads(Path(place).read_bytes())
    runbook = decode(Runbook, given["runbook"])
    secrets = {name: os.environ[name] for name in given["secrets"] if name in os.environ}
    speech = Speech(secrets)
    engine = Engine(runbook, speech, state=Path(place).with_name("runbook-state.json"))
    try:
        return _carry_out(engine, Path(place).with_name("runbook-state.json"))
    except UserError as error:
        speech.result("failed", error.text, reason="tool_error")
        return 1


def _carry_out(engine: Engine, state: Path) -> int:
    if not os.environ.get("SIGNALBOX_RESUME"):
        return engine.start(Memory(course=_first_course()))
    decision = json.loads(os.environ["SIGNALBOX_DECISION"])
    return engine.resume(load_memory(state), decision)


def _first_course() -> Course:
    inputs = json.loads(os.environ["SIGNALBOX_INPUTS"])
    named = {"mode": os.environ["SIGNALBOX_MODE"], "run": os.environ["SIGNALBOX_RUN"]}
    return Course(variables={**inputs, **named})


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
