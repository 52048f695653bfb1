"""The words people see for a status, and the words by which they filter: one table for both.

Source: docs/model.md, “Four fields, not one enum”.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from bot.domain.selection import Filter
from bot.domain.vocabulary import LIVE, Disposition, Profile, Reason, Status

T = TypeVar("T")


@dataclass(frozen=True)
class _Wording:
    """A native word and what it stands for; an empty tuple leaves everything in."""

    words: str
    profiles: tuple[Profile, ...]
    status: Status
    phases: tuple[str, ...] = ()
    reasons: tuple[Reason, ...] = ()
    dispositions: tuple[Disposition, ...] = ()


_AGENT = (Profile.AGENT,)
_POD = (Profile.POD,)
_PULLING = (*_AGENT, *_POD)
_AUTOMATION = (Profile.AUTOMATION,)
_RUNBOOK = (Profile.FLOW, Profile.GUIDE)
_TRIAGE = ("triage", "checkpoint:triage")
_REMEDIATION = (
    *("deciding_remediation", "ready_for_remediation"),
    *("remediation", "checkpoint:remediation"),
)
_REVIEWED = (Disposition.REVIEWED,)
_REJECTED = (Disposition.PR_REJECTED,)
_DENIED = (Reason.GATE_CANCELLED, Reason.GATE_REJECTED)
_UNDELIVERED = (Reason.DELIVERIES_EXHAUSTED,)

_NATIVE: tuple[_Wording, ...] = (
    _Wording("Launching", _AGENT, Status.CLAIMED, phases=("launching",)),
    _Wording("PR opened", _AGENT, Status.SUCCEEDED, dispositions=(Disposition.PR_OPEN,)),
    _Wording("Done", _AGENT, Status.CANCELLED, reasons=(Reason.DELETED,)),
    _Wording("Awaiting approval", _POD, Status.WAITING),
    _Wording("Done", _POD, Status.SUCCEEDED, dispositions=_REVIEWED),
    _Wording("PR rejected", _PULLING, Status.SUCCEEDED, dispositions=_REJECTED),
    _Wording("Completed", _POD, Status.SUCCEEDED),
    _Wording("Abandoned", _POD, Status.CANCELLED, reasons=_DENIED),
    _Wording("Dead letter", _POD, Status.FAILED, reasons=_UNDELIVERED),
    _Wording("Pending", _AUTOMATION, Status.QUEUED),
    _Wording("Done", _AUTOMATION, Status.SUCCEEDED),
    _Wording("Stopped", _AUTOMATION, Status.CANCELLED),
    _Wording("Pending", _RUNBOOK, Status.QUEUED, phases=("pending",)),
    _Wording("Identifying tools", _RUNBOOK, Status.QUEUED, phases=("identifying_tools",)),
    _Wording("Scheduled for execution", _RUNBOOK, Status.SCHEDULED),
    _Wording("Ready for execution", _RUNBOOK, Status.CLAIMED),
    _Wording("Executing triage", _RUNBOOK, Status.RUNNING, phases=("triage",)),
    _Wording("Deciding remediation", _RUNBOOK, Status.RUNNING, phases=("deciding_remediation",)),
    _Wording("Ready for remediation", _RUNBOOK, Status.RUNNING, phases=("ready_for_remediation",)),
    _Wording("Executing remediation", _RUNBOOK, Status.RUNNING, phases=("remediation",)),
    _Wording("Summarizing", _RUNBOOK, Status.RUNNING, phases=("summarizing",)),
    _Wording("Waiting for user input (triage)", _RUNBOOK, Status.WAITING, phases=_TRIAGE),
    _Wording("Waiting for user input (remediation)", _RUNBOOK, Status.WAITING, phases=_REMEDIATION),
    _Wording("Waiting for user input", _RUNBOOK, Status.WAITING),
    _Wording("Completed success", _RUNBOOK, Status.SUCCEEDED),
    _Wording("Completed partial", _RUNBOOK, Status.PARTIAL),
    _Wording("Completed failure", _RUNBOOK, Status.FAILED),
    _Wording("No steps", _RUNBOOK, Status.CANCELLED, reasons=(Reason.NO_STEPS,)),
)
"""First match wins; what is not here has its canonical word."""

_SYMBOLS: Mapping[Status, str] = {
    Status.SCHEDULED: "◷",
    Status.QUEUED: "○",
    Status.CLAIMED: "◔",
    Status.RUNNING: "▸",
    Status.WAITING: "⏸",
    Status.CANCELLING: "◌",
    Status.SUCCEEDED: "✔",
    Status.PARTIAL: "◐",
    Status.FAILED: "✖",
    Status.TIMED_OUT: "⌛",
    Status.CANCELLED: "⊘",
}


def label(
    profile: Profile,
    status: Status,
    phase: str,
    reason: Reason | None,
    disposition: Disposition,
) -> str:
    """The words people see for a run: its profile's own, or the canonical ones."""
    if disposition is Disposition.DELETED:
        return "Deleted"
    for wording in _NATIVE:
        if (
            profile in wording.profiles
            and status is wording.status
            and (not wording.phases or phase in wording.phases)
            and (not wording.reasons or reason in wording.reasons)
            and (not wording.dispositions or disposition in wording.dispositions)
        ):
            return wording.words
    return _canonical(status)


def symbol(status: Status) -> str:
    """One character for a status; it always stands beside words."""
    return _SYMBOLS[status]


def _canonical(status: Status) -> str:
    return status.value.replace("_", " ").capitalize()


def _spelled(word: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", word.lower()).strip("_")


_WORKING = frozenset({Status.CLAIMED, Status.RUNNING})
_COMPLETED = frozenset({Status.SUCCEEDED, Status.PARTIAL})
_CANONICAL: Mapping[str, Filter] = {
    **{status.value: Filter(statuses=frozenset({status})) for status in Status},
    **{
        disposition.value: Filter(dispositions=frozenset({disposition}))
        for disposition in (
            Disposition.PR_OPEN,
            Disposition.PR_MERGED,
            Disposition.PR_REJECTED,
            Disposition.REVIEWED,
        )
    },
    "active": Filter(statuses=LIVE),
    "completed": Filter(statuses=_COMPLETED),
    "failed": Filter(statuses=frozenset({Status.FAILED, Status.TIMED_OUT})),
}
_PROFILES: Mapping[str, Filter] = {
    **{f"{profile.value}s": Filter(profiles=frozenset({profile})) for profile in Profile},
    "runbooks": Filter(profiles=frozenset(_RUNBOOK)),
}


def _any_of(rows: Sequence[_Wording]) -> Filter:
    """What one word means where several rows of the table have it."""
    return Filter(
        statuses=frozenset(row.status for row in rows),
        phases=_all_named([row.phases for row in rows]),
        reasons=_all_named([row.reasons for row in rows]),
        dispositions=_all_named([row.dispositions for row in rows]),
    )


def _all_named(sets: list[tuple[T, ...]]) -> frozenset[T]:
    """Everything named, or nothing where one leaves everything in."""
    return frozenset().union(*sets) if all(sets) else frozenset()


def _native_words(profiles: frozenset[Profile]) -> dict[str, Filter]:
    """What each native word of these profiles means."""
    rows: dict[str, list[_Wording]] = {}
    for wording in _NATIVE:
        if profiles.intersection(wording.profiles):
            rows.setdefault(_spelled(wording.words), []).append(wording)
    return {word: _any_of(wordings) for word, wordings in rows.items()}


_EVERY_NATIVE = _native_words(frozenset(Profile))
_ALIKE: Mapping[str, Filter] = {
    "done": _CANONICAL["completed"],
    "success": _CANONICAL["succeeded"],
    "failure": _CANONICAL["failed"],
    "stopping": _CANONICAL["cancelling"],
    "canceled": _CANONICAL["cancelled"],
}

FILTER_WORDS: tuple[str, ...] = tuple(dict.fromkeys([*_CANONICAL, *_EVERY_NATIVE, *_PROFILES]))
"""Every word that filters, as one word each, for help and completion."""


def read_filter_word(word: str) -> Filter | None:
    """What a word of a list means as a filter; None where it is no filter word.

    Letter case, spaces, hyphens and underscores do not matter. A native word beside a
    profile (`done pods`) means that profile's own; alone it means every profile's.
    """
    spelled = _spelled(word)
    first, _, after = spelled.partition("_")
    before, _, last = spelled.rpartition("_")
    for name, rest in ((spelled, ""), (first, after), (last, before)):
        named = _profiles_called(name)
        if named and not rest:
            return Filter(profiles=named)
        meant = _meaning(rest, named) if named else None
        if meant:
            return replace(meant, profiles=named)
    return _meaning(spelled, frozenset())


def _profiles_called(name: str) -> frozenset[Profile]:
    found = _PROFILES.get(name) or _PROFILES.get(f"{name}s")
    return found.profiles if found else frozenset()


def _meaning(spelled: str, profiles: frozenset[Profile]) -> Filter | None:
    books = (_CANONICAL, _native_words(profiles), _ALIKE, _EVERY_NATIVE)
    return next((book[spelled] for book in books if spelled in book), None)


def stats_bar(profile: Profile, counts: Mapping[Status, int]) -> tuple[tuple[str, int], ...]:
    """How many runs are where, as (words, number) from left to right, the total last.

    An agent run is active once it is claimed; of other profiles every live run is.
    """
    active = _WORKING if profile is Profile.AGENT else LIVE
    groups = {
        "Active": active,
        "Completed": _COMPLETED,
        "Failed": frozenset({Status.FAILED}),
        "Timed out": frozenset({Status.TIMED_OUT}),
        "Total": frozenset(Status),
    }
    return tuple(
        (words, sum(counts.get(status, 0) for status in statuses))
        for words, statuses in groups.items()
    )
