"""A page that stays open while the bot goes and comes back."""

from playwright.async_api import expect

from tests.browser.conftest import Stage
from tests.browser.test_chat import card, says
from tests.fakes.real_bot import RealBot


async def test_a_page_goes_on_after_a_restart_of_the_bot(stage: Stage, bot: RealBot) -> None:
    page = await stage.enters("developer")
    address = (bot.data / "address").read_text().strip()
    bot.kill()
    await expect(page.locator("[data-link]")).to_have_attribute("data-state", "lost")
    await says(page, "/run dispatch hello pace=0 name=again")
    await expect(page.locator("[data-composer=say] [data-problem]")).to_contain_text(
        "did not answer"
    )
    await expect(page.locator("#say")).to_have_value("/run dispatch hello pace=0 name=again")
    bot.settings["SIGNALBOX_PORT"] = address.rpartition(":")[2]
    bot.start()
    await expect(page.locator("[data-link]")).to_have_attribute("data-state", "live")
    await page.press("#say", "Enter")
    await expect(card(page, "Say hello").locator(".facts")).to_contain_text("Succeeded")
