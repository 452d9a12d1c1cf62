"""What people do in a browser, in their own words."""

import itertools
import re
from typing import Final

from playwright.async_api import Locator, Page, expect

PASSWORD: Final = "correct horse battery staple"
_numbers = itertools.count(1)


class Visitor:
    """A person at their browser."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.email = ""

    @property
    def composer(self) -> Locator:
        return self.page.get_by_role("textbox", name=re.compile("^Message #"))

    async def sign_up(self, name: str) -> None:
        """From the form to whatever comes first behind the door."""
        self.email = f"{name.lower()}-{next(_numbers)}@example.org"
        await self.page.get_by_label("Your name").fill(name)
        await self.page.get_by_label("Email").fill(self.email)
        await self.page.get_by_label("Password").fill(PASSWORD)
        await self.page.get_by_role("button", name="Create account").click()
        await expect(self.page.get_by_label("Your name")).to_have_count(0)

    async def begin_space(self, person: str, space: str) -> None:
        """Sign up and stand in the first channel of a new space."""
        await self.page.goto("/sign-up")
        await self.sign_up(person)
        await self.page.get_by_label("Name of the space").fill(space)
        await self.page.get_by_role("button", name="Create space").click()
        await expect(self.composer).to_be_visible()

    async def say(self, text: str) -> None:
        await self.composer.fill(text)
        await self.composer.press("Enter")

    async def invite(self) -> str:
        """The path of a new invitation."""
        await self.page.get_by_role("navigation", name="Channels").get_by_role("button").first.click()
        await self.page.get_by_role("menuitem", name="Invite people").click()
        await self.page.get_by_role("button", name="Create link").click()
        link = await self.page.get_by_label("Invitation link").input_value()
        await self.page.get_by_role("button", name="Close").click()
        return link[link.index("/invite/") :]

    async def accept(self, path: str, name: str) -> None:
        """Follow an invitation as a new person."""
        await self.page.goto(path)
        await self.page.get_by_role("button", name="Create an account and join").click()
        await self.sign_up(name)
        await self.page.get_by_role("button", name=f"Join as {name}").click()

    def message(self, text: str) -> Locator:
        return self.page.get_by_role("article").filter(has_text=text)

    async def sees(self, text: str, *, times: int = 1) -> None:
        """As often as said, and as something that has arrived."""
        await expect(self.message(text)).to_have_count(times)
        await expect(self.message(text).get_by_text("Sending…")).to_have_count(0)
