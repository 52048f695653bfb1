"""How the chat looks in every width and light: nothing overflows or is faint; pictures for eyes."""

from pathlib import Path

import pytest
from playwright.async_api import Page, ViewportSize

from tests.browser.conftest import DESK, PHONE, Stage
from tests.browser.test_chat import asks_for_a_fix, card, opens_thread, says

OVERFLOWING = """
() => [...document.querySelectorAll("body *")]
  .filter((e) => e.checkVisibility({ visibilityProperty: true }))
  .filter((e) => !e.closest("pre, .hidden, .skip"))
  .filter((e) => e.getBoundingClientRect().right > innerWidth + 1)
  .map((e) => `${e.tagName}.${e.className}`)
"""
CUT_ACROSS = """
() => [...document.querySelectorAll(".facts dd")]
  .filter((e) => e.scrollWidth > e.clientWidth)
  .map((e) => e.textContent)
"""
CONTRAST = """
() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((v) => v / 255)
      .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const ground = (element) => {
    for (let e = element; e; e = e.parentElement) {
      const colour = rgba(getComputedStyle(e).backgroundColor);
      if (colour[3] === 255) return colour;
    }
    return [255, 255, 255, 255];
  };
  const faint = [];
  for (const element of document.querySelectorAll("body *")) {
    const says = [...element.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    if (!says || element.closest(".hash, .hidden, .avatar, template, .mark")) continue;
    if (!element.checkVisibility({ visibilityProperty: true })) continue;
    const [a, b] = [light(rgba(getComputedStyle(element).color)), light(ground(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) faint.push(`${element.className || element.tagName} ${ratio.toFixed(2)}`);
  }
  return [...new Set(faint)];
}
"""


async def check(page: Page, picture: Path) -> None:
    await page.wait_for_timeout(300)  # what slides or fades has come to rest
    await page.screenshot(path=picture)
    assert await page.evaluate(OVERFLOWING) == []
    assert await page.evaluate(CUT_ACROSS) == []
    assert await page.evaluate(CONTRAST) == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
async def test_every_width_and_light(
    stage: Stage, pictures: Path, size: ViewportSize, *, dark: bool
) -> None:
    page = await stage.enters("reviewer", channel="general", size=size, dark=dark)
    await check(page, pictures / "empty.png")
    await asks_for_a_fix(page)
    await says(page, "/run dispatch db-health-check")
    await card(page, "Check the health").get_by_text("Waiting for user input").wait_for()
    await says(page, "/run list")
    await page.locator(".message.private .rows").wait_for()
    await check(page, pictures / "channel.png")
    await opens_thread(page)
    await page.locator("#replies .buttons [data-press]").first.wait_for()
    await check(page, pictures / "thread.png")
    await page.locator("#replies").get_by_role("button", name="Approve").click()
    await page.locator("#replies .message.private").wait_for()
    await check(page, pictures / "refused.png")
    await page.locator("#replies").get_by_role("button", name="Ask for changes…").click()
    await page.locator("#form [type=submit]").click()
    await check(page, pictures / "form.png")
    await page.keyboard.press("Escape")
    await page.locator("#form").wait_for(state="hidden")
    await page.keyboard.press("Escape")
    if size is PHONE:
        await page.get_by_role("button", name="Channels and people").click()
        await check(page, pictures / "channels.png")
