"""Without a mouse: to a channel, to a message, and back to where one wrote."""

from playwright.async_api import expect

from .conftest import NewVisitor


class TestTheKeyboard:
    async def test_goes_to_a_channel_by_name_and_closes_what_it_opened(self, visitor: NewVisitor) -> None:
        ann = await visitor()
        await ann.begin_space("Ann", "Keyboard")

        await ann.page.keyboard.press("Control+k")
        await expect(ann.page.get_by_role("dialog", name="Go to")).to_be_visible()
        await ann.page.keyboard.press("Escape")
        await expect(ann.page.get_by_role("dialog")).to_have_count(0)
        await expect(ann.composer).to_be_focused()
        await ann.page.keyboard.press("Control+k")
        await ann.page.keyboard.type("members")
        await ann.page.keyboard.press("Enter")

        await expect(ann.page.get_by_role("heading", name="Members")).to_be_visible()

    async def test_goes_from_message_to_message_and_answers_one(self, visitor: NewVisitor) -> None:
        ann = await visitor()
        await ann.begin_space("Ann", "Rows")
        for text in ("first", "second", "third"):
            await ann.say(text)
            await ann.sees(text)

        await ann.message("third").focus()
        await ann.page.keyboard.press("ArrowUp")
        await expect(ann.message("second")).to_be_focused()
        await ann.page.keyboard.press("r")
        await expect(ann.composer).to_be_focused()
        await ann.page.keyboard.type("answer to the second")
        await ann.page.keyboard.press("Enter")

        await expect(ann.message("answer to the second").get_by_role("link")).to_contain_text("second")
