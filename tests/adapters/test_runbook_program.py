"""The built-in program of flows and guides, started by a real runner."""

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

import pytest

from bot.domain.blueprint import RUNBOOK_COMMAND
from bot.domain.codec import JSON
from bot.domain.runbook import OnFailure, Remediation, Rule, Runbook, Step, StepKind
from bot.domain.vocabulary import Mode
from tests.adapters.runner_world import RunnerWorld, runner_world
from tests.fakes.agent_api import PATIENCE, AgentApi


@pytest.fixture
def world(tmp_path: Path) -> Iterator[RunnerWorld]:
    with runner_world(tmp_path / "data") as made:
        yield made


@pytest.fixture
def server() -> Iterator["Server"]:
    with Server() as made:
        yield made


class Server:
    """Something to call: answers by path, and remembers what came."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str, dict[str, str], str]] = []

    def __enter__(self) -> Self:
        seen = self.seen

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer("")

            def do_POST(self) -> None:
                self._answer(self.rfile.read(int(self.headers["Content-Length"])).decode())

            def log_message(self, *_: object) -> None:
                pass

            def _answer(self, body: str) -> None:
                seen.append((self.command, self.path, dict(self.headers), body))
                status = int(self.path.split("/")[1].partition("?")[0] or 200)
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", "http://elsewhere.example/")
                self.end_headers()
                if status != 204:
                    self.wfile.write(b'{"size": 12, "token": "s3cret-value"}')

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()


def shell(id_: str, run: str, **fields: Any) -> Step:
    return Step(id=id_, title=f"Do {id_}", kind=StepKind.SHELL, run=run, **fields)


def prompt(id_: str, *fields: dict[str, JSON]) -> Step:
    form = {"prompt": "What now, ${size}?", "fields": list(fields)}
    return Step(id=id_, title="Ask", kind=StepKind.PROMPT, form=form)


def approval(id_: str) -> Step:
    return Step(id=id_, title="Allow", kind=StepKind.APPROVAL, prompt="May it go on?")


def carry_out(world: RunnerWorld, runbook: Runbook, **changes: Any) -> dict[str, Any]:
    return world.carry_out(runbook=runbook, command=RUNBOOK_COMMAND, **changes)


def ends(world: RunnerWorld) -> dict[str, dict[str, Any]]:
    """The last report of each step."""
    return {step["id"]: step for step in world.bot.of("step")}


def phases(world: RunnerWorld) -> list[str]:
    return [phase["name"] for phase in world.bot.of("phase")]


BOOK = Runbook(
    triage=(shell("look", 'echo "size is $VAR_NAME" >&2; echo 12', save={"size": "json"}),),
    rules=(Rule(when="size > 10", use="cut", reason="It has ${size}"),),
    remediations=(
        Remediation(
            name="cut", title="Cut it", steps=(shell("cut", "echo cut to $((VAR_SIZE / 2))"),)
        ),
        Remediation(name="move", title="Move it", steps=(shell("carry", "echo carried"),)),
    ),
    checks=(shell("again", "echo ok", save={"state": "output"}),),
    summary="It is ${state}; it had ${size} and ${remediation} was done.",
)


def test_a_runbook_from_its_first_step_to_its_summary(world: RunnerWorld) -> None:
    ended = carry_out(world, BOOK, inputs={"name": "big; touch /tmp/no"})
    assert (ended["status"], ended["reason"]) == ("succeeded", "")
    assert phases(world) == [
        "triage",
        "deciding_remediation",
        "ready_for_remediation",
        "remediation",
        "summarizing",
    ]
    told = ends(world)
    assert list(told) == ["look", "decision", "cut", "again"]
    look = told["look"]
    assert look["variables"] == {"size": "12"}
    assert "size is big; touch /tmp/no" in look["output"]
    assert (look["part"], look["state"], look["seconds"] >= 0) == ("triage", "done", True)
    assert told["decision"]["output"] == "It has 12"
    assert told["cut"]["output"] == "cut to 6"
    assert world.bot.of("summary") == [{"text": "It is ok; it had 12 and cut was done."}]
    assert "cut to 6\n" in world.bot.log("out")


def test_the_first_failure_ends_it_with_its_class(world: RunnerWorld) -> None:
    book = Runbook(
        triage=(
            shell("soft", "exit 3", on_failure=OnFailure.CONTINUE),
            shell("skipped", "echo no", when="not failed_steps"),
            shell("hard", "echo Permission denied >&2; exit 4", when="'soft' in failed_steps"),
            shell("never", "echo no"),
        )
    )
    ended = carry_out(world, book)
    assert (ended["status"], ended["reason_code"]) == ("failed", "missing_permission")
    expected = "The step “Do hard” failed: It ended with exit code 4: Permission denied"
    assert ended["reason"] == expected
    told = ends(world)
    assert {id_: step["state"] for id_, step in told.items()} == {
        "soft": "failed",
        "skipped": "skipped",
        "hard": "failed",
    }
    assert (told["soft"]["cause"], told["hard"]["cause"]) == ("tool_error", "missing_permission")


def test_what_is_carried_on_makes_it_partial(world: RunnerWorld) -> None:
    book = Runbook(triage=(shell("soft", "exit 3", on_failure=OnFailure.CONTINUE),))
    ended = carry_out(world, book)
    assert (ended["status"], ended["reason"]) == ("partial", "Failed: Do soft")
    assert world.bot.of("summary") == [{"text": "Steps: 1 failed."}]


def test_a_step_is_tried_again(world: RunnerWorld) -> None:
    script = 'echo x >> tries; [ "$(wc -l < tries)" -ge 2 ]'
    ended = carry_out(world, Runbook(triage=(shell("often", script, retries=2),)))
    assert ended["status"] == "succeeded"
    states = [step["state"] for step in world.bot.of("step")]
    assert states == ["running", "failed", "running", "done"]


def test_a_step_that_takes_too_long_is_ended_with_all_it_started(world: RunnerWorld) -> None:
    script = "sleep 600 & trap '' TERM; sleep 600"
    slow = shell("slow", script, timeout=timedelta(seconds=0.5))
    ended = carry_out(world, Runbook(triage=(slow,)))
    assert (ended["status"], ended["reason_code"]) == ("failed", "tool_timeout")
    assert "longer than 0.5 seconds" in ended["reason"]


def test_a_child_that_holds_the_output_does_not_hold_the_step(world: RunnerWorld) -> None:
    ended = carry_out(world, Runbook(triage=(shell("quick", "sleep 5 & echo done"),)))
    assert ended["status"] == "succeeded"
    assert ends(world)["quick"]["seconds"] < 4


def test_tools_are_looked_for_before_anything_runs(world: RunnerWorld) -> None:
    book = Runbook(triage=(shell("a", "echo no"), shell("b", "x", tools=("no-such-tool",))))
    ended = carry_out(world, book)
    assert (ended["status"], ended["reason_code"]) == ("failed", "tool_error")
    assert "needs no-such-tool" in ended["reason"]
    assert world.bot.of("step") == []


def test_an_agent_is_a_command_that_is_asked(world: RunnerWorld) -> None:
    ask = Step(id="ask", title="Ask", kind=StepKind.AGENT, command=("echo",), run="why ${name}?")
    book = Runbook(triage=(ask, shell("wrong", "x", when="name > 3")))
    ended = carry_out(world, book, inputs={"name": "so"})
    assert ends(world)["ask"]["output"] == "why so?"
    assert (ended["status"], ended["reason_code"]) == ("failed", "invalid_input")


def test_variables_that_are_not_there_fail_their_step(world: RunnerWorld) -> None:
    book = Runbook(triage=(shell("a", "echo no json", save={"x": "json.y"}),))
    ended = carry_out(world, book)
    assert "“x” could not be set" in ended["reason"]


# --- HTTP -----------------------------------------------------------------------------------


def http(url: str, **fields: Any) -> Step:
    return Step(id="call", title="Call", kind=StepKind.HTTP, url=url, **fields)


def test_an_address_is_called(world: RunnerWorld, server: Server, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("s3cret-value\n")
    step = http(
        f"{server.url}/200?q=${{name}}",
        method="POST",
        headers={"Authorization": "Bearer ${TOKEN}"},
        body={"who": "${name}", "count": "${count}"},
        save={"size": "json.size", "status": "status"},
    )
    inputs = {"name": "a&b=${TOKEN}", "count": 3}
    ended = carry_out(
        world, Runbook(triage=(step,)), inputs=inputs, secrets={"TOKEN": f"file:{token}"}
    )
    assert ended["status"] == "succeeded"
    method, path, headers, body = server.seen[0]
    assert (method, path) == ("POST", "/200?q=a%26b%3D%24%7BTOKEN%7D")
    assert headers["Authorization"] == "Bearer s3cret-value"
    assert json.loads(body) == {"who": "a&b=${TOKEN}", "count": 3}
    told = ends(world)["call"]
    assert told["variables"] == {"size": "12", "status": "200"}
    assert "••••" in told["output"]
    assert "s3cret" not in json.dumps(world.bot.reports)


@pytest.mark.parametrize(
    ("path", "cause", "said"),
    [
        ("/500", "tool_error", "It was answered with 500"),
        ("/401", "missing_permission", "It was answered with 401"),
        ("/404", "invalid_input", "It was answered with 404"),
        ("/302", "tool_error", "to http://elsewhere.example/; write that address"),
    ],
)
def test_answers_that_are_no_success(
    world: RunnerWorld, server: Server, path: str, cause: str, said: str
) -> None:
    ended = carry_out(world, Runbook(triage=(http(server.url + path),)))
    assert (ended["status"], ended["reason_code"]) == ("failed", cause)
    assert said in ended["reason"]


@pytest.mark.parametrize(
    ("url", "cause", "said"),
    [
        ("http://127.0.0.1:1/", "network", "No connection"),
        ("file:///etc/passwd", "invalid_input", "no http or https address"),
        ("${missing}", "invalid_input", "“missing” has no value"),
    ],
)
def test_addresses_that_cannot_be_called(
    world: RunnerWorld, url: str, cause: str, said: str
) -> None:
    ended = carry_out(world, Runbook(triage=(http(url),)))
    assert (ended["status"], ended["reason_code"]) == ("failed", cause)
    assert said in ended["reason"]


# --- people ---------------------------------------------------------------------------------


def parked(world: RunnerWorld, runbook: Runbook, **changes: Any) -> None:
    runner = world.start(runbook=runbook, command=RUNBOOK_COMMAND, **changes)
    assert world.bot.wait_for("parked") == {"gate": "G-41"}
    assert runner.wait(PATIENCE) == 0


def resumed(world: RunnerWorld, **decision: JSON) -> dict[str, Any]:
    """The end of the next claim, or its parking."""
    with AgentApi(world.folder.parents[1] / "address") as second:
        world.bot = second
        given = {"gate": "G-41", "state": "satisfied", "by": "ana", "note": "", **decision}
        return world.carry_out(
            fence=world.assignment.fence + 1, resume_gate="G-41", resume_decision=given
        )


def test_a_question_holds_no_process_and_its_answers_are_variables(world: RunnerWorld) -> None:
    book = Runbook(
        triage=(
            shell("look", "echo 12; echo once >> times", save={"size": "json"}),
            prompt(
                "ask",
                {"name": "colour", "label": "Colour"},
                {"name": "pin", "label": "PIN", "type": "secret"},
            ),
            shell("use", 'echo "$VAR_COLOUR $VAR_PIN"; env | grep -c DECISION; wc -l < times'),
        ),
        summary="${colour} ${pin}",
    )
    parked(world, book)
    asked = world.bot.of("question")
    assert asked[0]["name"] == "ask"
    assert asked[0]["form"]["prompt"] == "What now, 12?"
    assert world.processes == []
    ended = resumed(world, answers={"colour": "red", "pin": "pin-of-ana"}, secrets=["pin"])
    assert ended["status"] == "succeeded"
    told = ends(world)
    assert told["ask"]["output"] == "Answered by @ana\ncolour: red\npin: ••••"
    assert told["ask"]["variables"] == {"colour": "red", "pin": "••••"}
    assert told["use"]["output"] == "red ••••\n0\n1"
    assert world.bot.of("summary") == [{"text": "red ••••"}]
    assert "pin-of-ana" not in json.dumps(world.bot.reports)


def test_a_secret_answer_is_hidden_in_later_claims_too(world: RunnerWorld) -> None:
    book = Runbook(
        triage=(
            prompt("ask", {"name": "pin", "label": "PIN", "type": "secret"}),
            approval("allow"),
            shell("use", 'echo "it is $VAR_PIN"'),
        )
    )
    parked(world, book, inputs={"size": 1})
    with AgentApi(world.folder.parents[1] / "address") as second:
        world.bot = second
        answers = {"answers": {"pin": "pin-of-ana"}, "secrets": ["pin"]}
        parked(
            world,
            book,
            fence=4,
            resume_gate="G-41",
            resume_decision={"gate": "G-41", "state": "satisfied", "by": "ana", **answers},
        )
    ended = resumed(world, note="fine")
    assert ended["status"] == "succeeded"
    assert ends(world)["allow"]["output"] == "Approved by @ana: fine"
    assert ends(world)["use"]["output"] == "it is ••••"
    assert "pin-of-ana" not in json.dumps(world.bot.reports)


def test_a_person_chooses_where_no_rule_does(world: RunnerWorld) -> None:
    book = Runbook(triage=(shell("look", "echo 1", save={"size": "json"}),), rules=BOOK.rules)
    book = Runbook(triage=book.triage, rules=BOOK.rules, remediations=BOOK.remediations)
    parked(world, book, inputs={"name": "x"})
    form = world.bot.of("question")[0]["form"]
    assert form["fields"][0]["choices"] == ["Cut it", "Move it", "Nothing: only summarize"]
    ended = resumed(world, answers={"remediation": "Move it"})
    assert ended["status"] == "succeeded"
    assert ends(world)["carry"]["output"] == "carried"
    assert ends(world)["decision"]["output"] == "Chosen by ana"


GUARDED = Runbook(
    rules=(Rule(when="true", use="cut", reason="It must be"),),
    remediations=(
        Remediation(name="cut", title="Cut it", steps=(approval("allow"), shell("cut", "echo c"))),
    ),
)


def test_an_approval_shows_what_will_be_done(world: RunnerWorld) -> None:
    parked(world, GUARDED)
    gate = world.bot.of("gate")[0]
    assert gate["checkpoint"] == "allow"
    assert gate["plan"]["summary"] == "Cut it: Do cut"
    assert gate["plan"]["commands"] == ["echo c"]
    assert phases(world)[-1] == "ready_for_remediation"
    ended = resumed(world)
    assert ended["status"] == "succeeded"
    assert phases(world)[0] == "remediation"


def test_changes_that_are_asked_for_let_a_person_choose(world: RunnerWorld) -> None:
    parked(world, GUARDED)
    with AgentApi(world.folder.parents[1] / "address") as second:
        world.bot = second
        decision = {"gate": "G-41", "state": "returned", "by": "ana", "note": "not today"}
        parked(world, GUARDED, fence=4, resume_gate="G-41", resume_decision=decision)
        assert world.bot.of("question")[0]["form"]["why"] == "@ana asked for changes: not today"
    ended = resumed(world, answers={"remediation": "Nothing: only summarize"})
    assert ended["status"] == "succeeded"
    assert "cut" not in ends(world)


def test_autopilot_passes_an_approval(world: RunnerWorld) -> None:
    world.bot.answer_gate = lambda _data: {"gate": "G-1", "state": "satisfied"}
    ended = carry_out(world, GUARDED, mode=Mode.AUTOPILOT)
    assert ended["status"] == "succeeded"
    assert ends(world)["allow"]["output"] == "Approved by @policy"


def test_a_question_that_is_none_fails_its_step(world: RunnerWorld) -> None:
    world.bot.answer_gate = lambda _data: {"error": "the job declares no checkpoint “allow”"}
    ended = carry_out(world, GUARDED)
    assert (ended["status"], ended["reason_code"]) == ("failed", "invalid_input")
    assert "declares no checkpoint" in ended["reason"]


def test_a_stop_while_a_step_works_ends_it_at_once(world: RunnerWorld) -> None:
    world.start(runbook=Runbook(triage=(shell("long", "sleep 600"),)), command=RUNBOOK_COMMAND)
    world.bot.wait_for("step")
    world.bot.stop(grace=2)
    ended = world.bot.wait_for("ended")
    assert ended["reason"] == "Stopped via chat."


def test_what_was_done_before_is_gone(world: RunnerWorld) -> None:
    parked(world, GUARDED)
    (world.folder / "runbook-state.json").write_text("{")
    ended = resumed(world)
    assert ended["status"] == "failed"
    assert "start it again" in ended["reason"]
