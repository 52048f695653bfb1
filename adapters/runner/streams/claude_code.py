"""Reads `claude -p --output-format stream-json --verbose`.

Several lines may carry one message, each with the message's usage so far, and the result at the
end has the totals of the call, those of helpers included. So usage is told with the result; only
a call that never gave one is told by its messages.
"""

from collections.abc import Iterator

from adapters.runner.streams.fields import (
    amount,
    content,
    count,
    items,
    line_of,
    mapping,
    text,
)
from adapters.runner.streams.findings import (
    Item,
    Notebook,
    Usage,
    cost,
    note,
    output_lines,
    summary,
)
from bot.domain.codec import JSON

Event = dict[str, JSON]
_EDITS = frozenset({"Edit", "MultiEdit", "Write", "NotebookEdit"})
_MARKS = {"completed": "✔", "in_progress": "▸"}
_TELLING = ("command", "file_path", "notebook_path", "path", "pattern", "query", "url", "prompt")
"""The arguments of tools that tell what a call is about, best first."""


class ClaudeCodeReader:
    """The reader of one program's output; the program may call Claude Code several times."""

    def __init__(self, root: str) -> None:
        """`root` is the workspace."""
        self._notebook = Notebook(root)
        self._model = ""
        self._messages: dict[str, tuple[str, Usage]] = {}
        self._calls: dict[str, tuple[str, Event]] = {}
        self._results: set[str] = set()

    def read(self, event: Event) -> list[Item] | None:
        """What an event gives; None when it is none of this stream."""
        match event.get("type"):
            case "system":
                return list(self._system(event))
            case "assistant":
                return list(self._assistant(mapping(event.get("message"))))
            case "user":
                return list(self._user(mapping(event.get("message"))))
            case "result":
                return list(self._result(event))
            case "stream_event" | "rate_limit_event" | "tool_progress":
                return []
        return None

    def end(self) -> list[Item]:
        """What is left when the program is over: the usage of a call without a result."""
        used = dict[str, Usage]()
        for model, usage in self._messages.values():
            used[model] = used.get(model, Usage()).plus(usage)
        self._messages = {}
        return [item for model, usage in used.items() for item in cost(usage, model=model)]

    def _system(self, event: Event) -> Iterator[Item]:
        subtype = text(event.get("subtype"))
        if subtype == "init":
            yield from self.end()
            self._model = text(event.get("model"))
            yield f"Claude Code begins · {line_of(self._model) or 'model not named'}"
            yield from self._notebook.plans()
        else:
            yield f"Claude Code: {line_of(subtype) or 'system'}"

    def _assistant(self, message: Event) -> Iterator[Item]:
        self._count(message)
        for block in items(message.get("content")):
            match block.get("type"):
                case "text":
                    yield text(block.get("text"))
                case "thinking":
                    yield f"(thinking) {text(block.get('thinking'))}"
                case "tool_use":
                    yield from self._call(block)

    def _count(self, message: Event) -> None:
        usage = _usage(mapping(message.get("usage")))
        model = text(message.get("model")) or self._model
        key = text(message.get("id")) or f"#{len(self._messages)}"
        _, before = self._messages.get(key, (model, Usage()))
        self._messages[key] = (model, before.most(usage))

    def _call(self, block: Event) -> Iterator[Item]:
        name, given = text(block.get("name")) or "tool", mapping(block.get("input"))
        call = text(block.get("id")) or f"#{len(self._calls)}"
        about = next((text(given.get(key)) for key in _TELLING if text(given.get(key))), "")
        self._calls[call] = (name, given)
        title = f"{name}: {line_of(self._notebook.short(about))}" if about else name
        yield f"▸ {title}"
        yield from self._notebook.begins(call, title)
        if name == "TodoWrite":
            yield from self._notebook.planned([_todo(todo) for todo in items(given.get("todos"))])
        elif name == "ExitPlanMode":
            yield from self._notebook.planned(text(given.get("plan")).splitlines())
        elif name == "AskUserQuestion":
            for question in items(given.get("questions")):
                if words := text(question.get("question")):
                    yield note("question", text=words[:4_000])

    def _user(self, message: Event) -> Iterator[Item]:
        for block in items(message.get("content")):
            if block.get("type") == "tool_result":
                yield from self._answer(block)

    def _answer(self, block: Event) -> Iterator[Item]:
        call, well = text(block.get("tool_use_id")), block.get("is_error") is not True
        name, given = self._calls.pop(call, ("", {}))
        output = content(block.get("content"))
        yield from output_lines(output)
        yield from self._notebook.ends(call, well=well)
        if name in _EDITS and well:
            path = text(given.get("file_path")) or text(given.get("notebook_path"))
            yield from self._notebook.changed([path])
        if name == "Bash":
            yield from self._notebook.tested(text(given.get("command")), output, well=well)

    def _result(self, event: Event) -> Iterator[Item]:
        key = text(event.get("uuid"))
        if key and key in self._results:
            return
        self._results.add(key)
        usd = amount(event.get("total_cost_usd"))
        spent = "" if usd is None else f" · ${usd:.2f}"
        failed = event.get("is_error") is True or text(event.get("subtype")).startswith("error")
        yield f"{'✖' if failed else '✔'} {_outcome(event)}{spent}"
        models = mapping(event.get("modelUsage"))
        if models:
            # The main model comes last: it is the one whose name is kept.
            for model, given in sorted(models.items(), key=lambda pair: pair[0] == self._model):
                used = mapping(given)
                yield from cost(_camel(used), model=model, usd=amount(used.get("costUSD")))
        elif mapping(event.get("usage")) or usd is not None:
            usage = _usage(mapping(event.get("usage")))
            yield from cost(usage, model=self._model, usd=usd)
        else:
            yield from self.end()
        self._messages = {}
        answer = text(event.get("result"))
        yield from summary(answer or (_outcome(event) if failed else ""))


def _outcome(event: Event) -> str:
    turns = count(event.get("num_turns"))
    return f"Claude Code ended: {line_of(text(event.get('subtype'))) or 'result'}, {turns} turns"


def _todo(todo: Event) -> str:
    return f"{_MARKS.get(text(todo.get('status')), '○')} {line_of(text(todo.get('content')), 300)}"


def _usage(given: Event) -> Usage:
    cached = count(given.get("cache_read_input_tokens"))
    kept = count(given.get("cache_creation_input_tokens"))
    return Usage(
        read=count(given.get("input_tokens")) + kept + cached,
        cached=cached,
        written=count(given.get("output_tokens")),
    )


def _camel(given: Event) -> Usage:
    cached = count(given.get("cacheReadInputTokens"))
    kept = count(given.get("cacheCreationInputTokens"))
    return Usage(
        read=count(given.get("inputTokens")) + kept + cached,
        cached=cached,
        written=count(given.get("outputTokens")),
    )
