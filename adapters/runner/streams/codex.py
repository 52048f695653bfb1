"""Reads `codex exec --json`.

The usage at the end of a turn is the running total of its thread, so only what it adds is told.
Cached input is part of the input. The stream names no model.
"""

import re
from collections.abc import Iterator

from adapters.runner.streams.fields import count, items, line_of, mapping, text
from adapters.runner.streams.findings import Item, Notebook, Usage, cost, output_lines, summary
from bot.domain.codec import JSON

Event = dict[str, JSON]
_SHELL = re.compile(
    r"(?:\S*/)?(?:ba|z|da)?sh -l?c (?P<quote>['\"]?)(?P<command>.*)(?P=quote)", re.DOTALL
)


class CodexReader:
    """The reader of one program's output; the program may call Codex several times."""

    def __init__(self, root: str, model: str) -> None:
        """`root` is the workspace; `model` what its usage is told under."""
        self._notebook = Notebook(root)
        self._model = model
        self._thread = ""
        self._told: dict[str, Usage] = {}
        self._answer = ""

    def read(self, event: Event) -> list[Item] | None:
        """What an event gives; None when it is none of this stream."""
        match event.get("type"):
            case "thread.started":
                self._thread = text(event.get("thread_id"))
                return [f"Codex begins · {self._model}", *self._notebook.plans()]
            case "turn.started":
                return []
            case "turn.completed":
                return list(self._turn(mapping(event.get("usage"))))
            case "turn.failed":
                return list(self._failure(text(mapping(event.get("error")).get("message"))))
            case "error":
                return [f"✖ {text(event.get('message')) or 'Codex failed'}"]
            case "item.started" | "item.updated":
                return list(self._item(mapping(event.get("item")), over=False))
            case "item.completed":
                return list(self._item(mapping(event.get("item")), over=True))
        return None

    def end(self) -> list[Item]:
        """Nothing is left: usage is told with each turn."""
        return []

    def _turn(self, given: Event) -> Iterator[Item]:
        total = Usage(
            read=count(given.get("input_tokens")),
            cached=count(given.get("cached_input_tokens")),
            written=count(given.get("output_tokens")),
        )
        before = self._told.get(self._thread, Usage())
        self._told[self._thread] = total.most(before)
        added = total.beyond(before)
        yield f"✔ Codex ended a turn · {added.read:,} tokens in, {added.written:,} out"
        yield from cost(added, model=self._model)
        yield from summary(self._answer)
        self._answer = ""

    def _failure(self, message: str) -> Iterator[Item]:
        words = f"Codex failed: {message or 'no reason given'}"
        yield f"✖ {words}"
        yield from summary(words)

    def _item(self, item: Event, *, over: bool) -> Iterator[Item]:
        match item.get("type"):
            case "command_execution":
                yield from self._command(item, over=over)
            case "file_change":
                yield from self._files(item, over=over)
            case "todo_list":
                yield from self._notebook.planned(
                    [_todo(todo) for todo in items(item.get("items"))]
                )
            case "mcp_tool_call" | "web_search":
                yield from self._tool(item, over=over)
            case "agent_message" if over:
                self._answer = text(item.get("text"))
                yield self._answer
            case "reasoning" if over:
                yield f"(thinking) {text(item.get('text'))}"
            case "error":
                yield f"✖ {text(item.get('message'))}"

    def _command(self, item: Event, *, over: bool) -> Iterator[Item]:
        call, command = text(item.get("id")), _command(text(item.get("command")))
        begun = list(self._notebook.begins(call, command))
        if begun:
            yield f"▸ {line_of(command, 300)}"
            yield from begun
        if over:
            well = item.get("status") == "completed" and item.get("exit_code") in (0, None)
            output = text(item.get("aggregated_output"))
            yield from output_lines(output)
            yield from self._notebook.ends(call, well=well)
            yield from self._notebook.tested(command, output, well=well)

    def _files(self, item: Event, *, over: bool) -> Iterator[Item]:
        call = text(item.get("id"))
        paths = [text(change.get("path")) for change in items(item.get("changes"))]
        title = f"Edit: {line_of(self._notebook.short(', '.join(paths)))}"
        begun = list(self._notebook.begins(call, title))
        if begun:
            yield f"▸ {title}"
            yield from begun
        if over:
            well = item.get("status") == "completed"
            yield from self._notebook.ends(call, well=well)
            yield from self._notebook.changed(paths if well else [])

    def _tool(self, item: Event, *, over: bool) -> Iterator[Item]:
        call = text(item.get("id"))
        name = " ".join(filter(None, (text(item.get("server")), text(item.get("tool")))))
        title = name or f"Search: {text(item.get('query'))}"
        begun = list(self._notebook.begins(call, title))
        if begun:
            yield f"▸ {line_of(title, 300)}"
            yield from begun
        if over:
            yield from self._notebook.ends(
                call, well=item.get("status", "completed") == "completed"
            )


def _todo(todo: Event) -> str:
    return f"{'✔' if todo.get('completed') is True else '○'} {line_of(text(todo.get('text')), 300)}"


def _command(command: str) -> str:
    """The command without the shell that was put around it."""
    match = _SHELL.fullmatch(command)
    return match["command"] if match else command
