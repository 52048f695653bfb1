"""The bot as runners see it: the HTTP agent API of docs/job-protocol.md, in memory."""

import hashlib
import json
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

PATIENCE = 30.0
"""Seconds until something that was waited for counts as missing."""

Data = dict[str, Any]
Answer = tuple[int, Data]
_NO_ANSWER = 0


class AgentApi:
    """One claim of one job; tests decide what is answered, and read what was reported."""

    def __init__(self, address_file: Path, *, token: str = "token-of-the-claim") -> None:
        self.token = token
        self.reports: list[tuple[str, Data]] = []
        self.artifacts: dict[str, bytes] = {}
        self.answer_gate: Callable[[Data], Data] = lambda _data: {"gate": "G-41", "state": "open"}
        self.answer_push: Callable[[Data], Data] = lambda _data: {"allowed": True, "branch": "b"}
        self.answer_credential: Callable[[Data], Answer] = lambda _asked: (
            200,
            {"credential": None},
        )
        self.refused: set[str] = set()
        """Kinds of reports that are answered with 400."""
        self.silent_after: set[str] = set()
        """Kinds of reports that are taken, but whose answer is lost."""
        self.stale = False
        self.sign_of_life = False
        self._address_file = address_file
        self._results: dict[str, Data] = {}
        self._orders: list[Data] = []
        self._changed = threading.Condition()
        self._server: ThreadingHTTPServer | None = None

    def __enter__(self) -> Self:
        self.come_up()
        return self

    def __exit__(self, *_: object) -> None:
        self.go_down()

    def come_up(self) -> None:
        """Listen on a fresh port, and say so in the address file."""
        api = self

        class Handler(_Handler):
            bot = api

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        self._address_file.write_text(f"http://127.0.0.1:{self._server.server_address[1]}\n")

    def go_down(self) -> None:
        """Answer nobody any more; calls that wait are cut off."""
        server, self._server = self._server, None
        if server is not None:
            server.shutdown()
            server.server_close()
        with self._changed:
            self._changed.notify_all()

    def order(self, kind: str, /, **data: Any) -> int:
        """Order something; its id."""
        with self._changed:
            number = len(self._orders) + 7
            self._orders.append({"id": number, "kind": kind, "data": data})
            self._changed.notify_all()
        return number

    def stop(self, grace: float = 10.0, reason: str = "Stopped via chat.") -> int:
        """Order the program's end."""
        return self.order("stop", reason_code="stopped", reason=reason, by="ana", grace=grace)

    def answer(self, secrets: tuple[str, ...] = (), **answers: Any) -> int:
        """Answer a question."""
        named = {"secrets": list(secrets)} if secrets else {}
        data = {"gate": "G-41", "state": "satisfied", "note": "", "by": "ana", "answers": answers}
        return self.order("decision", **data, **named)

    def decide(self, state: str, note: str = "", gate: str = "G-41") -> int:
        """Decide a gate."""
        return self.order("decision", gate=gate, state=state, note=note, by="reviewer")

    def wait_for(self, kind: str, count: int = 1) -> Data:
        """The data of the `count`-th report of a kind, once it is there."""
        found: Data = self.wait_until(lambda: self.of(kind)[count - 1 :], f"{kind} report")[0]
        return found

    def wait_for_log(self, text: str) -> None:
        """Return when the log holds the text."""
        self.wait_until(lambda: text in self.log(), f"“{text}” in the log")

    def wait_until(self, find: Callable[[], Any], what: str) -> Any:
        """What `find` finds, once it is true; told after every report."""
        deadline = time.monotonic() + PATIENCE
        with self._changed:
            while not (found := find()):
                assert time.monotonic() < deadline, f"no {what}; there are {self.reports}"
                self._changed.wait(0.2)
        return found

    def of(self, kind: str) -> list[Data]:
        """The data of all reports of a kind."""
        return [data for reported, data in self.reports if reported == kind]

    def log(self, stream: str | None = None) -> str:
        """The whole log, or that of one stream."""
        return "".join(data["text"] for data in self.of("log") if stream in {None, data["stream"]})

    @property
    def kinds(self) -> list[str]:
        """What was reported, in order, without the log."""
        return [kind for kind, _data in self.reports if kind != "log"]

    @property
    def consumed(self) -> list[int]:
        """The orders that were carried out."""
        return [number for data in self.of("consumed") for number in data["orders"]]

    @property
    def up(self) -> bool:
        return self._server is not None

    def take_reports(self, reports: list[Data]) -> Answer:
        with self._changed:
            for report in reports:
                if not self.up:
                    break
                if report["kind"] in self.refused:
                    return 400, {"error": f"no {report['kind']} is wanted"}
                if report["seq"] > len(self.reports) + 1:
                    return 400, {"error": "gap"}
                if report["seq"] == len(self.reports) + 1:
                    self._take(report)
            self._changed.notify_all()
            if self.reports and self.reports[-1][0] in self.silent_after:
                return _NO_ANSWER, {}
        numbers = {str(report["seq"]) for report in reports}
        results = {seq: self._results[seq] for seq in numbers & set(self._results)}
        return 200, {"taken": len(self.reports), "results": results}

    def next_orders(self, after: int, wait: float) -> Answer:
        deadline = time.monotonic() + wait
        with self._changed:
            while self.up and not self.over and time.monotonic() < deadline:
                if orders := [order for order in self._orders if order["id"] > after]:
                    return 200, {"orders": orders}
                self._changed.wait(0.1)
        return (409, {"error": "stale"}) if self.over else (200, {"orders": []})

    @property
    def over(self) -> bool:
        """Whether the claim has ended."""
        return self.stale or any(kind in {"ended", "parked"} for kind, _data in self.reports)

    def _take(self, report: Data) -> None:
        data = report["data"]
        self.reports.append((report["kind"], data))
        if report["kind"] in {"gate", "question"}:
            self._results[str(report["seq"])] = self.answer_gate(data)
        if report["kind"] == "push":
            self._results[str(report["seq"])] = self.answer_push(data)


class _Handler(BaseHTTPRequestHandler):
    bot: AgentApi
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self._answer(lambda: self.bot.take_reports(json.loads(body)["reports"]))

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        named = self.path.rpartition("/")[2]
        if hashlib.sha256(body).hexdigest() != named:
            self._answer(lambda: (400, {"error": "wrong hash"}))
            return
        self.bot.artifacts[named] = body
        self._answer(lambda: (200, {}))

    def do_GET(self) -> None:
        query = {name: words[0] for name, words in parse_qs(urlsplit(self.path).query).items()}
        if "/credential?" in self.path:
            self._answer(lambda: self.bot.answer_credential(query))
            return
        self.bot.sign_of_life |= query["alive"] == "1"
        self._answer(lambda: self.bot.next_orders(int(query["after"]), float(query["wait"])))

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _answer(self, answer: Callable[[], Answer]) -> None:
        if self.headers["Authorization"] != f"Bearer {self.bot.token}":
            status, data = 401, {"error": "unknown token"}
        elif self.bot.over:
            status, data = 409, {"error": "stale"}
        else:
            status, data = answer()
        if not self.bot.up or status == _NO_ANSWER:
            self.close_connection = True
            return
        body = json.dumps(data).encode()
        with suppress(ConnectionError):
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
