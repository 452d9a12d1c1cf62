"""Offline, reloaded and with the server killed: nothing is lost, nothing comes twice."""

from playwright.async_api import expect

from testkit.runs import Run

from .conftest import NewVisitor


class TestAMessage:
    async def test_written_offline_is_sent_when_the_network_is_back(self, visitor: NewVisitor) -> None:
        ann, ben = await visitor(), await visitor()
        await ann.begin_space("Ann", "Offline")
        await ben.accept(await ann.invite(), "Ben")
        await expect(ben.composer).to_be_visible()

        await ann.page.context.set_offline(True)
        for number in range(3):
            await ann.say(f"written offline {number}")
        await expect(ann.page.get_by_text("Waiting for the network…").first).to_be_visible()
        await ann.page.context.set_offline(False)

        for number in range(3):
            await ben.sees(f"written offline {number}")
            await ann.sees(f"written offline {number}")
        order = await ben.message("written offline").all_inner_texts()
        assert [text.strip()[-1] for text in order] == ["0", "1", "2"]

    async def test_outlives_a_reload_before_it_was_sent(self, visitor: NewVisitor) -> None:
        ann = await visitor()
        await ann.begin_space("Ann", "Reload")

        await ann.page.route("**/messages", lambda route: route.abort())
        await ann.say("kept in the browser")
        await expect(ann.message("kept in the browser")).to_be_visible()
        await ann.page.unroute("**/messages")
        await ann.page.reload()

        await ann.sees("kept in the browser")

    async def test_is_there_once_when_the_gateway_is_killed_in_mid_typing(self, visitor: NewVisitor, run: Run) -> None:
        ann, ben = await visitor(), await visitor()
        await ann.begin_space("Ann", "Killed")
        await ben.accept(await ann.invite(), "Ben")
        await expect(ben.composer).to_be_visible()

        await ann.say("before")
        await ben.sees("before")
        await ann.composer.press_sequentially("in mid")
        run.kill("gateway")
        await ann.composer.press_sequentially(" typing")
        await ann.composer.press("Enter")
        await ann.say("and another")

        for text in ("in mid typing", "and another"):
            await expect(ben.message(text)).to_have_count(1, timeout=60_000)
            await expect(ann.message(text)).to_have_count(1)

    async def test_is_there_once_when_messaging_is_killed(self, visitor: NewVisitor, run: Run) -> None:
        ann = await visitor()
        await ann.begin_space("Ann", "Messaging")

        run.kill("messaging")
        await ann.say("through the outage")

        await expect(ann.message("through the outage").get_by_role("time")).to_have_count(1, timeout=60_000)
        await ann.page.reload()
        await ann.sees("through the outage")


class TestTwoTabs:
    async def test_share_one_session_and_one_sign_out(self, visitor: NewVisitor) -> None:
        ann = await visitor()
        await ann.begin_space("Ann", "Tabs")

        second = await ann.page.context.new_page()
        await second.goto("/")
        await expect(second.locator("textarea")).to_be_visible()
        await second.get_by_role("button", name="Your account, Ann").click()
        await second.get_by_role("menuitem", name="Sign out").click()

        await expect(second.get_by_role("heading", name="Welcome back")).to_be_visible()
        await expect(ann.page.get_by_role("heading", name="Welcome back")).to_be_visible()
