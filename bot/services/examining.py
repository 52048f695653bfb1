"""Examining: all checks of a deployment at once, each within its time."""

import asyncio
import logging
from dataclasses import dataclass
from datetime import timedelta

from bot.domain.errors import UnavailableError, UserError
from bot.ports.doctor import Check, Checks, Finding, Level

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Section:
    """What was found about one subject."""

    subject: str
    findings: tuple[Finding, ...]
    unreachable: bool = False
    """Whether what a check looked at did not answer."""

    @property
    def broken(self) -> bool:
        """Whether something about it does not work."""
        return any(finding.level is Level.ERROR for finding in self.findings)


async def examine(checks: Checks, *, within: timedelta) -> tuple[Section, ...]:
    """Carry out all checks at once; a subject without findings is left out.

    A check that takes longer than `within`, or fails, is an error of its subject and takes
    nothing from the others.
    """
    async with asyncio.TaskGroup() as group:
        running = {
            subject: [group.create_task(_carry_out(check, within)) for check in several]
            for subject, several in checks.items()
        }
    sections = (
        _join(subject, [task.result() for task in tasks]) for subject, tasks in running.items()
    )
    return tuple(section for section in sections if section.findings)


def _join(subject: str, parts: list[Section]) -> Section:
    return Section(
        subject=subject,
        findings=tuple(finding for part in parts for finding in part.findings),
        unreachable=any(part.unreachable for part in parts),
    )


async def _carry_out(check: Check, within: timedelta) -> Section:
    try:
        async with asyncio.timeout(within.total_seconds()):
            return Section(subject="", findings=await check())
    except TimeoutError:
        found = f"There was no answer within {within.total_seconds():g} s."
        remedy = "Look whether it runs and can be reached from here, then try again."
        return _failed(found, remedy, unreachable=True)
    except UnavailableError as error:
        return _failed(str(error), "Mend that, then look again.", unreachable=True)
    except UserError as error:
        return _failed(error.text, "Mend that, then look again.")
    except Exception as error:
        _LOG.debug("a check fell over", exc_info=error)
        found = f"This check fell over with {type(error).__name__}."
        return _failed(found, "Report it as a bug; the other checks are not touched by it.")


def _failed(found: str, remedy: str, *, unreachable: bool = False) -> Section:
    finding = Finding.error("reached", found, remedy)
    return Section(subject="", findings=(finding,), unreachable=unreachable)
