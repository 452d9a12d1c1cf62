"""A running system with the web client built, and a Chromium that tells of everything the page's policy refused."""

import shutil
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from pathlib import Path

import pytest
from playwright.async_api import Browser, ConsoleMessage, Page, ViewportSize, async_playwright

from testkit import folders
from testkit.runs import Run
from tools import build_web

from .people import Visitor

NewVisitor = Callable[..., Awaitable[Visitor]]

DESKTOP: ViewportSize = {"width": 1280, "height": 800}
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def run() -> Generator[Run]:
    build_web.build()
    folder = folders.make()
    system = Run(folder)
    system.start()
    yield system
    system.end()
    shutil.rmtree(folder, ignore_errors=True)


def chromium() -> Path:
    found = next((path for name in CHROMIUM_NAMES if (path := shutil.which(name))), None)
    assert found, "there is no Chromium on the PATH: `apt-get install chromium` (Debian) gets one"
    return Path(found)


@pytest.fixture(scope="session")
async def browser() -> AsyncGenerator[Browser]:
    async with async_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-background-networking", "--disable-dev-shm-usage"]
        started = await playwright.chromium.launch(executable_path=chromium(), args=arguments)
        yield started
        await started.close()


@pytest.fixture
async def visitor(browser: Browser, run: Run) -> AsyncGenerator[NewVisitor]:
    """A new browser, with nothing in it. At the end no page of it may have been refused anything."""
    refused: list[str] = []
    visitors: list[Visitor] = []

    def heed(page: Page) -> None:
        def on_console(message: ConsoleMessage) -> None:
            if "Content Security Policy" in message.text or "TrustedScript" in message.text:
                refused.append(message.text)

        page.on("console", on_console)
        page.on("pageerror", lambda error: refused.append(str(error)))

    async def make(*, viewport: ViewportSize = DESKTOP, theme: str = "light", touch: bool = False) -> Visitor:
        context = await browser.new_context(
            base_url=run.url,
            viewport=viewport,
            has_touch=touch,
            locale="en-GB",
            color_scheme="dark" if theme == "dark" else "light",
        )
        context.on("page", heed)
        visitors.append(Visitor(await context.new_page()))
        return visitors[-1]

    yield make
    for one in visitors:
        await one.page.context.close()
    assert not refused
