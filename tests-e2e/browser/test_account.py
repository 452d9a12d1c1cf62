"""Settings that need a proof, and passkeys with a virtual authenticator."""

from collections.abc import Awaitable, Callable
from typing import Any, cast

from playwright.async_api import Route, expect

from .conftest import NewVisitor
from .people import PASSWORD


class TestPasskeys:
    async def test_are_added_and_sign_in_without_a_password(self, visitor: NewVisitor) -> None:
        ann = await visitor()
        devtools = cast("Any", await ann.page.context.new_cdp_session(ann.page))
        await devtools.send("WebAuthn.enable")
        options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
        options |= {"isUserVerified": True, "automaticPresenceSimulation": True}
        await devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        await ann.begin_space("Ann", "Keys")

        await ann.page.goto("/settings/security")
        await ann.page.get_by_role("button", name="Add a passkey").click()
        await expect(ann.page.get_by_role("button", name="Remove")).to_be_visible()
        async with ann.page.expect_response("**/auth/passkeys/login") as entered:
            await ann.page.get_by_role("button", name="Your account, Ann").click()
            await ann.page.get_by_role("menuitem", name="Sign out").click()

        # This authenticator answers what the form's autofill asks, as a person would by a touch.
        assert (await entered.value).ok
        await expect(ann.page.get_by_role("button", name="Your account, Ann")).to_be_visible()


class TestAProof:
    async def test_is_asked_for_once_and_what_was_wanted_goes_on(self, visitor: NewVisitor) -> None:
        ann = await visitor()
        await ann.begin_space("Ann", "Proofs")
        await ann.page.goto("/settings/security")
        await ann.page.route("**/auth/totp/enrol", refuse_once())

        await ann.page.get_by_role("button", name="Set up an app").click()
        dialog = ann.page.get_by_role("dialog", name="Is it you?")
        await dialog.get_by_label("Password").fill(PASSWORD)
        await dialog.get_by_role("button", name="Confirm").click()

        await expect(dialog).to_be_hidden()
        await expect(ann.page.get_by_role("img", name="QR code for your app")).to_be_visible()


def refuse_once() -> Callable[[Route], Awaitable[None]]:
    """The server asks for a proof some minutes after sign-in; a test has no such time."""
    refused: list[bool] = []

    async def handle(route: Route) -> None:
        if refused:
            await route.continue_()
            return
        refused.append(True)
        body = '{"type":"about:blank","title":"Prove again who you are","status":403,"code":"step_up_needed"}'
        await route.fulfill(status=403, content_type="application/problem+json", body=body)

    return handle
