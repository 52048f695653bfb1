"""The event streams of coding agents: what each event gives."""

import pytest

from adapters.runner.streams.reading import line_reader
from bot.domain.blueprint import Stream
from bot.domain.report import ReportKind
from tests.unit.event_streams import ROOT, STREAMS, Data, fixture, found, log, notes, of, whole


def test_plain_output_has_no_reader() -> None:
    assert line_reader(Stream.NONE, root=ROOT, command=("agent",)) is None


@pytest.mark.parametrize("stream", STREAMS)
def test_a_program_first_plans_and_then_works(stream: Stream) -> None:
    assert of(whole(stream), ReportKind.PHASE) == [{"name": "planning"}, {"name": "working"}]


@pytest.mark.parametrize("stream", STREAMS)
def test_no_line_of_a_fixture_is_shown_as_json(stream: Stream) -> None:
    assert not [line for line in log(whole(stream)) if line.startswith("{")]


class TestClaudeCode:
    def test_the_results_totals_are_told_once_per_model(self) -> None:
        assert of(whole(Stream.CLAUDE_CODE), ReportKind.COST) == [
            {
                "input_tokens": 500,
                "cached_tokens": 0,
                "output_tokens": 20,
                "model": "claude-haiku-4-5",
                "usd": 0.0025,
            },
            {
                "input_tokens": 48_318,
                "cached_tokens": 46_000,
                "output_tokens": 400,
                "model": "claude-sonnet-4-5",
                "usd": 0.06,
            },
        ]

    def test_a_result_that_is_repeated_counts_once(self) -> None:
        lines = fixture(Stream.CLAUDE_CODE).splitlines()
        assert len(of(found(Stream.CLAUDE_CODE, *lines, lines[-1]), ReportKind.COST)) == 2

    def test_without_models_the_usage_of_the_result_counts(self) -> None:
        result = {
            "type": "result",
            "subtype": "success",
            "usage": {"input_tokens": 5, "output_tokens": 7},
            "total_cost_usd": 0.5,
        }
        begun = {"type": "system", "subtype": "init", "model": "sonnet"}
        (cost,) = of(found(Stream.CLAUDE_CODE, begun, result), ReportKind.COST)
        assert (cost["input_tokens"], cost["usd"], cost["model"]) == (5, 0.5, "sonnet")

    @pytest.mark.parametrize("last", [[], [{"type": "result", "subtype": "error_max_turns"}]])
    def test_without_totals_each_message_counts_once(self, last: list[Data]) -> None:
        lines = fixture(Stream.CLAUDE_CODE).splitlines()[:-1]
        items = found(Stream.CLAUDE_CODE, *lines, *last)
        assert of(items, ReportKind.COST) == [
            {
                "input_tokens": 12_003 + 3 * 12_105,
                "cached_tokens": 46_000,
                "output_tokens": 60 + 90 + 2 + 2,
                "model": "claude-sonnet-4-5",
            }
        ]

    def test_a_second_call_is_told_on_its_own(self) -> None:
        lines = fixture(Stream.CLAUDE_CODE).splitlines()
        second = [line.replace("u-r", "u-r2") for line in lines]
        costs = of(found(Stream.CLAUDE_CODE, *lines, *second), ReportKind.COST)
        assert sum(cost["usd"] for cost in costs) == 2 * 0.0625
        cut_off = of(found(Stream.CLAUDE_CODE, *lines[:-1], *second), ReportKind.COST)
        assert len(cut_off) == 3

    def test_tools_are_steps(self) -> None:
        steps = of(whole(Stream.CLAUDE_CODE), ReportKind.STEP)
        assert [(step["name"], step["state"]) for step in steps[:6]] == [
            ("TodoWrite", "running"),
            ("TodoWrite", "done"),
            ("Edit: shop/money.py", "running"),
            ("Bash: python -m pytest -q", "running"),
            ("Edit: shop/money.py", "done"),
            ("Bash: python -m pytest -q", "failed"),
        ]

    def test_files_tests_plan_and_questions(self) -> None:
        items = whole(Stream.CLAUDE_CODE)
        assert notes(items, "files") == [{"files": ["shop/money.py"]}]
        assert notes(items, "tests") == [
            {"text": "python -m pytest -q: 1 failed, 1 passed in 0.1s", "state": "failed"},
            {"text": "python -m pytest -q: 2 passed in 0.1s", "state": "passed"},
        ]
        assert notes(items, "plan") == [{"text": "▸ Find the rounding\n○ Run the tests"}]
        assert notes(items, "question") == [{"text": "Round half up everywhere?"}]

    def test_a_plan_to_be_approved_is_a_plan(self) -> None:
        call = {"type": "tool_use", "id": "t", "name": "ExitPlanMode", "input": {"plan": "1. Do"}}
        event = {"type": "assistant", "message": {"content": [call]}}
        assert notes(found(Stream.CLAUDE_CODE, event), "plan") == [{"text": "1. Do"}]

    def test_the_answer_is_the_summary_and_an_error_is_told(self) -> None:
        (told,) = of(whole(Stream.CLAUDE_CODE), ReportKind.SUMMARY)
        assert told == {"text": "Rounded half up in shop/money.py; both tests pass."}
        failed = {"type": "result", "subtype": "error_max_turns", "is_error": True, "num_turns": 3}
        (told,) = of(found(Stream.CLAUDE_CODE, failed), ReportKind.SUMMARY)
        assert told == {"text": "Claude Code ended: error_max_turns, 3 turns"}

    def test_of_long_output_the_end_is_shown(self) -> None:
        block = {"type": "tool_result", "tool_use_id": "t", "content": "line\n" * 29 + "last"}
        shown = log(found(Stream.CLAUDE_CODE, {"type": "user", "message": {"content": [block]}}))
        assert (shown[0], shown[-1], len(shown)) == ("  … 10 lines before", "  last", 21)

    def test_an_answer_that_is_data_is_not_said(self) -> None:
        data = {"type": "result", "subtype": "success", "result": '{"summary": "Greet"}'}
        assert of(found(Stream.CLAUDE_CODE, data), ReportKind.SUMMARY) == []

    def test_the_log_reads_well(self) -> None:
        assert log(whole(Stream.CLAUDE_CODE))[:6] == [
            "Claude Code begins · claude-sonnet-4-5",
            "(thinking) Half a cent gets lost.",
            "I will look at the money first.",
            "▸ TodoWrite",
            "  Todos have been modified",
            "▸ Edit: shop/money.py",
        ]
        more = {"type": "system", "subtype": "compact_boundary"}
        assert log(found(Stream.CLAUDE_CODE, more)) == ["Claude Code: compact_boundary"]


class TestCodex:
    def test_a_running_total_is_told_as_what_it_adds(self) -> None:
        lines = fixture(Stream.CODEX).splitlines()
        again = lines[-4]
        costs = of(found(Stream.CODEX, *lines, again), ReportKind.COST)
        assert costs == [
            {"input_tokens": 1200, "cached_tokens": 200, "output_tokens": 345, "model": "codex"},
            {"input_tokens": 1800, "cached_tokens": 1300, "output_tokens": 100, "model": "codex"},
        ]

    def test_threads_have_totals_of_their_own(self) -> None:
        lines = fixture(Stream.CODEX).splitlines()
        other = [line.replace("th1", "th2") for line in lines]
        costs = of(found(Stream.CODEX, *lines, *other, *lines), ReportKind.COST)
        assert sum(cost["input_tokens"] for cost in costs) == 2 * 3000

    @pytest.mark.parametrize(
        ("command", "model"),
        [
            (("codex", "exec", "-m", "gpt-x", "do it"), "gpt-x"),
            (("agent.sh", "--model", "gpt-x"), "gpt-x"),
            (("agent.sh", "--model=gpt-x"), "gpt-x"),
            (("python3", "-m", "agent"), "codex"),
            (("codex", "--model"), "codex"),
        ],
    )
    def test_the_model_stands_in_the_command(self, command: tuple[str, ...], model: str) -> None:
        assert of(whole(Stream.CODEX, *command), ReportKind.COST)[0]["model"] == model

    def test_commands_files_and_tools_are_steps(self) -> None:
        steps = of(whole(Stream.CODEX), ReportKind.STEP)
        assert [(step["name"], step["state"]) for step in steps] == [
            ("cat money.go", "running"),
            ("cat money.go", "done"),
            ("Edit: money.go, money_test.go", "running"),
            ("Edit: money.go, money_test.go", "done"),
            ("go test ./...", "running"),
            ("go test ./...", "failed"),
            ("files read", "running"),
            ("files read", "failed"),
            ("Search: round half up", "running"),
            ("Search: round half up", "done"),
        ]

    def test_files_tests_and_plan(self) -> None:
        items = whole(Stream.CODEX)
        assert notes(items, "files") == [{"files": ["money.go", "money_test.go"]}]
        assert notes(items, "tests") == [{"text": "go test ./...: FAIL", "state": "failed"}]
        assert [plan["text"] for plan in notes(items, "plan")] == [
            "○ Fix rounding\n○ Test",
            "✔ Fix rounding\n○ Test",
        ]

    def test_each_turns_answer_and_a_failure_are_told(self) -> None:
        assert [told["text"] for told in of(whole(Stream.CODEX), ReportKind.SUMMARY)] == [
            "I fixed it, one test still fails.",
            "Now all tests pass.",
            "Codex failed: usage limit reached",
        ]

    def test_what_failed_changes_nothing(self) -> None:
        change = {"id": "i", "type": "file_change", "status": "failed", "changes": [{"path": "a"}]}
        items = found(Stream.CODEX, {"type": "item.completed", "item": change})
        assert notes(items, "files") == []
        error = {"type": "item.completed", "item": {"type": "error", "message": "slow"}}
        assert log(found(Stream.CODEX, error)) == ["✖ slow"]


class TestOpenCode:
    def test_each_step_has_its_own_cost_and_an_unknown_one_has_none(self) -> None:
        costs = of(whole(Stream.OPENCODE, "opencode", "run", "-m", "a/b"), ReportKind.COST)
        assert costs == [
            {
                "input_tokens": 160,
                "cached_tokens": 50,
                "output_tokens": 30,
                "model": "a/b",
                "usd": 0.01,
            },
            {"input_tokens": 30, "cached_tokens": 0, "output_tokens": 5, "model": "a/b"},
            {
                "input_tokens": 140,
                "cached_tokens": 100,
                "output_tokens": 6,
                "model": "a/b",
                "usd": 0.02,
            },
        ]

    def test_tools_are_steps(self) -> None:
        steps = of(whole(Stream.OPENCODE), ReportKind.STEP)
        assert [step["state"] for step in steps] == [
            *("running", "done"),
            *("running", "failed"),
            *("running", "done"),
            *("running", "done"),
        ]
        assert steps[-1]["name"] == "bash: npm test"

    def test_a_tool_may_be_told_while_it_runs(self) -> None:
        part = {"callID": "c", "tool": "bash", "state": {"status": "running", "input": {}}}
        items = found(Stream.OPENCODE, {"type": "tool_use", "part": part})
        assert of(items, ReportKind.STEP) == [{"name": "bash", "state": "running"}]

    def test_files_tests_plan_and_questions(self) -> None:
        items = whole(Stream.OPENCODE)
        assert notes(items, "files") == [{"files": ["shop/money.py"]}]
        assert notes(items, "tests") == [
            {"text": "npm test: Tests: 4 passed, 4 total", "state": "passed"}
        ]
        assert notes(items, "plan") == [{"text": "▸ Fix rounding"}]
        state = {"status": "completed", "input": {"questions": [{"question": "Why?"}]}}
        part = {"callID": "c", "tool": "question", "state": state}
        asked = found(Stream.OPENCODE, {"type": "tool_use", "part": part})
        assert notes(asked, "question") == [{"text": "Why?"}]

    def test_only_the_last_words_are_the_summary(self) -> None:
        assert [told["text"] for told in of(whole(Stream.OPENCODE), ReportKind.SUMMARY)] == [
            "Rounded half up.",
            "OpenCode failed: rate limited",
        ]
