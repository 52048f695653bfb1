"""A Slack of our own, for tests: a workspace with people, seen from outside and from inside.

Faithful to what Slack documents and what was measured with its SDKs: the Web API with its errors
and limits, events and interactions by signed HTTP or by socket, views, streams, agent sessions.
Time is the clock's alone, save for the wait for an acknowledgement (`patience`).
"""

import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta

from tests.fakes.slack.delivery import Answer, Delivery
from tests.fakes.slack.entities import (
    APP_ID,
    FakeChannel,
    FakeTeam,
    FakeUser,
)
from tests.fakes.slack.faults import Fault, Faults
from tests.fakes.slack.happenings import Happenings
from tests.fakes.slack.http_transport import HttpTransport
from tests.fakes.slack.limits import Limits
from tests.fakes.slack.payloads import TOKEN
from tests.fakes.slack.server import Server
from tests.fakes.slack.shown import FakeMessage, FakeView
from tests.fakes.slack.sight import Sight
from tests.fakes.slack.socket_transport import SocketTransport
from tests.fakes.slack.world import Clock, WallClock, World

ACK_WITHIN = timedelta(seconds=3)


class FakeSlack(Happenings, Sight):
    """The workspace; what people do in it is in People and Happenings."""

    def __init__(self, clock: Clock, *, limits: bool = False) -> None:
        super().__init__(World(clock))
        self.team = self.world.found_team("T0001", "Acme")
        self.bot_token = "xoxb-T0001"
        self.app_token = f"xapp-1-{APP_ID}"
        self.world.grant(self.app_token, self.team.id, "app")
        self.patience = ACK_WITHIN
        """How long, by the wall clock, a delivery waits for its acknowledgement."""
        self.limits = Limits(on=limits)
        self.faults = Faults()
        self.sockets = SocketTransport(self.deliveries, patience=lambda: self.patience)
        self.deliveries.transport = self.sockets
        self.deliveries.on_cut = self.drops_connections
        self.server = Server(self.world, self.sockets, self.faults, self.limits)

    # --- who and where ---------------------------------------------------------------------

    @property
    def api_url(self) -> str:
        return f"{self.world.origin}/api/"

    @property
    def authorize_url(self) -> str:
        """Where a person says yes to an install; `team` picks the workspace."""
        return f"{self.world.origin}/oauth/v2/authorize"

    @property
    def signing_secret(self) -> str:
        return self.world.signing_secret

    @property
    def team_id(self) -> str:
        return self.team.id

    @property
    def bot_user_id(self) -> str:
        return self.team.bot_user_id

    @property
    def bot_scopes(self) -> set[str]:
        """What the bot's token may do; tests take from it."""
        return self.world.grants[self.bot_token].scopes

    @property
    def bot_events(self) -> set[str]:
        """What the app has subscribed to; tests take from it and add to it."""
        return self.world.bot_events

    def add_team(self, team_id: str, name: str, *, enterprise_id: str | None = None) -> FakeTeam:
        """Another workspace, with a bot and the token `xoxb-<team id>`."""
        return self.world.found_team(team_id, name, enterprise_id)

    def add_user(
        self,
        user: str,
        *,
        name: str = "",
        email: str | None = None,
        is_bot: bool = False,
        deleted: bool = False,
        is_restricted: bool = False,
        team_id: str | None = None,
    ) -> FakeUser:
        """A person; a guest where restricted, a stranger where of an unknown team."""
        name = name or user.lower()
        self.world.users[user] = added = FakeUser(
            id=user,
            team_id=team_id or self.team.id,
            name=name,
            real_name=name.title(),
            email=email,
            is_bot=is_bot,
            deleted=deleted,
            is_restricted=is_restricted,
        )
        return added

    def add_channel(
        self,
        channel: str,
        *,
        members: Iterable[str] = (),
        name: str = "",
        is_private: bool = False,
        is_ext_shared: bool = False,
        archived: bool = False,
        bot: bool = True,
        team_id: str | None = None,
    ) -> FakeChannel:
        """A channel with these members, and the bot unless told otherwise."""
        team = self.world.teams[team_id or self.team.id]
        self.world.channels[channel] = added = FakeChannel(
            id=channel,
            team_id=team.id,
            name=name or channel.lower(),
            members={*members, *([team.bot_user_id] if bot else [])},
            is_private=is_private,
            is_ext_shared=is_ext_shared,
            is_archived=archived,
        )
        return added

    def add_usergroup(
        self, group: str, handle: str, users: Iterable[str], *, team_id: str | None = None
    ) -> None:
        """A user group, of the first workspace unless told otherwise."""
        listed = {"id": group, "team_id": team_id or self.team.id, "handle": handle, "name": handle}
        self.world.usergroups[group] = listed | {"users": list(users), "date_delete": 0}

    # --- ways to the app -------------------------------------------------------------------

    def deliver_over_http(
        self, url: str, *, signed_at: Callable[[], datetime] | None = None
    ) -> None:
        """Post signed requests from now on; dated by the wall clock unless told otherwise."""
        self.deliveries.transport = HttpTransport(
            url,
            self.signing_secret,
            patience=lambda: self.patience,
            signed_at=signed_at or (lambda: datetime.fromtimestamp(time.time(), UTC)),
        )

    def deliver_over_socket(self) -> None:
        """Use the connections that the app opens from now on; so it is at the beginning."""
        self.deliveries.transport = self.sockets

    @property
    def by_socket(self) -> bool:
        """Whether deliveries go over the connections that the app opens."""
        return self.deliveries.transport is self.sockets

    async def settles(self) -> None:
        """Wait until everything that was sent is answered or given up."""
        await self.deliveries.settle()

    async def redeliver(self, *deliveries: Delivery, anyway: bool = False) -> None:
        """Send again: these, acknowledged or not; else every event whose retry is due.

        `anyway` does not wait for the clock.
        """
        await self.deliveries.redeliver(*deliveries, anyway=anyway)

    @contextmanager
    def holding(self) -> Iterator[list[Delivery]]:
        """Hold everything back; afterwards tests `redeliver` it in any order, any number."""
        self.deliveries.holding, self.deliveries.held = True, []
        try:
            yield self.deliveries.held
        finally:
            self.deliveries.holding = False

    @contextmanager
    def cutting(self, moment: str) -> Iterator[None]:
        """Let the connection break at every delivery: `before` it arrives, or `after` it did.

        After, the app has it, and its acknowledgement is lost.
        """
        self.deliveries.cutting = moment
        try:
            yield
        finally:
            self.deliveries.cutting = ""

    async def disconnects(self, reason: str = "refresh_requested") -> None:
        """Ask the app's connections to go and come back."""
        await self.sockets.disconnect(reason)

    async def verifies_address(self) -> Answer:
        """Ask the app's address for the challenge, as Slack does when it is entered."""
        challenge = {"type": "url_verification", "token": TOKEN, "challenge": "3eZbrw1aB"}
        return await self._deliver("events_api", challenge)

    @property
    def http(self) -> HttpTransport:
        """The way over HTTP, to send something crooked by hand."""
        assert isinstance(self.deliveries.transport, HttpTransport)
        return self.deliveries.transport

    def drops_connections(self) -> None:
        """Cut the app's connections without a word."""
        self.sockets.drop()

    # --- failures --------------------------------------------------------------------------

    def fails(
        self,
        method: str,
        *,
        error: str = "",
        status: int = 200,
        retry_after: int | None = None,
        body: tuple[str, str] | None = None,
        times: int | None = 1,
    ) -> None:
        """Let the next calls of a method fail; `*` is any, `times=None` until `recovers`.

        Also for `response_url` and `upload`.
        """
        self.faults.order(
            Fault(
                method=method,
                error=error,
                status=status,
                retry_after=retry_after,
                body=body,
                times=times,
            )
        )

    def storms(self, *, times: int = 2) -> None:
        """Answer the next so many calls of each and every method with 429."""
        self.faults.storm(times)

    def loses_request(self, method: str, *, times: int | None = 1) -> None:
        """Break the connection before anything was done."""
        self.faults.order(Fault(method=method, drops=True, times=times))

    def loses_answer(self, method: str, *, times: int | None = 1) -> None:
        """Do what was asked, and break the connection instead of an answer."""
        self.faults.order(Fault(method=method, after_effect=True, times=times))

    def goes_down(self) -> None:
        """Break every connection, and every new one, until it `recovers`."""
        self.server.down = True
        self.drops_connections()

    def recovers(self) -> None:
        """Be up, and forget all failures that are still to come."""
        self.server.down = False
        self.faults.clear()


@asynccontextmanager
async def fake_slack(
    clock: Clock | None = None, *, limits: bool = False
) -> AsyncIterator[FakeSlack]:
    """A workspace that listens on a port of its own; `limits` makes it count calls."""
    slack = FakeSlack(clock or WallClock(), limits=limits)
    await slack.server.start()
    try:
        yield slack
    finally:
        slack.drops_connections()
        await slack.deliveries.stop()
        await slack.server.stop()


__all__ = ["Answer", "Delivery", "FakeMessage", "FakeSlack", "FakeView", "fake_slack"]
