"""A newcomer with only the address, and two people in two browsers."""

from playwright.async_api import expect

from .conftest import NewVisitor


class TestANewcomer:
    async def test_comes_from_the_address_to_a_first_message(self, visitor: NewVisitor) -> None:
        ann = await visitor()

        await ann.page.goto("/")
        await ann.page.get_by_role("link", name="Create an account").click()
        await ann.sign_up("Ann")
        await ann.page.get_by_label("Name of the space").fill("Friday players")
        await ann.page.get_by_role("button", name="Create space").click()
        await ann.say("Hello **world**")

        await ann.sees("Hello world")
        await ann.page.reload()
        await ann.sees("Hello world")

    async def test_is_told_in_words_what_is_wrong(self, visitor: NewVisitor) -> None:
        ann = await visitor()

        await ann.page.goto("/sign-in")
        await ann.page.get_by_label("Email").fill("nobody@example.org")
        await ann.page.get_by_label("Password").fill("something else")
        await ann.page.get_by_role("button", name="Sign in").click()

        await expect(ann.page.get_by_role("alert")).to_contain_text("Check the address and the password")
        await expect(ann.page.get_by_label("Email")).to_have_value("nobody@example.org")


class TestTwoPeople:
    async def test_talk_react_answer_and_see_each_other_type(self, visitor: NewVisitor) -> None:
        ann, ben = await visitor(), await visitor()
        await ann.begin_space("Ann", "Two people")
        path = await ann.invite()

        await ben.accept(path, "Ben")
        await ben.say("Hello Ann")
        await ann.sees("Hello Ann")
        await ann.composer.press_sequentially("Hi B")
        await expect(ben.page.get_by_text("Ann is typing…")).to_be_visible()
        await ann.composer.press_sequentially("en")
        await ann.composer.press("Enter")
        await ben.sees("Hi Ben")

        row = ben.message("Hi Ben")
        await row.hover()
        await row.get_by_role("button", name="React").click()
        await ben.page.get_by_role("button", name="👍").first.click()
        await expect(ann.page.get_by_role("button", name="👍, 1")).to_be_visible()

        await ann.composer.fill("")
        await ann.composer.press("ArrowUp")
        edit = ann.page.get_by_role("textbox", name="Edit")
        await edit.fill("Hi Ben, how are you?")
        await edit.press("Enter")
        await ben.sees("how are you?")
        await expect(ben.page.get_by_role("button", name="👍, 1")).to_be_visible()

    async def test_what_one_writes_in_one_channel_stays_there(self, visitor: NewVisitor) -> None:
        ann = await visitor()
        await ann.begin_space("Ann", "Drafts")
        await ann.composer.fill("half a thought")
        await ann.page.get_by_role("button", name="New channel").click()
        await ann.page.get_by_label("Name", exact=True).fill("other")
        await ann.page.get_by_role("dialog").get_by_role("button", name="New channel").click()

        await expect(ann.composer).to_have_attribute("placeholder", "Message #other")
        await expect(ann.composer).to_have_value("")
        await ann.page.reload()
        await ann.page.get_by_role("link", name="general").click()
        await expect(ann.composer).to_have_value("half a thought")
