"""axe, injected into a page, as people with assistive tools would meet it."""

from typing import Any, Final

from playwright.async_api import Page

from tools.build_web import WEB

AXE: Final = WEB / "node_modules" / "axe-core" / "axe.min.js"
RULES: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


async def violations(page: Page) -> list[str]:
    """What breaks WCAG 2.2 AA on the page, one line each with the first place."""
    await page.evaluate("async () => { await Promise.all(document.getAnimations().map((one) => one.finished)) }")
    await page.evaluate(AXE.read_text())
    found: dict[str, Any] = await page.evaluate("(tags) => axe.run({runOnly: tags})", RULES)
    return [f"{one['id']}: {one['help']} at {one['nodes'][0]['html'][:200]}" for one in found["violations"]]
