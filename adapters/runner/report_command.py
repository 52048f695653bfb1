"""`signalbox report …`: how a program speaks to its runner. Exit codes: docs/job-protocol.md."""

import argparse
import json
import os
import socket
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from adapters.runner.socket_path import short_path

_CHUNK = 65_536


def main(argv: Sequence[str]) -> int:
    """Carry out the words after `signalbox report`: print one JSON object, return the exit code."""
    try:
        exit_code, answer = ask(_request(_parser().parse_args(argv)))
    except _WrongUseError as error:
        exit_code, answer = 2, {"error": str(error)}
    except (OSError, ValueError) as error:
        exit_code, answer = 1, {"error": f"The job's runner does not answer: {error}."}
    sys.stdout.write(json.dumps(answer) + "\n")
    return exit_code


class _WrongUseError(Exception):
    """The call cannot be carried out as it is; the text says why."""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="signalbox report",
        description="Tell the bot about this job, or ask it. Prints one JSON object.",
        epilog="Exit codes: 0 done, approved or answered, 2 wrong use, 10 changes asked for, 11 "
        "denied, expired or stopped, 75 exit with 75 now and be started again, 1 anything else.",
    )
    calls = parser.add_subparsers(dest="call", required=True)
    calls.add_parser("phase", help="the phase shown on the card").add_argument("name")
    step = calls.add_parser("step", help="a step of the work")
    step.add_argument("name")
    step.add_argument("state", choices=("running", "done", "failed", "skipped"))
    step.add_argument("--details", metavar="FILE", help="more about it, as JSON")
    calls.add_parser("summary", help="said in the thread").add_argument("text")
    cost = calls.add_parser("cost", help="added to the run's cost")
    cost.add_argument("--input-tokens", type=int, required=True)
    cost.add_argument("--cached-tokens", type=int, default=0)
    cost.add_argument("--output-tokens", type=int, required=True)
    cost.add_argument("--usd", type=float)
    cost.add_argument("--model", default="")
    artifact = calls.add_parser("artifact", help="store a file of the workspace or TMPDIR")
    artifact.add_argument("path", metavar="FILE")
    artifact.add_argument("--name")
    gate = calls.add_parser("gate", help="open a gate; with --wait, until it is decided")
    gate.add_argument("checkpoint")
    gate.add_argument("--plan", metavar="FILE", help="what is to be approved, as JSON")
    gate.add_argument("--wait", action="store_true")
    gate.add_argument("--hold", type=float, metavar="S", help="seconds to wait before exit 75")
    question = calls.add_parser(
        "question", help="ask people by a form; with --wait, until answered"
    )
    question.add_argument("name")
    question.add_argument("--form", metavar="FILE", required=True, help="what is asked, as JSON")
    question.add_argument("--wait", action="store_true")
    question.add_argument("--hold", type=float, metavar="S", help="seconds to wait before exit 75")
    calls.add_parser("push", help="push HEAD to the run's branch, as far as it was approved")
    result = calls.add_parser("result", help="how the run ends")
    result.add_argument("status", choices=("succeeded", "partial", "failed"))
    result.add_argument("text", nargs="?", default="")
    result.add_argument("--reason", dest="reason_code", metavar="CODE")
    return parser


def _request(arguments: argparse.Namespace) -> dict[str, Any]:
    request: dict[str, Any] = vars(arguments)
    if request["call"] == "artifact":
        request["path"] = os.path.realpath(request["path"])
    for name in ("plan", "form"):
        if request.get(name) is not None:
            request[name] = _read_json(name, request[name])
    if request.get("details") is not None:
        request |= _read_details(request.pop("details"))
    return request


def _read_details(path: str) -> dict[str, Any]:
    details = _read_json("details", path)
    if not isinstance(details, dict) or details.keys() & {"call", "name", "state"}:
        raise _WrongUseError("The details must be a JSON object without call, name and state.")
    return details


def _read_json(what: str, path: str) -> Any:
    try:
        with open(path, encoding="utf-8") as file:  # noqa: PTH123 - pathlib takes 5 ms to load
            return json.load(file)
    except OSError as error:
        raise _WrongUseError(f"The {what} {path} cannot be read: {error.strerror}.") from None
    except ValueError as error:
        raise _WrongUseError(f"The {what} {path} is not JSON: {error}.") from None


def ask(request: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
    """The exit code and what to print. Raises OSError or ValueError when the runner is gone."""
    path = os.environ.get("SIGNALBOX_SOCKET")
    if not path:
        raise _WrongUseError("SIGNALBOX_SOCKET is not set: this works only inside a job.")
    with socket.socket(socket.AF_UNIX) as connection:
        with short_path(path) as address:
            connection.connect(address)
        connection.sendall(json.dumps(dict(request)).encode() + b"\n")
        line = b"".join(iter(lambda: connection.recv(_CHUNK), b""))
    if not line:
        raise OSError("it has left")
    reply = json.loads(line)
    return reply["exit"], reply["answer"]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
