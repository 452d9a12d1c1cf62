"""Files from a person's disk to everyone's screen."""

from playwright.async_api import FilePayload, expect

from .conftest import NewVisitor

TEXT: FilePayload = {"name": "rules.txt", "mimeType": "text/plain", "buffer": b"Roll the dice.\n" * 100}


class TestAFile:
    async def test_is_attached_sent_and_fetched_by_another(self, visitor: NewVisitor) -> None:
        ann, ben = await visitor(), await visitor()
        await ann.begin_space("Ann", "Files")
        await ben.accept(await ann.invite(), "Ben")
        await expect(ben.composer).to_be_visible()

        await ann.page.locator("input[type=file]").set_input_files(TEXT)
        await expect(ann.page.get_by_role("button", name="Remove rules.txt")).to_be_visible()
        await expect(ann.page.get_by_text("%", exact=False).and_(ann.page.get_by_role("status"))).to_have_count(0)
        await ann.say("The rules")

        link = ben.message("The rules").get_by_role("link")
        await expect(link).to_be_visible()
        answer = await ben.page.evaluate("async (url) => (await fetch(url)).text()", await link.get_attribute("href"))
        assert answer == TEXT["buffer"].decode()

    async def test_that_fails_says_so_and_goes_with_another_try(self, visitor: NewVisitor) -> None:
        ann = await visitor()
        await ann.begin_space("Ann", "Failing files")
        await ann.page.route("**/api/v1/uploads", lambda route: route.abort(), times=1)

        await ann.page.locator("input[type=file]").set_input_files(TEXT)
        await expect(ann.page.get_by_text("There is no connection")).to_be_visible()
        await expect(ann.page.get_by_role("button", name="Send")).to_be_disabled()
        await ann.page.get_by_role("button", name="Try again").click()
        await expect(ann.page.get_by_role("button", name="Try again")).to_have_count(0)
        await ann.page.get_by_role("button", name="Send").click()

        await expect(ann.page.get_by_role("article").get_by_role("link")).to_be_visible()
