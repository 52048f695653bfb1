"""Mirroring: where else than where it was asked for a run on an issue is told."""

from bot.domain.conversation import Conversation
from bot.domain.issue import Issue
from bot.domain.policy import Policy, decide_places
from bot.domain.run import Run


def decide_mirrors(
    policy: Policy, project: str, issue: Issue | None, *, asked_in: Conversation
) -> tuple[Conversation, ...]:
    """Where a new run is told as well.

    One asked for in a chat is told on its issue, unless its project must not be told there; one
    asked for on its issue, in its project's channels.
    """
    if issue is None:
        return ()
    if asked_in.root == issue.conversation:
        return _channels(policy, project, but=issue.surface)
    barred = decide_places(policy, project, issue.place.address)
    return () if barred else (issue.conversation,)


def _channels(policy: Policy, project: str, *, but: str) -> tuple[Conversation, ...]:
    terms = policy.projects.get(project)
    addresses = sorted(terms.channels) if terms else ()
    parts = (address.split("/", maxsplit=2) for address in addresses)
    return tuple(
        Conversation(surface=surface, tenant=tenant, channel=channel)
        for surface, tenant, channel in parts
        if surface != but
    )


def join_mirrors(run: Run, asked_in: Conversation) -> tuple[Conversation, ...]:
    """The mirrors of a run once somebody asked for it again, from elsewhere.

    A surface that it is told on is not told twice; but the first thread on its issue is told
    beside the issue itself.
    """
    told = [each for each in run.conversations if each.surface == asked_in.surface]
    first_thread = asked_in.thread and run.issue and told == [run.issue.conversation]
    if first_thread and asked_in.root in told:
        return (*run.mirrors, asked_in)
    return run.mirrors if told else (*run.mirrors, asked_in)
