"""Finds why a test fails over a rounding, asks before it mends it, and has the repair pushed.

A program for Signalbox: Python 3.9 or later, git and the standard library. What it tells people
is found out in the workspace; it calls no model, so its cost is what it read and wrote, counted
as four characters to a token.
"""  # noqa: INP001 - copied into the data folder, no package

from __future__ import annotations

import ast
import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

RETURNED, DENIED, HELD = 10, 11, 75
"""How `signalbox report` leaves when changes were asked for, on a no, and when the wait is over."""

SUITE = ("-m", "unittest", "discover", "-s", "tests", "-t", ".", "-p", "*_tests.py")
INPUTS = json.loads(os.environ.get("SIGNALBOX_INPUTS", "{}"))
BASE = os.environ.get("SIGNALBOX_BASE", "")
DECISION = json.loads(os.environ.get("SIGNALBOX_DECISION") or "null")
"""What was decided at the gate where the program paused; None at a fresh start."""


def run(*command: str, cwd: Path | str = ".") -> subprocess.CompletedProcess[str]:
    """A finished command with its output as text."""
    env = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(  # noqa: S603 - commands of this file, without a shell
        command, cwd=cwd, env=env, capture_output=True, text=True, check=False
    )


def git(*words: str, cwd: Path | str = ".") -> str:
    """What git answers; its complaint ends the program."""
    done = run(
        "git", "-c", "user.name=Signalbox", "-c", "user.email=job@localhost", *words, cwd=cwd
    )
    if done.returncode:
        sys.exit(f"git {words[0]} failed: {done.stderr.strip()}")
    return done.stdout


def report(*words: str) -> tuple[int, dict[str, Any]]:
    """Tell Signalbox something that has power: the exit code and the answer."""
    done = run("signalbox", "report", *words)
    if done.returncode not in {0, RETURNED, DENIED, HELD}:
        sys.exit(f"signalbox report {words[0]} failed: {(done.stderr or done.stdout).strip()}")
    return done.returncode, json.loads(done.stdout or "{}")


def say(text: str) -> None:
    """A line of the log, with time to read it."""
    print(text, flush=True)
    time.sleep(float(INPUTS.get("pace", 0.3)))


def summary(text: str) -> None:
    """A line that people see in the thread."""
    print("::signalbox summary " + " ".join(text.split()), flush=True)


@dataclass
class Memory:
    """What outlives a pause at a gate; kept beside git's own files, where nothing is committed."""

    folder: Path
    notes: list[str]
    pushing: bool = False
    heard: int = 0
    """How far the file of replies has been read, in characters."""

    @classmethod
    def recall(cls, *, resumed: bool) -> Memory:
        """What was kept at the last pause; a program that begins anew begins from the base."""
        folder = Path(git("rev-parse", "--absolute-git-dir").strip())
        kept = folder / "fix-rounding.json"
        memory = cls(folder=folder, notes=[])
        if resumed and kept.exists():
            memory = cls(folder=folder, **json.loads(kept.read_text(encoding="utf-8")))
        if not memory.pushing:
            git("reset", "-q", "--hard", BASE)
        return memory

    def keep(self) -> None:
        """Write it down."""
        kept = {"notes": self.notes, "pushing": self.pushing, "heard": self.heard}
        (self.folder / "fix-rounding.json").write_text(json.dumps(kept), encoding="utf-8")


@dataclass(frozen=True)
class Suite:
    """What a run of all tests said."""

    output: str

    @property
    def ran(self) -> int:
        """How many tests there are."""
        found = re.search(r"^Ran (\d+) test", self.output, re.MULTILINE)
        return int(found[1]) if found else 0

    @property
    def failing(self) -> list[str]:
        """The full names of the tests that fail."""
        found = re.findall(r"^(?:FAIL|ERROR): (\w+) \(([\w.]+)\)", self.output, re.MULTILINE)
        return [place if place.endswith(f".{test}") else f"{place}.{test}" for test, place in found]

    @property
    def error(self) -> str:
        """The first error, as Python words it."""
        found = re.search(r"^(\w*Error: .*)$", self.output, re.MULTILINE)
        return found[1] if found else "it fails"


def run_suite(cwd: Path | str = ".") -> Suite:
    """Run all tests."""
    done = run(sys.executable, *SUITE, cwd=cwd)
    return Suite(done.stdout + done.stderr)


@dataclass(frozen=True)
class Finding:
    """The culprit and the change that mends it."""

    suite: Suite
    file: str
    function: str
    line: int
    before: str
    after: str

    @property
    def mended(self) -> str:
        """The whole file with the change."""
        lines = Path(self.file).read_text(encoding="utf-8").splitlines(keepends=True)
        lines[self.line - 1] = lines[self.line - 1].replace(self.before, self.after)
        return "".join(lines)

    @property
    def why(self) -> str:
        """Why this file, in one sentence."""
        short = self.suite.failing[0].rpartition(".")[2]
        return (
            f"{short} fails ({self.suite.error}) and runs through {self.function} in {self.file}, "
            f"where line {self.line} takes half a cent to the even cent: {self.before}"
        )


def visited(failing: str) -> set[tuple[str, str]]:
    """The files and functions of the repository that a test runs through, tests left out."""
    traced = run(sys.executable, "-m", "trace", "--listfuncs", "--module", "unittest", failing)
    line = r"^filename: (.+), modulename: .+, funcname: (.+)$"
    found = re.findall(line, traced.stdout, re.MULTILINE)
    here = Path.cwd().resolve()
    places = ((Path(file).resolve(), function.rpartition(".")[2]) for file, function in found)
    return {
        (file.relative_to(here).as_posix(), function)
        for file, function in places
        if file.is_file() and here in file.parents and here / "tests" not in file.parents
    }


def investigate(suite: Suite) -> Finding | None:
    """Look for a division that is rounded with `round`, in what the first failing test visits."""
    for file, function in sorted(visited(suite.failing[0])):
        source = Path(file).read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.FunctionDef) and node.name == function:
                for line, before, after in roundings(node, source):
                    return Finding(suite, file, function, line, before, after)
    return None


def roundings(function: ast.FunctionDef, source: str) -> Iterator[tuple[int, str, str]]:
    """Every `round(a / 100)` on one line, with an expression that takes halves up instead."""
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "round" and len(node.args) == 1:
            part = node.args[0]
            before = ast.get_source_segment(source, node) or ""
            if isinstance(part, ast.BinOp) and isinstance(part.op, ast.Div) and "\n" not in before:
                above, below = ast.unparse(part.left), ast.unparse(part.right)
                sums = isinstance(part.left, ast.BinOp) and not isinstance(part.left.op, ast.Mult)
                twice = f"2 * ({above})" if sums else f"2 * {above}"
                yield node.lineno, before, f"({twice} + {below}) // (2 * {below})"


def rehearse(finding: Finding) -> tuple[Suite, str]:
    """The tests and the diff stat of the change, tried in a scratch copy."""
    with tempfile.TemporaryDirectory() as scratch:
        git("clone", "-q", "--shared", ".", scratch)
        Path(scratch, finding.file).write_text(finding.mended, encoding="utf-8")
        return run_suite(scratch), git("diff", "--stat", cwd=scratch).rstrip()


def make_plan(finding: Finding, notes: list[str]) -> dict[str, Any]:
    """What people approve, from what was found and what they have asked for."""
    tried, diffstat = rehearse(finding)
    if tried.failing:
        sys.exit(f"The change would not do: {tried.failing[0]} still fails ({tried.error}).")
    callers = git("grep", "-l", "-w", finding.function, "--", "*.py").split()
    others = [file for file in callers if file != finding.file]
    return {
        "summary": f"{finding.why}. Replace it by {finding.after}, which takes halves up; in a "
        f"scratch copy all {tried.ran} tests pass with it."
        + "".join(f"\nAsked for: {note}" for note in notes),
        "base": BASE,
        "files": [finding.file],
        "commands": [shlex.join(("python3", *SUITE))],
        "risks": [f"Used in {', '.join(others)}: amounts with half a cent may rise by one."]
        + [
            f"The note “{note}” goes into the commit; code beyond the files is left alone."
            for note in notes
        ],
        "diffstat": diffstat,
        "budget": {"minutes": 5},
    }


class Answers(threading.Thread):
    """Answers the questions that people ask while the gate is open, from the plan."""

    def __init__(self, memory: Memory, finding: Finding, plan: dict[str, Any]) -> None:
        super().__init__()
        self._memory, self._finding, self._plan = memory, finding, plan
        self._over = threading.Event()

    def __enter__(self) -> None:
        self.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self.join()

    def run(self) -> None:
        """Follow the file of replies, once more after the gate is decided."""
        over = False
        while not over:
            over = self._over.wait(0.1)
            for message in self._news():
                if message.get("kind") == "ask":
                    summary(self._answer(message.get("text", "").lower()))

    def _news(self) -> list[dict[str, Any]]:
        file = Path(os.environ.get("SIGNALBOX_REPLIES") or os.devnull)
        text = file.read_text(encoding="utf-8") if file.exists() else ""
        whole = text[self._memory.heard : text.rfind("\n") + 1]
        self._memory.heard += len(whole)
        return [json.loads(line) for line in whole.splitlines() if line.strip()]

    def _answer(self, question: str) -> str:
        suite = self._finding.suite
        if "test" in question:
            return (
                f"{len(suite.failing)} of {suite.ran} tests fail now ({suite.failing[0]}); "
                f"with the change, in a scratch copy, all {suite.ran} pass."
            )
        if any(word in question for word in ("risk", "safe", "break")):
            return " ".join(self._plan["risks"])
        if any(word in question for word in ("why", "file", "where")):
            return f"Only {self._finding.file}: {self._finding.why}."
        return f"{self._plan['summary']} {self._plan['diffstat'].splitlines()[-1]}"


def ask(memory: Memory, finding: Finding) -> tuple[int, dict[str, Any]]:
    """Open the gate and wait: how the decision leaves, and its words."""
    plan = make_plan(finding, memory.notes)
    file = memory.folder / "plan.json"
    file.write_text(json.dumps(plan, indent=2), encoding="utf-8")
    say("The plan:\n" + plan["summary"] + "\n" + plan["diffstat"])
    with Answers(memory, finding, plan):
        return report("gate", "plan", "--plan", str(file), "--wait")


def agree(memory: Memory, finding: Finding) -> int:
    """Ask until the plan is approved or refused, taking every note in: 0, DENIED or HELD."""
    if DECISION:
        code, decided = (
            {"satisfied": 0, "returned": RETURNED}.get(DECISION["state"], DENIED),
            DECISION,
        )
    else:
        code, decided = ask(memory, finding)
    while code == RETURNED:
        memory.notes.append(decided.get("note") or "another look")
        say(f"Changes asked for by {decided.get('by', 'somebody')}: {memory.notes[-1]}")
        code, decided = ask(memory, finding)
    memory.keep()
    if code == DENIED:
        say(f"Not approved: {decided.get('note') or decided.get('state', 'no reason given')}")
    return code


def carry_out(memory: Memory, finding: Finding) -> None:
    """Edit, test and commit."""
    print("::signalbox phase EXECUTING", flush=True)
    Path(finding.file).write_text(finding.mended, encoding="utf-8")
    files = [finding.file]
    if INPUTS.get("stray"):
        with Path("README.md").open("a", encoding="utf-8") as readme:
            readme.write("\nHalf a cent is rounded up everywhere.\n")
        files.append("README.md")
    say(f"Changed {', '.join(files)}")
    suite = run_suite()
    if suite.failing:
        sys.exit(f"{suite.failing[0]} fails after the change: {suite.error}")
    say(f"All {suite.ran} tests pass")
    print("::signalbox phase COMMITTING", flush=True)
    (memory.folder / "test-report.txt").write_text(suite.output, encoding="utf-8")
    notes = "".join(f"\nAsked for: {note}" for note in memory.notes)
    message = f"Round half a cent up in {finding.function}\n\n{finding.why}.{notes}"
    git("commit", "-q", "-m", message, "--", *files)
    account(finding)
    report("artifact", str(memory.folder / "test-report.txt"), "--name", "test-report.txt")


def account(finding: Finding) -> None:
    """Report the cost: what was read and written, four characters to a token."""
    read = len(finding.suite.output) + len(finding.mended)
    written = len(git("show", "--format=%B"))
    report("cost", "--input-tokens", str(read // 4), "--output-tokens", str(written // 4))


def push(memory: Memory) -> int:
    """Have the commit pushed; where changes are asked for, without what leaves the plan."""
    memory.pushing = True
    memory.keep()
    code, answer = report("push")
    if code == RETURNED:
        withdraw()
        code, answer = report("push")
    if code == 0:
        summary(git("show", "--format=%s:", "--shortstat"))
    elif code != HELD:
        say(f"Not pushed: {answer.get('note') or answer.get('state', 'no reason given')}")
    return code


def withdraw() -> None:
    """Take the file outside the plan back out of the commit."""
    git("checkout", BASE, "--", "README.md")
    git("commit", "-q", "--amend", "--no-edit")
    say("README.md is left as it was")


def main() -> int:
    """From the failing test to the pushed repair, or on from the gate where it paused."""
    memory = Memory.recall(resumed="SIGNALBOX_RESUME" in os.environ)
    if memory.pushing:
        if DECISION and DECISION["state"] == "returned":
            withdraw()
        return push(memory)
    print("::signalbox phase PLANNING", flush=True)
    suite = run_suite()
    say(f"{len(suite.failing)} of {suite.ran} tests fail")
    if not suite.failing:
        report("result", "succeeded", "All tests pass", "--reason", "no_changes")
        return 0
    finding = investigate(suite)
    if finding is None:
        sys.exit(f"{suite.failing[0]} fails ({suite.error}), but not over a rounding known here.")
    say(finding.why)
    code = agree(memory, finding)
    if code:
        return code
    carry_out(memory, finding)
    return push(memory)


if __name__ == "__main__":
    sys.exit(main())
