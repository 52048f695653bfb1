"""How a workspace or a whole organisation lets the bot in: the pages of installing."""

import re
from dataclasses import replace

import aiohttp

from bot.config import Settings
from tests.fakes.slack.fake import FakeSlack
from tests.fakes.slack_stage import SlackStage, settings_for


def settings_to_install(slack: FakeSlack) -> Settings:
    """The settings of a bot without a token of its own."""
    return replace(
        settings_for(slack, "http"),
        slack_bot_token="",
        public_url="https://bot.example.com",
        slack_client_id=slack.world.client_id,
        slack_client_secret=slack.world.client_secret,
    )


async def install(world: SlackStage, *, org_wide: bool = False, team: str = "") -> list[int]:
    """Walk through the install as a browser does; the last page repeats the one before."""
    base = world.slack.http._url.removesuffix("/slack/events")
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as browser:
        async with browser.get(f"{base}/slack/install") as first:
            cookie = first.headers["Set-Cookie"].partition(";")[0]
            page = await first.text()
        link = re.findall(r'href="(http[^"]+)"', page)[0].replace("&amp;", "&")
        chosen = f"{link}&fake_org_wide={int(org_wide)}&team={team or world.slack.team_id}"
        async with browser.get(chosen, allow_redirects=False) as asked:
            back = asked.headers["Location"]
        target = f"{base}/slack/oauth_redirect?{back.partition('?')[2]}"
        statuses = [first.status]
        for _ in range(2):
            async with browser.get(target, headers={"Cookie": cookie}) as done:
                statuses.append(done.status)
        return statuses
