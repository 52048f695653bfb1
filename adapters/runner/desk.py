"""Answers the calls of `signalbox report`; checks again what the client has checked."""

from collections.abc import Callable, Mapping
from pathlib import Path

from adapters.runner.claim import Claim
from adapters.runner.deliveries import Deliveries
from adapters.runner.ending import Result
from adapters.runner.gates import Gates, answer_decision
from adapters.runner.outbox import OnResult
from adapters.runner.report_socket import Visitor
from bot.domain.codec import JSON
from bot.domain.errors import UserError
from bot.domain.report import ReportKind
from bot.domain.vocabulary import Reason

_LONGEST_NAME = 80
_LONGEST_TEXT = 4_000
_LARGEST_NUMBER = 10**15
_STEP_STATES = ("running", "done", "failed", "skipped")
_STEP_DETAILS = (
    *("id", "title", "part", "input", "output", "message"),
    *("variables", "seconds", "cause"),
)
"""What may be said of a step beside its name and state; the bot checks them."""
_RESULTS = ("succeeded", "partial", "failed")

Request = Mapping[str, JSON]


class Desk:
    """One method a call; what is wrong with a request is raised as UserError."""

    def __init__(self, claim: Claim, gates: Gates, deliveries: Deliveries) -> None:
        self.result: Result | None = None
        """How the program says that it ends."""
        self._claim = claim
        self._gates = gates
        self._deliveries = deliveries
        self._calls: dict[str, Callable[[Request, Visitor], None]] = {
            "phase": self._phase,
            "step": self._step,
            "summary": self._summary,
            "cost": self._cost,
            "artifact": self._artifact,
            "gate": self._gate,
            "question": self._question,
            "push": lambda _request, visitor: deliveries.push(visitor),
            "result": self._result,
        }

    def handle(self, request: Request, visitor: Visitor) -> None:
        """Carry out a call; it is answered now or when it is done."""
        self._claim.sign_of_life.set()
        call = self._calls.get(str(request.get("call")))
        if call is None:
            raise UserError(f"There is no such call; there are {', '.join(self._calls)}.")
        call(request, visitor)

    def _phase(self, request: Request, visitor: Visitor) -> None:
        self._tell(ReportKind.PHASE, {"name": _text(request, "name", _LONGEST_NAME)}, visitor)

    def _step(self, request: Request, visitor: Visitor) -> None:
        name = _text(request, "name", _LONGEST_NAME)
        data: dict[str, JSON] = {"name": name, "state": _word(request, "state", _STEP_STATES)}
        data |= {field: request[field] for field in _STEP_DETAILS if request.get(field)}
        self._tell(ReportKind.STEP, data, visitor)

    def _summary(self, request: Request, visitor: Visitor) -> None:
        self._tell(ReportKind.SUMMARY, {"text": _text(request, "text", _LONGEST_TEXT)}, visitor)

    def _cost(self, request: Request, visitor: Visitor) -> None:
        data: dict[str, JSON] = {
            "input_tokens": int(_number(request, "input_tokens")),
            "cached_tokens": int(_number({"cached_tokens": 0} | dict(request), "cached_tokens")),
            "output_tokens": int(_number(request, "output_tokens")),
            "usd": None if request.get("usd") is None else _number(request, "usd"),
            "model": str(request.get("model") or "")[:_LONGEST_NAME],
        }
        self._tell(ReportKind.COST, data, visitor)

    def _artifact(self, request: Request, visitor: Visitor) -> None:
        path = Path(_text(request, "path", _LONGEST_TEXT))
        name = self._claim.masker.mask(str(request.get("name") or path.name))
        self._deliveries.store_artifact(path, name, visitor)

    def _gate(self, request: Request, visitor: Visitor) -> None:
        checkpoint, plan = _text(request, "checkpoint", _LONGEST_NAME), request.get("plan")
        opened = self._opening(request, visitor)
        self._claim.report(ReportKind.GATE, {"checkpoint": checkpoint, "plan": plan}, opened)

    def _question(self, request: Request, visitor: Visitor) -> None:
        name, form = _text(request, "name", _LONGEST_NAME), request.get("form")
        opened = self._opening(request, visitor)
        self._claim.report(ReportKind.QUESTION, {"name": name, "form": form}, opened)

    def _opening(self, request: Request, visitor: Visitor) -> OnResult:
        """What is done with the bot's answer to a gate or question."""
        waits = bool(request.get("wait"))
        hold = None if request.get("hold") is None else _number(request, "hold")

        def opened(result: JSON) -> None:
            if waits or "error" in result:
                self._gates.take(
                    result, visitor, lambda made: answer_decision(visitor, made), hold=hold
                )
            else:
                if result["state"] == "open":
                    self._gates.opened(result)
                answer_decision(visitor, result)

        return opened

    def _result(self, request: Request, visitor: Visitor) -> None:
        code = request.get("reason_code")
        self.result = Result(
            status=_word(request, "status", _RESULTS),
            reason_code=None if code is None else _word(request, "reason_code", tuple(Reason)),
            text=self._claim.masker.mask(str(request.get("text") or ""))[:_LONGEST_TEXT],
        )
        visitor.answer(0, {"ok": True})

    def _tell(self, kind: ReportKind, data: Mapping[str, JSON], visitor: Visitor) -> None:
        self._claim.report(kind, data)
        visitor.answer(0, {"ok": True})


def _text(request: Request, field: str, longest: int) -> str:
    value = request.get(field)
    if not isinstance(value, str) or not 0 < len(value) <= longest or "\0" in value:
        raise UserError(f"The {field} must be text of 1 to {longest:,} characters without NUL.")
    return value


def _word(request: Request, field: str, words: tuple[str, ...]) -> str:
    value = request.get(field)
    if value not in words:
        raise UserError(f"The {field} must be one of {', '.join(words)}.")
    return str(value)


def _number(request: Request, field: str) -> float:
    value = request.get(field)
    if not isinstance(value, int | float) or not 0 <= value <= _LARGEST_NUMBER:
        raise UserError(f"{field} must be a number from 0 to {_LARGEST_NUMBER:,}.")
    return value
