"""Presses: buttons, menus and forms. A form is opened at once; all else is a request."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Protocol

from slack_bolt.context.ack.async_ack import AsyncAck

from adapters.slack import dispatch_form as forms_of_dispatch
from adapters.slack.blocks import FORM, MENU, PRESS
from adapters.slack.calls import SlackRefusedError, answered
from adapters.slack.forms import (
    FORM_VIEW,
    Place,
    Submission,
    errors_for,
    filled,
    modal_for,
    needs_form,
    notice_view,
    read_submission,
)
from adapters.slack.home import NEW_RUN
from adapters.slack.intake import Asked, Intake
from adapters.slack.people import People
from adapters.slack.values import Reference, read_value
from adapters.slack.workspaces import SURFACE, Workspace
from bot.dispatch.refusing import refusal_reply
from bot.dispatch.suggesting import suggest_person
from bot.domain.actor import person
from bot.domain.blueprint import Blueprint
from bot.domain.conversation import Conversation
from bot.domain.errors import RefusedError, UnavailableError, UserError
from bot.domain.invocation import Press
from bot.domain.person import Account
from bot.messages.message import Button
from bot.messages.render import say, word
from bot.messages.reply import Outcome, Reply
from bot.ports.requests import IssueSearch
from bot.ports.store import Store
from bot.services.people import look_as, require_known
from bot.services.rules import RulesNow

_SPENT = frozenset({"exchanged_trigger_id", "trigger_exchanged"})
_LOG = logging.getLogger(__name__)
Body = Mapping[str, Any]

_TRIES, _LONGEST_WAIT = 4, 10.0
"""How often a form is changed while Slack limits us, and the seconds until the next time."""
_PEOPLE = "UW"
"""What the ids of people begin with."""


class Buttons(Protocol):
    """Finds buttons that were too long to travel with their message."""

    async def find(self, reference: Reference) -> Button | None:
        """The button that a reference means, if its message still has it."""


@dataclass(frozen=True, kw_only=True)
class Presses:
    """Takes in what people press, choose and send."""

    intake: Intake
    people: People
    store: Store
    rules: RulesNow
    buttons: Buttons
    issues: IssueSearch

    async def pressed(self, body: Body, workspace: Workspace, ack: AsyncAck) -> None:
        """A button, a menu's option, or the blueprint that was chosen in a form."""
        action = body["actions"][0]
        if action["action_id"] == forms_of_dispatch.CHOOSE_BLUEPRINT:
            await ack()
            self.intake.work.now(lambda: self._choose(body, workspace))
        elif action["action_id"] == NEW_RUN:
            await ack()
            asked = self._asked(body, workspace)
            self.intake.work.now(lambda: self.open_dispatch(asked, body["trigger_id"]))
        elif any(kind.fullmatch(action["action_id"]) for kind in (PRESS, FORM, MENU)):
            await self._press(body, workspace, ack)
        else:
            await ack()

    async def _press(self, body: Body, workspace: Workspace, ack: AsyncAck) -> None:
        action = body["actions"][0]
        value = action.get("value") or (action.get("selected_option") or {}).get("value") or ""
        asked = self._asked(body, workspace)
        button, source = await self._button(value)
        if button is None:
            await ack()
            reply = Reply(message=say("old_button"), outcome=Outcome.REFUSED)
            self.intake.work.now(lambda: self.intake.answers.give(asked, reply))
            return
        if button.form:
            await ack()
            view, trigger = modal_for(button, asked.place, source=source), body["trigger_id"]
            self.intake.work.now(lambda: self._open(asked, trigger, view))
            return
        await self.intake.take(replace(asked, press=button.press))
        await ack()

    def _asked(self, body: Body, workspace: Workspace) -> Asked:
        return Asked(
            key=_key(body, workspace),
            workspace=workspace,
            user=body["user"]["id"],
            place=place_of(body),
        )

    async def _button(self, value: str) -> tuple[Button | None, str]:
        """The button behind a value, and where to find it again."""
        try:
            found = read_value(value)
        except UserError:
            return None, ""
        if isinstance(found, Reference):
            return await self.buttons.find(found), found.source
        return found, ""

    async def _open(self, asked: Asked, trigger: str, view: dict[str, Any]) -> None:
        """Open a form for whoever may act; others are told at once why not."""
        try:
            await self._admit(asked)
            opening = asked.workspace.client.views_open(trigger_id=trigger, view=view)
            await answered("views.open", opening)
        except RefusedError as error:
            await self.intake.answers.give(asked, refusal_reply(error))
        except (UnavailableError, UserError) as error:
            if isinstance(error, SlackRefusedError) and error.code in _SPENT:
                return  # delivered again: the form is open
            told = UserError(word("slack", "no_form").format(why=error))
            await self.intake.answers.give(asked, refusal_reply(told))

    async def _admit(self, asked: Asked) -> None:
        account = Account(surface=SURFACE, tenant=asked.workspace.tenant, external_id=asked.user)
        await self.people.admit(account)
        policy, conversation = self.rules().policy, asked.conversation
        actor = person(asked.user, SURFACE)
        known, _ = await self.store.read(
            lambda tx: (look_as(tx, policy, actor, conversation)[0], None)
        )
        suggested = await suggest_person(self.store, policy, account, self.people)
        require_known(policy, known, suggested=suggested)

    async def open_dispatch(self, asked: Asked, trigger: str, *, context: str = "") -> None:
        """Open the form that starts a run."""
        view = forms_of_dispatch.dispatch_modal(
            asked.place,
            given={forms_of_dispatch.CONTEXT_INPUT: context},
            issues=self.issues.has_trackers,
        )
        await self._open(asked, trigger, view)

    async def _choose(self, body: Body, workspace: Workspace) -> None:
        """Show the fields of the blueprint that was chosen."""
        view, action = body["view"], body["actions"][0]
        place = forms_of_dispatch.place_of(view)
        offered = await self._offered(body, workspace, place)
        chosen = (action.get("selected_option") or {}).get("value")
        changed = forms_of_dispatch.dispatch_modal(
            place,
            blueprint=offered.get(chosen or ""),
            given=forms_of_dispatch.filled_in(view),
            issues=forms_of_dispatch.offers_issues(view),
            issue=forms_of_dispatch.chosen_issue(view),
        )
        try:
            await _patiently(
                lambda: answered(
                    "views.update",
                    workspace.client.views_update(
                        view_id=view["id"], hash=view["hash"], view=changed
                    ),
                )
            )
        except SlackRefusedError as error:
            if error.code not in {"hash_conflict", "not_found"}:
                raise
            _LOG.info("a form was changed or closed meanwhile")

    async def _offered(
        self, body: Body, workspace: Workspace, place: Place
    ) -> Mapping[str, Blueprint]:
        """The blueprints that somebody may see and start in a place."""
        where = Conversation(surface=SURFACE, tenant=workspace.tenant, channel=place.channel)
        rules, actor = self.rules(), person(body["user"]["id"], SURFACE)
        known, _ = await self.store.read(
            lambda tx: (look_as(tx, rules.policy, actor, where)[0], None)
        )
        return rules.here(known.handle or "", where).catalog.blueprints

    async def suggest(self, body: Body, workspace: Workspace, ack: AsyncAck) -> None:
        """What a menu offers for what was typed into it."""
        offered: Mapping[str, Blueprint] = {}
        try:
            place = forms_of_dispatch.place_of(body.get("view") or {})
        except UserError:  # a form of an older bot
            await ack(options=[])
            return
        if body["action_id"] == forms_of_dispatch.CHOOSE_ISSUE:
            await ack(options=await self._issues(body, workspace, place))
            return
        if body["action_id"] == forms_of_dispatch.CHOOSE_BLUEPRINT:
            offered = await self._offered(body, workspace, place)
        typed = str(body.get("value") or "")
        await ack(options=forms_of_dispatch.blueprint_options(offered.values(), typed))

    async def _issues(self, body: Body, workspace: Workspace, place: Place) -> list[dict[str, Any]]:
        """The issues that somebody may start work on in a place."""
        found = await self.issues.find_issues(
            str(body.get("value") or ""),
            actor=person(body["user"]["id"], SURFACE),
            conversation=Conversation(
                surface=SURFACE, tenant=workspace.tenant, channel=place.channel
            ),
        )
        return forms_of_dispatch.issue_options(found)

    async def submitted(self, body: Body, workspace: Workspace, ack: AsyncAck) -> None:
        """A form was sent: what is wrong with it stands beside its fields before it closes."""
        view = body["view"]
        if view["callback_id"] not in {FORM_VIEW, forms_of_dispatch.DISPATCH_VIEW}:
            await ack()
            return
        try:
            submission, press = await self._read(body, workspace)
        except UserError as error:
            await ack(response_action="update", view=notice_view(word("slack", "send"), error.text))
            return
        if submission.problems:
            await ack(response_action="errors", errors=errors_for(view, submission.problems))
            return
        try:
            place = await self._reachable(submission.place, body, workspace)
        except UnavailableError:
            busy = {"": say("slack_busy").fallback}
            await ack(response_action="errors", errors=errors_for(view, busy))
            return
        asked = Asked(
            key=_key(body, workspace),
            workspace=workspace,
            user=body["user"]["id"],
            place=place,
            press=await self._with_people(press, submission, workspace),
        )
        reply = await self.intake.take_form(asked)
        errors = _errors(view, reply) if reply else {}
        if errors:
            await ack(response_action="errors", errors=errors)
            return
        await ack()
        if reply:
            self.intake.work.later(lambda: self.intake.answers.give(asked, reply))

    async def _reachable(self, place: Place, body: Body, workspace: Workspace) -> Place:
        """The place, or for a form of no channel the person's messages with the bot.

        Raises UnavailableError where Slack does not say just now which those are.
        """
        if place.channel and place.channel[0] not in _PEOPLE:
            return place
        user = body["user"]["id"]
        try:
            opened = await answered(
                "conversations.open", workspace.client.conversations_open(users=user)
            )
        except SlackRefusedError as error:
            _LOG.warning("no direct messages with %s: %s", user, error.code)
            return replace(place, channel=user)
        return replace(place, channel=opened["channel"]["id"])

    async def _read(self, body: Body, workspace: Workspace) -> tuple[Submission, Press]:
        view = body["view"]
        if view["callback_id"] == forms_of_dispatch.DISPATCH_VIEW:
            place = forms_of_dispatch.place_of(view)
            offered = await self._offered(body, workspace, place)
            return forms_of_dispatch.read_dispatch(view, offered)
        submission = read_submission(view)
        button: Button | None = None
        if submission.reference:
            button = await self.buttons.find(submission.reference)
            if button is None:
                raise UserError(say("old_button").fallback)
        if button and needs_form(view):
            submission = read_submission(view, form=button.form)
        press = button.press if button else submission.press
        if press is None:
            raise UserError(say("old_button").fallback)
        return submission, filled(press, submission)

    async def _with_people(
        self, press: Press, submission: Submission, workspace: Workspace
    ) -> Press:
        """The press with handles in place of Slack's user ids."""
        handles = {
            name: await self.people.handle(workspace.tenant, str(press.arguments[name]))
            for name in submission.people
            if name in press.arguments
        }
        return replace(press, arguments={**press.arguments, **handles})


def _errors(view: Mapping[str, Any], reply: Reply) -> dict[str, str]:
    problems = dict(reply.problems)
    if view["callback_id"] == forms_of_dispatch.DISPATCH_VIEW:
        problems = forms_of_dispatch.dispatch_problems(problems)
    return errors_for(view, problems) if problems else {}


async def _patiently(call: Callable[[], Awaitable[object]]) -> None:
    """Call; where Slack limits us, some times again while somebody looks at the form."""
    for _ in range(_TRIES - 1):
        try:
            await call()
        except UnavailableError as error:
            if not error.untouched or (error.retry_after or 0) > _LONGEST_WAIT:
                raise
            await asyncio.sleep(error.retry_after or 1)
        else:
            return
    await call()


def _key(body: Body, workspace: Workspace) -> str:
    """Names a press or a form that was sent: each has a trigger of its own."""
    view = body.get("view") or {}
    parts = (body.get("trigger_id") or "", view.get("id", ""), view.get("hash", ""))
    action = (body.get("actions") or [{}])[0]
    return ":".join([SURFACE, workspace.tenant, *parts, action.get("action_ts", "")])


def place_of(body: Body) -> Place:
    """Where somebody pressed: in a message, a form or their home."""
    container, message = body.get("container") or {}, body.get("message") or {}
    channel = (body.get("channel") or {}).get("id") or container.get("channel_id") or ""
    stamp = container.get("message_ts") or message.get("ts") or ""
    thread = container.get("thread_ts") or message.get("thread_ts") or ""
    view = body.get("view") or {}
    if not channel and view.get("type") == "modal" and view.get("private_metadata"):
        with suppress(UserError):  # a form of an older bot
            return forms_of_dispatch.place_of(view)
    return Place(
        channel=channel or body["user"]["id"],
        thread=thread,
        message=stamp,
        response_url=body.get("response_url") or "",
    )
