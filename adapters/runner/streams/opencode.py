"""Reads `opencode run --format json`.

Each step ends with its own tokens and cost. Input leaves out what came from a cache, output leaves
out reasoning. A cost of 0 is what a model without a known price is given, so it counts as unknown.
"""

from collections.abc import Iterator

from adapters.runner.streams.fields import amount, count, items, line_of, mapping, text
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
_EDITS = frozenset({"edit", "write", "multiedit", "patch"})
_MARKS = {"completed": "✔", "in_progress": "▸", "cancelled": "✖"}
_TELLING = ("command", "filePath", "pattern", "path", "query", "url", "description")
"""The arguments of tools that tell what a call is about, best first."""


class OpenCodeReader:
    """The reader of one program's output; the program may call OpenCode several times."""

    def __init__(self, root: str, model: str) -> None:
        """`root` is the workspace; `model` what its usage is told under."""
        self._notebook = Notebook(root)
        self._model = model
        self._steps: set[str] = set()
        self._answer: list[str] = []

    def read(self, event: Event) -> list[Item] | None:
        """What an event gives; None when it is none of this stream."""
        part = mapping(event.get("part"))
        match event.get("type"):
            case "step_start":
                return list(self._notebook.plans())
            case "text":
                return list(self._text(part))
            case "reasoning":
                return [f"(thinking) {text(part.get('text'))}"]
            case "tool_use":
                return list(self._tool(part))
            case "step_finish":
                return list(self._step(part))
            case "error":
                return list(_failure(mapping(event.get("error"))))
        return None

    def end(self) -> list[Item]:
        """Nothing is left: usage is told with each step."""
        return []

    def _text(self, part: Event) -> Iterator[Item]:
        if words := text(part.get("text")):
            self._answer.append(words)
            yield words

    def _tool(self, part: Event) -> Iterator[Item]:
        name, state = text(part.get("tool")) or "tool", mapping(part.get("state"))
        given, status = mapping(state.get("input")), text(state.get("status"))
        call = text(part.get("callID")) or text(part.get("id"))
        about = next((text(given.get(key)) for key in _TELLING if text(given.get(key))), "")
        title = f"{name}: {line_of(self._notebook.short(about))}" if about else name
        begun = list(self._notebook.begins(call, title))
        if begun:
            yield f"▸ {title}"
            yield from begun
        if status not in {"completed", "error"}:
            return
        output = text(state.get("output")) or text(state.get("error"))
        exit_code = mapping(state.get("metadata")).get("exit")
        well = status == "completed" and exit_code in (0, None)
        yield from output_lines(output)
        yield from self._notebook.ends(call, well=well)
        yield from self._effects(name, given, output, well=well)

    def _effects(self, name: str, given: Event, output: str, *, well: bool) -> Iterator[Item]:
        if name in _EDITS and well:
            yield from self._notebook.changed([text(given.get("filePath"))])
        elif name == "bash":
            yield from self._notebook.tested(text(given.get("command")), output, well=well)
        elif name == "todowrite":
            yield from self._notebook.planned([_todo(todo) for todo in items(given.get("todos"))])
        elif name == "question":
            for question in items(given.get("questions")):
                if words := text(question.get("question")):
                    yield note("question", text=words[:4_000])

    def _step(self, part: Event) -> Iterator[Item]:
        key = text(part.get("id"))
        if key and key in self._steps:
            return
        self._steps.add(key)
        usage, usd = _usage(mapping(part.get("tokens"))), amount(part.get("cost"))
        yield f"· {usage.read:,} tokens in, {usage.written:,} out"
        yield from cost(usage, model=self._model, usd=usd or None)
        if text(part.get("reason")) not in {"tool-calls", "tool_calls"}:
            yield from summary("\n".join(self._answer))
        self._answer = []


def _failure(error: Event) -> Iterator[Item]:
    message = text(mapping(error.get("data")).get("message")) or text(error.get("message"))
    words = f"OpenCode failed: {message or text(error.get('name')) or 'no reason given'}"
    yield f"✖ {words}"
    yield from summary(words)


def _todo(todo: Event) -> str:
    return f"{_MARKS.get(text(todo.get('status')), '○')} {line_of(text(todo.get('content')), 300)}"


def _usage(given: Event) -> Usage:
    cache = mapping(given.get("cache"))
    cached = count(cache.get("read"))
    return Usage(
        read=count(given.get("input")) + cached + count(cache.get("write")),
        cached=cached,
        written=count(given.get("output")) + count(given.get("reasoning")),
    )
