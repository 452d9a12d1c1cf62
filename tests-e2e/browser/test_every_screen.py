"""Every address in both themes and at phone width: nothing axe objects to, nothing wider than the screen."""

import pytest
from playwright.async_api import Page, ViewportSize, expect

from .accessibility import violations
from .conftest import DESKTOP, NewVisitor

PHONE: ViewportSize = {"width": 390, "height": 844}
OUTSIDE = (
    "/sign-in",
    "/sign-up",
    "/forgot-password",
    "/reset-password#token=x",
    "/verify-email",
    "/invite/nothing",
    "/nowhere",
)
INSIDE = (
    "/settings/profile",
    "/settings/appearance",
    "/settings/security",
    "/settings/sessions",
    "/settings/data",
    "{space}/members",
    "{space}/recordings",
    "{space}/search?q=hello",
    "{space}/settings/overview",
    "{space}/settings/channels",
    "{space}/settings/invites",
    "{space}/settings/bans",
    "{space}/settings/audit",
    "{space}",
)


async def look(page: Page, path: str) -> list[str]:
    await page.goto(path)
    await expect(page.get_by_role("main").or_(page.get_by_role("navigation")).first).to_be_visible()
    await page.wait_for_load_state("networkidle")
    found = await violations(page)
    wider = await page.evaluate("document.documentElement.scrollWidth > innerWidth")
    return [f"{path}: {one}" for one in found + (["wider than the screen"] if wider else [])]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
class TestEveryScreen:
    async def test_is_accessible_and_fits(self, visitor: NewVisitor, theme: str, viewport: ViewportSize) -> None:
        ann = await visitor(theme=theme, viewport=viewport, touch=viewport == PHONE)
        found = [one for path in OUTSIDE for one in await look(ann.page, path)]
        await ann.page.goto("/sign-up")
        await ann.sign_up("Ann")
        await ann.page.get_by_label("Name of the space").fill("A space with quite a long name for such a small screen")
        await ann.page.get_by_role("button", name="Create space").click()
        await expect(ann.page.get_by_role("link", name="general")).to_be_visible()
        await ann.page.get_by_role("link", name="general").click()
        await ann.composer.fill("Hello, " + "long" * 200)
        await ann.page.get_by_role("button", name="Send").click()
        await ann.sees("Hello, long")
        found += [f"channel: {one}" for one in await violations(ann.page)]

        space = "/".join(ann.page.url.split("/")[3:5])
        found += [one for path in INSIDE for one in await look(ann.page, path.format(space=f"/{space}"))]

        assert not found, "\n".join(found)


class TestAPhone:
    async def test_shows_one_panel_at_a_time(self, visitor: NewVisitor) -> None:
        ann = await visitor(viewport=PHONE, touch=True)
        await ann.page.goto("/sign-up")
        await ann.sign_up("Ann")
        await ann.page.get_by_label("Name of the space").fill("Pocket")
        await ann.page.get_by_role("button", name="Create space").click()
        channels = ann.page.get_by_role("navigation", name="Channels")

        await ann.page.get_by_role("link", name="general").click()
        await expect(channels).to_be_hidden()
        await expect(ann.composer).not_to_be_focused()
        await ann.composer.fill("from my pocket")
        await ann.page.get_by_role("button", name="Send").click()
        await ann.sees("from my pocket")

        await ann.page.get_by_role("link", name="Back").click()
        await expect(channels).to_be_visible()
        await expect(ann.composer).to_have_count(0)
