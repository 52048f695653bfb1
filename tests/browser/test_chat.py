"""The main job by clicking, with people side by side, in a real browser on a real bot."""

import asyncio
import re

from playwright.async_api import Locator, Page, Route, expect

from tests.browser.conftest import PATIENCE, PHONE, Stage
from tests.fakes.real_bot import RealBot

SOON = 2_000
"""Milliseconds within which a decision is seen everywhere."""
FIX = "/run dispatch fix-rounding supervised pace=0.05"

expect.set_options(timeout=PATIENCE)


async def says(page: Page, text: str, *, field: str = "#say") -> None:
    await page.fill(field, text)
    await page.press(field, "Enter")


def card(page: Page, title: str = "Fix checkout rounding") -> Locator:
    """The newest card of this title in the channel."""
    return page.locator("#messages > .message:not(.private)", has_text=title).last


def gate(page: Page) -> Locator:
    """The newest gate in the open thread."""
    return page.locator("#replies > .message:not(.private)", has_text=re.compile(r"G-\d")).last


async def asks_for_a_fix(page: Page) -> str:
    """Dispatch and wait for the gate; the run's key."""
    before = await page.locator("#messages > .message:not(.private)").count()
    await says(page, FIX)
    await expect(page.locator("#messages > .message:not(.private)")).to_have_count(before + 1)
    await expect(card(page).locator(".open.waiting")).to_be_visible()
    return await card(page).locator("a.run").inner_text()


async def opens_thread(page: Page) -> None:
    await card(page).locator("[data-open]").click()
    await expect(page.locator("#thread")).to_be_visible()


async def test_a_fix_is_asked_for_approved_and_seen_by_all(stage: Stage, bot: RealBot) -> None:
    developer, reviewer = await stage.enters("developer"), await stage.enters("reviewer")
    viewer = await stage.enters("viewer", size=PHONE)
    run = await asks_for_a_fix(developer)
    for page in (developer, reviewer, viewer):
        await expect(card(page).locator(".facts")).to_contain_text("Awaiting approval")
        await opens_thread(page)
        await expect(gate(page)).to_contain_text("shop/money.py")
        await expect(gate(page).get_by_role("button", name="Approve")).to_be_visible()

    # Whoever asked for it, and whoever only looks on, is told privately who may decide.
    for page in (developer, viewer):
        await gate(page).get_by_role("button", name="Approve").click()
        private = page.locator("#replies .message.private")
        await expect(private).to_contain_text("Who may: @admin, @reviewer")
        await private.get_by_role("button", name="Remove this answer").click()
        await expect(private).to_have_count(0)
    await expect(reviewer.locator(".message.private")).to_have_count(0)

    await gate(reviewer).get_by_role("button", name="Approve").click()
    for page in (developer, reviewer, viewer):
        await expect(gate(page)).to_contain_text("Approved by @reviewer in web", timeout=SOON)
        await expect(gate(page).locator(".buttons")).to_have_count(0)
        await expect(card(page).locator(".open.waiting")).to_have_count(0)
    for page in (developer, reviewer, viewer):
        await expect(card(page).locator(".facts")).to_contain_text("Completed")
        await expect(page.locator("#replies > .message").last).to_contain_text("Completed")
    assert "Completed" in bot.shows(run)


async def test_a_denial_needs_its_reason_and_keeps_what_was_typed(
    stage: Stage, bot: RealBot
) -> None:
    developer, reviewer = await stage.enters("developer"), await stage.enters("reviewer")
    run = await asks_for_a_fix(developer)
    await opens_thread(reviewer)
    await gate(reviewer).get_by_role("button", name="Deny…").click()
    form = reviewer.locator("dialog#form")
    field = form.get_by_label("Why? The program is told, and the run ends.")
    await expect(field).to_be_focused()
    await form.get_by_role("button", name="Deny").click()
    await expect(form.locator(".field .problem")).to_have_text("This must not be empty.")
    await expect(field).to_have_attribute("aria-invalid", "true")
    await field.fill("wrong \u202e rule")
    await form.get_by_role("button", name="Deny").click()
    await expect(form.locator(".field .problem")).to_contain_text("control character (U+202E)")
    assert await field.input_value() == "wrong \u202e rule"
    await field.fill("wrong rule")
    await expect(form.locator(".field .problem")).to_be_hidden()
    await form.get_by_role("button", name="Deny").click()
    await expect(form).to_be_hidden()
    await expect(card(developer).locator(".facts")).to_contain_text("Abandoned")
    assert "wrong rule" in bot.shows(run)


async def test_who_comes_too_late_is_told_who_won_beside_the_form(stage: Stage) -> None:
    reviewer, admin = await stage.enters("reviewer"), await stage.enters("admin")
    await asks_for_a_fix(await stage.enters("developer"))
    for page in (reviewer, admin):
        await opens_thread(page)
    await gate(admin).get_by_role("button", name="Deny…").click()
    await admin.fill("#form textarea", "not today")
    await gate(reviewer).get_by_role("button", name="Approve").click()
    await expect(gate(admin)).to_contain_text("Approved by @reviewer", timeout=SOON)
    await admin.press("#form textarea", "Control+Enter")
    problem = admin.locator("#form .field .problem")
    await expect(problem).to_contain_text("already decided: approved by @reviewer")
    assert await admin.input_value("#form textarea") == "not today"
    await admin.keyboard.press("Escape")
    await expect(admin.locator("#form")).to_be_hidden()
    await expect(admin.locator("#thread")).to_be_visible()


async def test_changes_are_asked_for_and_a_second_plan_is_approved(stage: Stage) -> None:
    developer, reviewer = await stage.enters("developer"), await stage.enters("reviewer")
    await asks_for_a_fix(developer)
    await opens_thread(reviewer)
    first = await gate(reviewer).get_attribute("id")
    await gate(reviewer).get_by_role("button", name="Ask for changes…").click()
    await reviewer.fill("#form textarea", "say why")
    await reviewer.locator("#form [type=submit]").click()
    await expect(gate(reviewer)).not_to_have_attribute("id", first or "")
    await gate(reviewer).get_by_role("button", name="Approve").click()
    await expect(card(developer).locator(".facts")).to_contain_text("Completed")


async def test_a_stop_is_confirmed_first(stage: Stage) -> None:
    developer, viewer = await stage.enters("developer"), await stage.enters("viewer")
    run = await asks_for_a_fix(developer)
    stop = card(developer).get_by_role("button", name="Stop")
    await stop.click()
    question = developer.locator("dialog#confirm")
    await expect(question).to_contain_text(f"Stop {run}? Its program is ended.")
    await developer.keyboard.press("Enter")  # what has the focus leaves it as it is
    await expect(question).to_be_hidden()
    await expect(card(developer).locator(".facts")).to_contain_text("Awaiting approval")
    await stop.click()
    await developer.keyboard.press("Escape")
    await expect(question).to_be_hidden()
    await stop.click()
    await question.get_by_role("button", name="Stop").click()
    for page in (developer, viewer):
        await expect(card(page).locator(".facts")).to_contain_text("Cancelled")
        await expect(card(page).get_by_role("button", name="Stop")).to_have_count(0)


async def test_terminals_and_browsers_share_the_console_channel(stage: Stage, bot: RealBot) -> None:
    page = await stage.enters("reviewer", channel="console")
    elsewhere = await stage.enters("developer")
    bot.chat("/run dispatch hello pace=0 name=terminal")
    await expect(card(page, "Say hello")).to_contain_text("Succeeded")
    badge = elsewhere.locator('.channels [data-channel="console"] .badge')
    await expect(badge).to_have_text(re.compile(r"[1-9]"))
    bot.chat(FIX)
    await expect(card(page).locator(".open.waiting")).to_be_visible()
    await says(page, "/run approve last from the browser")
    await expect(card(page).locator(".facts")).to_contain_text("Completed")
    told = [said["message"]["title"] for said in bot.transcript()]
    assert any("Approved by" in title and "web" in title for title in told)


async def test_words_are_offered_mended_and_recalled(stage: Stage) -> None:
    page = await stage.enters("developer")
    await page.locator("#say").press_sequentially("/run disp")
    await expect(page.locator("#say-offers li")).to_have_text(["dispatch"])
    await page.keyboard.press("Tab")
    await expect(page.locator("#say")).to_have_value("/run dispatch ")
    await expect(page.locator("#say-offers li").first).to_have_text("db-health-check")
    for _ in range(3):
        await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Enter")
    await expect(page.locator("#say")).to_have_value("/run dispatch hello ")
    await page.keyboard.press("Escape")
    await expect(page.locator("#say-offers")).to_be_hidden()
    await page.locator("#say").press_sequentially("times")
    await page.keyboard.press("Enter")
    answer = page.locator("#messages .message.private").last
    await expect(answer).to_contain_text("has no place in dispatch")
    await expect(page.locator("#say")).to_have_value("")
    await page.keyboard.press("ArrowUp")
    await expect(page.locator("#say")).to_have_value("/run dispatch hello times")
    await page.fill("#say", "dispach hello")
    await page.keyboard.press("Enter")
    await answer.get_by_role("button", name="/run dispatch").click()
    await expect(page.locator("#messages .message.private").last).to_contain_text("dispatch needs")


async def test_words_sent_while_others_are_on_their_way_follow_them(stage: Stage) -> None:
    page = await stage.enters("developer", channel="general")
    first = asyncio.Event()

    async def held(route: Route) -> None:
        await first.wait()
        await route.continue_()

    await page.route("**/requests", held)
    await says(page, "/run list")
    await says(page, "/run stats")
    first.set()
    await expect(page.locator(".message.private")).to_have_count(2)
    await expect(page.locator("#say")).to_have_value("")


async def test_everything_can_be_reached_by_keys(stage: Stage) -> None:
    page = await stage.enters("developer")
    await asks_for_a_fix(page)
    await expect(page.locator("#say")).to_be_focused()
    await page.keyboard.press("Escape")
    await page.keyboard.press("?")
    await expect(page.locator("dialog#keys")).to_be_visible()
    await page.keyboard.press("Escape")
    await page.keyboard.press("k")
    await expect(page.locator("#messages > .message").last).to_be_focused()
    await page.keyboard.press("o")
    await expect(page.locator("#reply")).to_be_focused()
    await says(page, "why", field="#reply")
    await expect(page.locator("#replies .message.private")).to_contain_text("R-")
    assert "thread=" in page.url
    await page.keyboard.press("Escape")
    await expect(page.locator("#thread")).to_be_hidden()
    await page.keyboard.press("t")
    assert await page.evaluate("document.documentElement.dataset.theme") == "light"
    await page.keyboard.press("]")
    await page.wait_for_url("**/chat/channels/general")
    assert await page.evaluate("document.documentElement.dataset.theme") == "light"
    await expect(page.locator("[data-empty]")).to_be_visible()
    await page.keyboard.press("Escape")
    await page.keyboard.press("/")
    await expect(page.locator("#say")).to_be_focused()


async def test_leaving(stage: Stage) -> None:
    page = await stage.enters("viewer")
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_role("heading", name="You are signed out")).to_be_visible()
    await page.goto(page.url)
    assert await page.locator(".message").count() == 0
