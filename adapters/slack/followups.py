"""Followups: reactions on people's messages, and steps of workflows, until there is an end."""

import logging
from dataclasses import dataclass, field, replace

from slack_sdk.errors import SlackApiError

from adapters.slack.calls import is_passing
from adapters.slack.forms import Place
from adapters.slack.intake import Answers, Asked
from adapters.slack.workspaces import NO_ANSWER, SURFACE, Workspace, Workspaces
from bot.domain.codec import decode
from bot.domain.errors import NotFoundError, UnavailableError, UserError
from bot.domain.followup import Followup
from bot.domain.invocation import Invocation
from bot.domain.run import Run, run_id_of
from bot.domain.vocabulary import LIVE, Status
from bot.messages.render import say
from bot.messages.reply import Outcome, Reply
from bot.ports.store import Store, Tx
from bot.ports.vault import Vault

_LOG = logging.getLogger(__name__)

SEEN, DONE, FAILED, REFUSED = "eyes", "white_check_mark", "x", "no_entry_sign"
QUEUED = ("inbox_tray", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
"""Words for a program that has not read them: by how many are ahead of them."""
_GOOD = frozenset({Status.SUCCEEDED, Status.PARTIAL})
_NOTHING_TO_DO = frozenset(
    {"already_reacted", "no_reaction", "message_not_found", "channel_not_found", "is_archived"}
)
_PAGE = 100


@dataclass(frozen=True, kw_only=True)
class _Standing:
    """What has become of a request."""

    shown: str
    settled: bool = False
    unread: Run | None = None
    """The run that ended before its program had read the words."""
    run: Run | None = None
    refusal: str = ""
    by: str = ""
    thread: str = ""


@dataclass(frozen=True, kw_only=True)
class Followups:
    """Shows what becomes of requests; each change is stored once Slack has it."""

    store: Store
    workspaces: Workspaces
    vault: Vault
    answers: Answers
    at: dict[int, str] = field(default_factory=dict)
    """What is being shown just now, so that two lookers do not meet."""

    async def sweep(self) -> None:
        """Look after everything that is not settled."""
        after = 0
        while page := await self._page(after):
            for followup in page:
                try:
                    await self.look(followup)
                except (UnavailableError, UserError) as error:
                    _LOG.warning("not shown yet what became of %s: %s", followup.key, error)
            after = page[-1].id

    async def _page(self, after: int) -> tuple[Followup, ...]:
        return await self.store.read(
            lambda tx: tx.followups.pending(SURFACE, after=after, limit=_PAGE)
        )

    async def look(self, followup: Followup) -> None:
        """Show what has become of a request by now."""
        standing = await self.store.read(lambda tx: _standing(tx, followup))
        if standing is None or followup.id in self.at:
            return
        self.at[followup.id] = standing.shown
        try:
            if followup.execution:
                await self._end_step(followup, standing)
            else:
                await self._mark(followup, standing)
        finally:
            del self.at[followup.id]

    async def _mark(self, followup: Followup, standing: _Standing) -> None:
        current = await self.store.read(lambda tx: tx.followups.load(followup.id))
        if current is None:
            return
        await self._show(current, standing.shown)
        if standing.settled:
            await self.store.write(lambda tx: tx.followups.settle(followup.id))
        if standing.unread:
            await self._tell_unread(followup, standing, standing.unread)

    async def _show(self, followup: Followup, shown: str) -> Followup:
        if followup.shown == shown:
            return followup
        workspace = await self.workspaces.find(followup.tenant)
        await self._react(workspace, followup, shown)
        if followup.shown:
            await self._react(workspace, followup, followup.shown, gone=True)
        await self.store.write(lambda tx: tx.followups.show(followup.id, shown))
        return replace(followup, shown=shown)

    async def _react(
        self, workspace: Workspace, followup: Followup, name: str, *, gone: bool = False
    ) -> None:
        call = workspace.client.reactions_remove if gone else workspace.client.reactions_add
        try:
            await call(channel=followup.channel, timestamp=followup.message_id, name=name)
        except SlackApiError as error:
            _require_harmless(error)
        except NO_ANSWER as error:
            raise UnavailableError(f"Slack cannot be reached: {error}") from error

    async def _tell_unread(self, followup: Followup, standing: _Standing, run: Run) -> None:
        asked = Asked(
            key=followup.key,
            workspace=await self.workspaces.find(followup.tenant),
            user=standing.by,
            place=Place(
                channel=followup.channel, thread=standing.thread, message=followup.message_id
            ),
        )
        reply = Reply(message=say("unread", run=run), outcome=Outcome.REFUSED)
        await self.answers.give(asked, reply)

    async def _end_step(self, followup: Followup, standing: _Standing) -> None:
        if not standing.settled:
            return
        workspace = await self.workspaces.find(followup.tenant)
        token, run = self.vault.open(followup.sealed), standing.run
        try:
            if run is None:
                await workspace.client.functions_completeError(
                    function_execution_id=followup.execution,
                    error=standing.refusal,
                    token=token,
                )
            else:
                await workspace.client.functions_completeSuccess(
                    function_execution_id=followup.execution,
                    outputs={"run_id": run.key, "status": run.status.value},
                    token=token,
                )
        except SlackApiError as error:
            if is_passing(error):
                raise UnavailableError(f"A step could not be ended: {error}") from error
            # It has ended without us, or cannot be ended at all.
            _LOG.info("a step was not ended: %s", error.response.get("error"))
        except NO_ANSWER as error:
            raise UnavailableError(f"Slack cannot be reached: {error}") from error
        await self.store.write(lambda tx: tx.followups.settle(followup.id))


def _require_harmless(error: SlackApiError) -> None:
    reason = str(error.response.get("error", ""))
    if reason == "missing_scope":
        _LOG.warning("reactions need the scope reactions:write")
    elif is_passing(error):
        raise UnavailableError(f"Slack takes no reaction now: {reason}") from error
    elif reason not in _NOTHING_TO_DO:
        _LOG.info("Slack refused a reaction: %s", reason)


def _standing(tx: Tx, followup: Followup) -> _Standing | None:
    """What has become of a request; None while it is not there."""
    invocation = tx.invocations.find(followup.key)
    if invocation is None:
        return None
    if invocation.done_at is None:
        return _Standing(shown=SEEN)
    reply = decode(Reply, invocation.reply)
    if reply.outcome not in {Outcome.DONE, Outcome.PROPOSED}:
        refused = invocation.conversation.thread is not None
        return _Standing(
            shown=REFUSED if refused else FAILED, settled=True, refusal=reply.message.fallback
        )
    if reply.orders:
        return _read_by_now(tx, reply.orders[-1], invocation)
    return _ended_by_now(tx, reply, invocation)


def _read_by_now(tx: Tx, order_id: int, invocation: Invocation) -> _Standing:
    """Whether the program has read its words."""
    try:
        order = tx.orders.load(order_id)
        job = tx.jobs.load(order.job_id)
    except NotFoundError:
        return _Standing(shown=DONE, settled=True)
    if order.consumed_at is not None:
        return _Standing(shown=DONE, settled=True)
    if job.status in LIVE:
        ahead = sum(each.id < order.id for each in tx.orders.after(job.id, 0))
        return _Standing(shown=QUEUED[min(ahead, len(QUEUED) - 1)])
    return _Standing(
        shown=REFUSED,
        settled=True,
        unread=tx.runs.load(job.run_id),
        by=invocation.actor.name,
        thread=invocation.conversation.thread or "",
    )


def _ended_by_now(tx: Tx, reply: Reply, invocation: Invocation) -> _Standing:
    """Whether the run that was asked for has ended; other requests end with their answer."""
    for key in reply.runs:
        try:
            run = tx.runs.load(run_id_of(key))
        except NotFoundError:
            continue
        if run.created_at < invocation.received_at:
            continue
        if run.status in LIVE:
            return _Standing(shown=SEEN, run=run)
        return _Standing(shown=DONE if run.status in _GOOD else FAILED, settled=True, run=run)
    return _Standing(shown=DONE, settled=True, refusal=reply.message.fallback)
